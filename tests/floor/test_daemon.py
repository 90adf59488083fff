"""The program at the machines: what it makes of earlier uses at start, and how it ends, on real files and processes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from controller import settings
from controller.domain.directory import BadgeEntry, Booked, BookingsEntry, MachineEntry, OpeningEntry
from controller.domain.facts import SessionOpened, Stamp
from controller.domain.ids import ControllerId, MemberId, SessionId
from controller.domain.now import Now
from controller.domain.workshop import InUse
from controller.exchange.dialogue import Broker
from controller.floor.adapters.clock import HandClock, boot_ms
from controller.floor.adapters.gpio import GpioRelays, RelayWiring
from controller.floor.adapters.gpiod_pins import MockRelayFactory
from controller.floor.adapters.pin_map import PinMapWriter, read_boot_id
from controller.floor.badge_key import badge_token
from controller.floor.daemon import Floor, Outside
from controller.floor.journal import Journal
from controller.floor.replica import Replica
from controller.floor.replica_view import Contact
from controller.floor.tick import TickFile
from firmware_bridge.em4100.simulator import SimulatedReader
from firmware_bridge.simulator import Presenter
from tests.floor import directory_kit, journal_kit
from tests.waiting import wait_until

INDIVIS = Path(sys.executable).with_name("indivis")
KEY = bytes(range(32))
BADGE = "0A00ABCDEF"
PIN = 17
NOWHERE = Broker(host="127.0.0.1", port=1, client_id="nobody")
LASER = replace(directory_kit.LASER, price=None, free_of_charge=True)
KILN = replace(LASER, on_process_exit="hold", hold_max_gap_s=60)
DEADLINE_S = 30.0


class Place:
    """One controller's files: settings, key, a directory with one machine; a reader and pins when asked."""

    def __init__(self, root: Path, machine: MachineEntry = LASER) -> None:
        self.root, self.state = root, root / "state"
        self.state.mkdir(exist_ok=True)
        self.log = root / "controller.log"
        key = root / "badge.key"
        key.write_bytes(KEY)
        key.chmod(0o600)
        self.settings = root / "indivis.toml"
        self.write(reader=str(root / "reader"), policy=machine.on_process_exit)
        member, _, right, balance = directory_kit.maker(1)
        badge = BadgeEntry(token=badge_token(KEY, BADGE), member=MemberId("m-1"), status="active")
        copy = Replica(self.state / "replica.db")
        directory_kit.fill(copy, machine, directory_kit.POLICY, member, badge, right, balance)
        copy.heard(Contact(boot_id=read_boot_id(), boot_ms=boot_ms(), wall_ms=time.time_ns() // 1_000_000))
        copy.close()

    def write(self, *, reader: str, policy: str = "off", more: str = "") -> None:
        """Write the settings; `more` goes behind the controller's own."""
        self.settings.write_text(
            f"""
[site]
id = "crest"
books = "workshop"

[controller]
id = "pi-east"
state_dir = "{self.state}"
badge_key_file = "{self.root / "badge.key"}"
{more}

[gpio]
factory = "mock"

[[channel]]
name = "laser"
pin = {PIN}
on_process_exit = "{policy}"
hold_max_gap_s = 60

[[reader]]
name = "laser-reader"
path = "{reader}"
channel = "laser"

[exchange]
port = 1

[mqtt]
port = 1
"""
        )

    def leaves_a_use_open(self, clock: HandClock, *, proven_s: int, moved_to_s: int = 0) -> SessionOpened:
        """An earlier run named a use at the clock's instant, proved it for so many seconds, and died."""
        opened = replace(journal_kit.opened(1), at=Stamp.of(clock.now()), limit_s=3_600)
        earlier = Journal(self.state / "journal.db", controller=ControllerId("pi-east"), software="0")
        earlier.open(clock.now())
        moved = [journal_kit.moved(opened, limit_s=moved_to_s, overtime_s=600)] if moved_to_s else []
        journal_kit.settled(earlier, opened, *moved)
        earlier.close()
        clock.passes(proven_s * 1_000)
        self.proves(opened.session, clock.now(), proven_s)
        return opened

    def proves(self, session: SessionId, at: Now, lasted_s: int) -> None:
        """The last tick."""
        tick = TickFile(self.state / "tick")
        tick.write(((session, lasted_s * 1_000),), at)
        tick.settle(DEADLINE_S)
        tick.close()

    def facts(self, kind: str) -> list[dict[str, object]]:
        """The bodies of the journal's facts of a kind, oldest first."""
        if not (self.state / "journal.db").exists():
            return []
        with closing(sqlite3.connect(f"file:{self.state}/journal.db?mode=ro", uri=True)) as connection:
            rows = connection.execute("SELECT body FROM fact WHERE kind = ? ORDER BY n", (kind,)).fetchall()
        return [json.loads(row[0]) for row in rows]

    def starts_here(
        self, clock: HandClock, pins: MockRelayFactory, exchange: Broker = NOWHERE
    ) -> tuple[Floor, list[frozenset[str]]]:
        """The program's start in this process, with a clock moved by hand and these pins; and what was held."""
        held_channels: list[frozenset[str]] = []
        found = settings.load(self.settings)

        def relays_for(held: frozenset[str], boot_id: str) -> GpioRelays:
            held_channels.append(held)
            policy = found.channel[0].on_process_exit
            wiring = RelayWiring(machine_id="laser", pin=PIN, on_process_exit=policy, hold_max_gap_ms=60_000)
            pin_map = PinMapWriter(self.state / "pins.json")
            return GpioRelays([wiring], factory=pins, pin_map=pin_map, boot_id=boot_id, may_go_on=held)

        outside = Outside(
            clock=lambda _last: clock, relays_for=relays_for, exchange=exchange, public=NOWHERE, plugs=NOWHERE
        )
        return Floor(found, outside), held_channels

    @contextmanager
    def runs(self) -> Iterator[subprocess.Popen[bytes]]:
        """The real command, until a badge may be tapped; killed at the end if it still lives."""
        with self.log.open("ab") as log:
            program = subprocess.Popen(
                [INDIVIS, "controller", "--config", self.settings],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, "INDIVIS_LANG": "en"},
            )  # fmt: skip
        try:
            wait_until(lambda: b"ready" in self.log.read_bytes() or program.poll() is not None, DEADLINE_S, "ready")
            yield program
        finally:
            program.kill()
            program.wait()


def left_on() -> MockRelayFactory:
    """Pins that another process left on."""
    pins = MockRelayFactory()
    pins.pin(PIN).output_with_state(state=True)
    return pins


def settled(floor: Floor) -> None:
    """Everything the start decided is on disk, and the program is told to end at once."""
    floor.journal.settle(DEADLINE_S)
    floor.end()
    floor.run(lambda: None)


def test_a_use_found_open_in_the_same_boot_is_closed_at_its_last_proof(tmp_path: Path) -> None:
    """Rule 4: a crash bills what the tick proves and no more."""
    place, clock, pins = Place(tmp_path), HandClock(), left_on()
    place.leaves_a_use_open(clock, proven_s=90)
    clock.passes(500_000)

    floor, _ = place.starts_here(clock, pins)
    settled(floor)

    (ended,) = place.facts("session_ended")
    assert (ended["reason"], ended["seconds"]) == ("recovered_crash", 90)
    assert not pins.pin(PIN).state


def test_a_use_found_open_after_a_reboot_is_closed_as_a_power_loss(tmp_path: Path) -> None:
    """Rules 3 and 4: a reboot never powers again, whatever the machine's policy is."""
    place, clock, pins = Place(tmp_path, KILN), HandClock(), left_on()
    place.leaves_a_use_open(clock, proven_s=90)
    clock.reboots("boot-2")

    floor, held = place.starts_here(clock, pins)
    powered = bool(pins.pin(PIN).state)
    settled(floor)

    (ended,) = place.facts("session_ended")
    assert (ended["reason"], ended["seconds"], held, powered) == ("recovered_power_loss", 90, [frozenset()], False)


def test_a_use_whose_end_was_moved_is_found_with_its_new_end_and_the_hours_of_the_place(tmp_path: Path) -> None:
    """A kiln that is held through a restart of the program finishes what it was given, and no more."""
    place, clock, pins = Place(tmp_path, KILN), HandClock(), left_on()
    place.leaves_a_use_open(clock, proven_s=30, moved_to_s=7_200)
    copy = Replica(place.state / "replica.db")
    bookings = BookingsEntry(machine=KILN.machine, windows=(Booked(member=None, from_ms=0, until_ms=1),))
    directory_kit.fill(copy, OpeningEntry(site=KILN.site, windows=()), bookings, revision=2)
    copy.close()

    floor, _ = place.starts_here(clock, pins)
    found = floor.engine.workshop
    settled(floor)

    situation = found.machines[KILN.machine].situation
    assert isinstance(situation, InUse)
    assert (situation.opened.limit_s, situation.overtime_s) == (7_200, 600)
    assert (set(found.openings), set(found.bookings)) == ({KILN.site}, {KILN.machine})


def test_a_use_without_any_tick_is_closed_at_its_own_start(tmp_path: Path) -> None:
    """Rule 4: nothing proven is nothing billed."""
    place, clock = Place(tmp_path), HandClock()
    place.leaves_a_use_open(clock, proven_s=90)
    (place.state / "tick").unlink()

    floor, _ = place.starts_here(clock, left_on())
    settled(floor)

    (ended,) = place.facts("session_ended")
    assert (ended["reason"], ended["seconds"]) == ("recovered_crash", 0)


def test_a_proven_hold_goes_on_and_is_no_fault(tmp_path: Path) -> None:
    """Rule 3: same boot, short gap, the line reads on: the kiln goes on and a fact says so."""
    place, clock, pins = Place(tmp_path, KILN), HandClock(), left_on()
    place.leaves_a_use_open(clock, proven_s=90)
    clock.passes(20_000)

    floor, held = place.starts_here(clock, pins)
    powered, word = bool(pins.pin(PIN).state), floor.engine.workshop.word(KILN.machine)
    settled(floor)

    assert (held, powered, word) == ([frozenset({"laser"})], True, "in_use")
    assert [fact["gap_ms"] for fact in place.facts("session_resumed")] == [20_000]
    assert place.facts("fault_raised") == []


def test_a_hold_whose_line_reads_off_is_not_powered_again(tmp_path: Path) -> None:
    """Rule 3: unproven means off."""
    place, clock, pins = Place(tmp_path, KILN), HandClock(), MockRelayFactory()
    place.leaves_a_use_open(clock, proven_s=90)

    floor, _ = place.starts_here(clock, pins)
    powered = bool(pins.pin(PIN).state)
    settled(floor)

    assert not powered
    assert [fact["reason"] for fact in place.facts("session_ended")] == ["recovered_crash"]


def test_a_hold_after_too_long_a_gap_is_off(tmp_path: Path) -> None:
    """Rule 3: longer than the machine's own limit means off."""
    place, clock, pins = Place(tmp_path, KILN), HandClock(), left_on()
    place.leaves_a_use_open(clock, proven_s=90)
    clock.passes(60_001)

    floor, _ = place.starts_here(clock, pins)
    powered = bool(pins.pin(PIN).state)
    settled(floor)

    assert not powered
    assert [fact["reason"] for fact in place.facts("session_ended")] == ["recovered_crash"]


@pytest.mark.pty
def test_a_use_from_tap_to_sigterm_leaves_its_end_on_disk_and_no_badge_number_anywhere(tmp_path: Path) -> None:
    """Rules 3 and 8: told to end, the program opens the relay, writes `shutdown`, exits 0; the number is nowhere."""
    place = Place(tmp_path)
    with SimulatedReader("rdm6300", tmp_path / "reader") as reader, place.runs() as program:
        hand = Presenter(reader)
        wait_until(lambda: b"reader connected" in place.log.read_bytes(), DEADLINE_S, "the reader")
        hand.present(BADGE, 300)
        wait_until(lambda: place.facts("session_opened"), DEADLINE_S, "the use")
        program.send_signal(signal.SIGTERM)
        code = program.wait(DEADLINE_S)
        hand.close()

    value = int(BADGE, 16)
    spelled = {BADGE.encode(), BADGE.lower().encode(), str(value).encode(), f"{value & 0xFFFFFFFF:010d}".encode()}
    written = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    ends = [fact["reason"] for fact in (*place.facts("session_ended"), *place.facts("start_abandoned"))]
    assert (code, ends) == (0, ["shutdown"])
    assert {"journal.db", "controller.log", "pins.json"} <= set(written)
    assert [name for name, data in written.items() if any(number in data for number in spelled)] == []
    assert not any(pin["held"] for pin in json.loads(written["pins.json"])["pins"])


def test_a_reader_that_is_not_there_is_said_once_and_the_program_goes_on(tmp_path: Path) -> None:
    """A missing reader is a line in the log with its path, not an end and not a flood."""
    place = Place(tmp_path)

    with place.runs() as program:
        wait_until(lambda: b"reader lost" in place.log.read_bytes(), DEADLINE_S, "the word")
        program.send_signal(signal.SIGTERM)
        code = program.wait(DEADLINE_S)

    said = place.log.read_text()
    assert (code, said.count("reader lost")) == (0, 1)
    assert str(tmp_path / "reader") in said


def refused(place: Place) -> tuple[int, str]:
    """Start the real command where it cannot start; its exit code and what it said."""
    ended = subprocess.run(
        [INDIVIS, "controller", "--config", place.settings],
        env={**os.environ, "INDIVIS_LANG": "en"}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return ended.returncode, ended.stderr


def test_a_second_controller_on_the_same_folder_is_refused_in_one_sentence(tmp_path: Path) -> None:
    """Two writers of one journal would fork it."""
    place = Place(tmp_path)

    with place.runs() as first:
        code, said = refused(place)
        lives = first.poll() is None

    assert (code, lives) == (69, True)
    assert "Traceback" not in said
    assert ".db" in said


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    """A downgrade never touches what it does not understand."""
    place = Place(tmp_path)
    place.leaves_a_use_open(HandClock(), proven_s=1)
    with closing(sqlite3.connect(place.state / "journal.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    code, said = refused(place)

    assert code == 65
    assert "journal.db" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("spoil", ["missing", "open to all", "short"])
def test_a_badge_key_that_cannot_be_trusted_is_refused_in_one_sentence(tmp_path: Path, spoil: str) -> None:
    """The key is named, and what it must be."""
    place, key = Place(tmp_path), tmp_path / "badge.key"
    match spoil:
        case "missing":
            key.unlink()
        case "open to all":
            key.chmod(0o644)
        case _:
            key.write_bytes(KEY[:16])

    code, said = refused(place)

    assert code == 2
    assert str(key) in said
    assert "chmod 600" in said
    assert "Traceback" not in said


def test_a_state_folder_that_cannot_be_written_is_refused_in_one_sentence(tmp_path: Path) -> None:
    """A folder that is no folder, as one on a card that is read-only, is named."""
    place = Place(tmp_path)
    place.state = Path("/proc/indivis")
    place.write(reader=str(tmp_path / "reader"))

    code, said = refused(place)

    assert code == 2
    assert "/proc/indivis" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("missing", ["/etc/indivis-nowhere/password"])
def test_a_password_file_that_is_missing_is_refused_in_one_sentence(tmp_path: Path, missing: str) -> None:
    """The file is named, never what should be in it."""
    place = Place(tmp_path)
    place.write(reader=str(tmp_path / "reader"), more=f'exchange_password_file = "{missing}"')

    code, said = refused(place)

    assert code == 2
    assert missing in said
    assert "Traceback" not in said
