"""Our side of OSDP against what is not libosdp: a reader written from the norm, and another package's panel."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.commands import Light
from firmware_bridge.messages import DeviceTrouble, Message
from firmware_bridge.osdp import frames
from firmware_bridge.osdp.link import OsdpLink
from firmware_bridge.osdp.simulator import SimulatedOsdpReader
from tests.bridge.osdp_line import KEY, OTHER_KEY, READER, now_ms, running
from tests.bridge.osdp_norm import NormReader, Session, aes, inverted
from tests.waiting import wait_until

pytest.importorskip("osdp_sys", reason="libosdp is an extra: pip install 'indivis[osdp]'")

CARD = bytes.fromhex("00011A0086998580")
(KDF,) = [
    vector["expect"]
    for vector in json.loads(Path(__file__).with_name("vectors_osdp.json").read_text())
    if vector.get("kind") == "kdf"
]


class Table:
    """A link and a reader from the norm, joined in memory."""

    def __init__(self, key: bytes) -> None:
        self.link, self.reader = OsdpLink(READER, KEY), NormReader(READER, key)
        self.messages: list[Message] = []
        self.later_ms = 0
        self.link.restored(now_ms())

    def now_ms(self) -> int:
        """The link's clock, which a test may put forward; libosdp has its own."""
        return now_ms() + self.later_ms

    def told(self) -> list[str]:
        """Go on once; the names of the messages so far."""
        self.messages += self.link.receive(b"", self.now_ms())
        self.messages += self.link.receive(self.reader.answers(self.link.to_send()), self.now_ms())
        return [type(message).__name__ for message in self.messages]


def test_the_reader_from_the_norm_computes_what_the_norm_prints() -> None:
    """Annex E: the session's keys, both proofs and the first MAC."""
    given: dict[str, Any] = {name: bytes.fromhex(value) for name, value in KDF.items()}
    session = Session(given["scbk"], given["rnd_a"], given["rnd_b"])

    assert (session.enc, session.mac1, session.mac2) == (given["s_enc"], given["s_mac1"], given["s_mac2"])
    assert (session.client, session.server) == (given["client_cryptogram"], given["server_cryptogram"])
    assert session.rmac_i == given["rmac_i"]


def test_a_reader_from_the_norm_gives_a_badge_and_takes_a_light() -> None:
    """Both sides understand what the other enciphered, beyond what libosdp makes of itself."""
    table = Table(KEY)
    wait_until(lambda: "DeviceReady" in table.told())
    table.reader.cards.append(CARD)
    wait_until(lambda: "BadgePresented" in table.told())
    asked = table.link.ask(Light("green", seconds=3), now_ms())
    wait_until(lambda: table.told() and any(code == frames.LED for code, _ in table.reader.asked))

    assert asked
    assert (frames.LED, bytes.fromhex("000002010002021E000000000000")) in table.reader.asked
    assert table.told() == ["DeviceReady", "BadgePresented"]


def test_a_reader_from_the_norm_with_another_key_stays_out() -> None:
    """Its proof does not fit, and it is told so."""
    table = Table(OTHER_KEY)
    wait_until(table.told)

    assert [message.code for message in table.messages if isinstance(message, DeviceTrouble)] == ["wrong_key"]


def test_a_badge_that_is_repeated_is_one_presentation() -> None:
    """Some readers tell a badge again and again while it lies there; after a pause it is another tap."""
    table = Table(KEY)
    wait_until(lambda: "DeviceReady" in table.told())
    for _ in range(3):
        table.reader.cards.append(CARD)
    wait_until(lambda: table.told() and not table.reader.cards)
    once = table.told().count("BadgePresented")
    table.later_ms = 701
    table.reader.cards.append(CARD)
    wait_until(lambda: table.told() and not table.reader.cards)

    assert once == 1
    assert table.told().count("BadgePresented") == 2


def test_a_reader_that_refuses_a_command_is_not_asked_again_and_goes_on_reading() -> None:
    """Each refusal takes the channel down: asked for ever, such a reader would never be of use."""
    table = Table(KEY)
    table.reader.refuses = {frames.LSTAT, frames.LED}
    wait_until(lambda: "DeviceReady" in table.told())
    wait_until(lambda: table.told() and table.link.ask(Light("red"), table.now_ms()))
    wait_until(lambda: table.told() and any(code == frames.LED for code, _ in table.reader.asked))
    polls = len(table.reader.asked)
    wait_until(lambda: table.told() and len(table.reader.asked) > polls + 4)
    table.reader.cards.append(CARD)
    wait_until(lambda: "BadgePresented" in table.told())

    codes = [code for code, _ in table.reader.asked]
    assert (codes.count(frames.LSTAT), codes.count(frames.LED)) == (1, 1)
    assert not table.link.ask(Light("red"), table.now_ms())


def test_a_light_that_is_longer_than_a_reader_can_time_is_ended_by_us() -> None:
    """Its timer is one byte of tenths of a second, and would wrap round without a word."""
    table = Table(KEY)
    wait_until(lambda: "DeviceReady" in table.told())
    lights = [table.link.ask(Light("red", seconds=25), table.now_ms())]
    lights.append(table.link.ask(Light("red", seconds=26), table.now_ms()))
    lights.append(table.link.ask(Light("green"), table.now_ms()))
    wait_until(lambda: table.told() and sum(code == frames.LED for code, _ in table.reader.asked) == 3)
    for _ in range(26):
        table.later_ms += 1000
        table.reader.asked = [one for one in table.reader.asked if one[0] == frames.LED]
        wait_until(lambda: table.told() and table.reader.asked[-1][0] == frames.POLL)
    wait_until(lambda: table.told() and sum(code == frames.LED for code, _ in table.reader.asked) == 4)

    shown = [data.hex() for code, data in table.reader.asked if code == frames.LED]
    assert lights == [True, True, True]
    assert shown == [
        "00000201000101fa000000000000",  # red, and the reader ends it after 250 tenths
        "00000101000101fa000000000000",  # what is timed is over
        "0000000000000000000101000101",  # red for good
        "0000000000000000000101000202",  # the green that stands
    ]


@pytest.mark.soak
@pytest.mark.pty
def test_a_line_cut_for_long_comes_back_by_itself() -> None:
    """Longer than libosdp's own patience (nine seconds): it gives up for five minutes, and we begin anew."""
    with SimulatedOsdpReader(KEY, address=READER) as reader, running(reader.path, OsdpLink(READER, KEY)) as at_work:
        at_work.ready()
        reader.fault = "silent"
        at_work.next(DeviceTrouble)
        with pytest.raises(AssertionError):
            wait_until(lambda: not at_work.messages.empty(), deadline_s=14)
        reader.fault = "none"

        at_work.ready()


PANEL = """
import sys, time
from osdp import ControlPanel, SerialPortOsdpConnection
seen = []
class Panel(ControlPanel):
    def on_raw_card_data_reply_received(self, address, card):
        seen.append(card)
panel = Panel(master_key=bytes(range(16)))
bus = panel.start_connection(SerialPortOsdpConnection(port=sys.argv[1], baud_rate=9600))
panel.add_device(bus, 5, use_crc=True, use_secure_channel=True)
deadline = time.monotonic() + 30
while not panel.is_online(bus, 5) and time.monotonic() < deadline:
    time.sleep(0.05)  # another package's panel, in a process of its own, offers nothing to wait for
print("online", panel.is_online(bus, 5), flush=True)
sys.stdin.readline()
while not seen and time.monotonic() < deadline:
    time.sleep(0.05)
print("card", bytes(seen[0].data).hex() if seen else "none", flush=True)
panel.shutdown()
"""


@pytest.mark.soak
@pytest.mark.pty
def test_another_packages_panel_reads_our_simulated_reader(tmp_path: Path) -> None:
    """PyPI's `osdp` 1.6, in an environment of its own, for it overwrites libosdp's package."""
    python = tmp_path / "bin" / "python"
    made = subprocess.run([sys.executable, "-m", "venv", tmp_path], check=False, capture_output=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "osdp==1.6"]
    if made.returncode or subprocess.run(install, check=False, capture_output=True).returncode:
        pytest.skip("osdp 1.6 cannot be had here: no package registry")
    client = bytes.fromhex("4E44010001000000")
    key = aes(bytes(range(16)), client + inverted(client))  # as that package makes a reader's key of its master key

    with SimulatedOsdpReader(key, address=READER) as reader:
        panel = subprocess.Popen(
            [str(python), "-c", PANEL, reader.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        with panel:
            assert panel.stdout is not None
            assert panel.stdin is not None
            online = panel.stdout.readline().split()
            reader.place("0D330B")
            panel.stdin.write("\n")
            panel.stdin.flush()
            card = panel.stdout.readline().split()

    assert online == ["online", "True"]
    assert card == ["card", "86998580"]
