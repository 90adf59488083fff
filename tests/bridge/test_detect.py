"""`indivis reader detect`: which protocol speaks at a port, asked without harm, over real pseudo-terminals."""

import json
import os
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from controller.cli import main
from controller.commands.reader_detect import settings_lines
from controller.settings import Reader
from firmware_bridge.detect import PORTS_MAX, Detected, detect, detect_at, is_open
from firmware_bridge.drivers import Options
from firmware_bridge.em4100.simulator import SimulatedReader
from firmware_bridge.simulator import REPEAT_MS, PseudoTerminal
from firmware_bridge.simulators import Device, simulated
from firmware_bridge.transport import open_port

pytestmark = pytest.mark.pty

BADGE = "0A00123456"
KEY = bytes(range(1, 17))


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A key for an OSDP reader."""
    path = tmp_path / "key"
    path.write_bytes(KEY)
    path.chmod(0o400)
    return path


@contextmanager
def badge_near(reader: SimulatedReader) -> Iterator[None]:
    """Somebody holds a badge to a reader, again and again."""
    over = threading.Event()

    def hold() -> None:
        while not over.wait(REPEAT_MS / 1000):
            reader.place(BADGE)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def device(stack: ExitStack, protocol: str, folder: Path, key: Path, address: int = 0) -> Device:
    """A simulated device of that protocol."""
    options = Options(address=address, key_file=key if protocol == "osdp" else None)
    return stack.enter_context(simulated(protocol, protocol, folder / protocol, options).device)


def test_every_protocol_is_told_apart_on_its_port(tmp_path: Path, key: Path) -> None:
    """Three devices answer the one question that is theirs, each with what settings need of it."""
    with ExitStack() as stack:
        paths = [device(stack, protocol, tmp_path, key, 3).path for protocol in ("pn532", "osdp", "board")]

        found = detect(paths)

    assert found == [
        Detected(path=paths[0], state="found", protocol="pn532", baud=115_200, about="PN532 1.6"),
        Detected(path=paths[1], state="found", protocol="osdp", baud=9600, address=3, about=found[1].about),
        Detected(path=paths[2], state="found", protocol="board", baud=115_200, about=found[2].about,
                 identity="SIMULATED-BOARD"),
    ]  # fmt: skip
    assert found[2].about.startswith("SIMULATED-BOARD ")


@pytest.mark.parametrize("model", ["id12", "rdm6300"])
def test_an_em4100_reader_is_known_by_its_frames_and_asked_nothing(model: str) -> None:
    """It cannot answer; with a badge held to it, its frames tell the model too, before a byte was written."""
    with SimulatedReader(model) as reader, badge_near(reader):  # type: ignore[arg-type]
        found = detect_at(reader.path)
        asked = reader.read(0)

    assert found == Detected(path=reader.path, state="found", protocol="em4100", model=model, baud=9600)
    assert asked == b""


def test_a_port_in_use_is_not_opened() -> None:
    """Held with a lock or without one, it is left alone: its holder misses no byte and no byte is written."""
    with SimulatedReader("rdm6300") as reader:
        locked, _ = open_port(reader.path, 9600)
        with locked:
            first = detect_at(reader.path)
        line = os.open(reader.path, os.O_RDWR | os.O_NOCTTY)
        unlocked = is_open(os.path.realpath(reader.path))
        second = detect_at(reader.path)
        reader.place(BADGE)
        read = os.read(line, 100)
        os.close(line)
        free = is_open(os.path.realpath(reader.path))
        asked = reader.read(0)

    assert (first, second) == (Detected(path=reader.path, state="held"),) * 2
    assert (unlocked, free, asked) == (True, False, b"")
    assert BADGE.encode() in read


def test_a_silent_port_and_a_babbling_one_are_nothing(tmp_path: Path) -> None:
    """A device that says nothing, and one that echoes whatever it hears, are no readers."""
    with PseudoTerminal() as silent, PseudoTerminal() as echoing:
        over = threading.Event()

        def echo() -> None:
            while not over.wait(0.001):
                echoing.write(b"noise" + echoing.read(0.01))

        thread = threading.Thread(target=echo)
        thread.start()
        found = detect([silent.path, echoing.path, str(tmp_path), "/dev/nowhere"])
        over.set()
        thread.join()

    assert [each.state for each in found] == ["nothing", "nothing", "unusable", "unusable"]


def test_more_ports_than_are_asked_at_once_are_named() -> None:
    """The last of too many are not forgotten: they are told as not asked."""
    found = detect([f"/dev/nowhere-{number}" for number in range(PORTS_MAX + 1)])

    assert [each.state for each in found] == ["unusable"] * PORTS_MAX + ["not_asked"]


def test_the_command_prints_what_to_paste_into_the_settings(tmp_path: Path, key: Path) -> None:
    """For a person: the port, what is there, and the lines of a `[[reader]]`."""
    with ExitStack() as stack:
        path = device(stack, "board", tmp_path, key).path
        shown = subprocess.run(
            [sys.executable, "-m", "controller", "reader", "detect", path],
            capture_output=True,
            check=True,
            env={"INDIVIS_LANG": "en", "PYTHONIOENCODING": "utf-8"},
        )

    before, _, pasted = shown.stdout.decode().partition("[[reader]]")
    assert "board SIMULATED-BOARD" in before
    assert pasted.splitlines()[1:] == [
        'name = "reader-1"',
        f'path = "{path}"',
        'channel = "machine-1"  # the machine it stands at',
        'protocol = "board"',
        'identity = "SIMULATED-BOARD"  # this one only; take out if any other will do',
    ]


def test_what_is_pasted_is_a_reader_that_the_settings_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """Model, address and key file stand there for the kinds that have them."""
    monkeypatch.setenv("INDIVIS_LANG", "en")
    kinds = (
        Detected(path="/dev/serial/by-id/a", state="found", protocol="osdp", baud=9600, address=5),
        Detected(path="/dev/serial/by-id/b", state="found", protocol="em4100", model="id12", baud=9600),
        Detected(path="/dev/serial/by-id/c", state="found", protocol="pn532", baud=115_200),
        Detected(
            path="/dev/serial/by-path/d", state="found", protocol="board", baud=115_200, identity="E6614103E7174321"
        ),
    )

    text = "\n".join(line for kind in kinds for line in settings_lines(kind, f"at-{kind.path[-1]}"))

    osdp, em4100, pn532, board = (Reader(**reader) for reader in tomllib.loads(text)["reader"])
    assert (osdp.protocol, osdp.address, str(osdp.key_file)) == ("osdp", 5, "/etc/indivis/keys/at-a.key")
    assert (em4100.protocol, em4100.model, em4100.path) == ("em4100", "id12", "/dev/serial/by-id/b")
    assert (pn532.protocol, pn532.key_file, pn532.identity) == ("pn532", None, "")
    assert (board.protocol, board.identity) == ("board", "E6614103E7174321")


def test_programs_are_answered_in_json_and_a_list_asks_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An object for each port; a port that is only listed has no state, and no byte was written to it."""
    with PseudoTerminal() as line:
        listed = main(["reader", "detect", "--list", "--json", line.path])
        (port,) = json.loads(capsys.readouterr().out)
        asked = line.read(0)
        gone = main(["reader", "detect", "--json", "/dev/nowhere"])
        (missing,) = json.loads(capsys.readouterr().out)

    assert (listed, gone, asked) == (0, 0, b"")
    assert (port["path"], "state" in port) == (line.path, False)
    assert missing["state"] == "unusable"
    assert "/dev/nowhere" in missing["why"]
