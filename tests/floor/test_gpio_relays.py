"""Relays: no pulse when opened, off at every end, read back, and written down for whoever comes after."""

import subprocess
import sys
import threading
from collections.abc import Collection
from pathlib import Path

import pytest
from gpiozero import OutputDevice
from gpiozero.pins.mock import MockFactory, MockPin

from controller.floor.adapters.gpio import GpioRelays, RelayWiring
from controller.floor.adapters.gpiod_pins import GpiodFactory, MockRelayFactory, MockRelayPin
from controller.floor.adapters.lines import LineBusyError, LineError, RecordedLines
from controller.floor.adapters.pin_map import PinMap, PinMapWriter, held_since_file, read_file
from controller.floor.ports import Relays

LASER = RelayWiring(machine_id="laser", pin=17, active_high=False)
KILN = RelayWiring(machine_id="kiln", pin=22, on_process_exit="hold", hold_max_gap_ms=60_000)
MILL = RelayWiring(machine_id="mill", pin=27, feedback_pin=5)

OUT_LOW = ("function", "output", False)
OUT_HIGH = ("function", "output", True)


class Workbench:
    """Relays over recorded lines, with their pin map in a folder of the test's own."""

    def __init__(self, folder: Path, *wirings: RelayWiring, lines: RecordedLines | None = None) -> None:
        self.lines = lines or RecordedLines("pinctrl-rp1")
        self.file = folder / "pins.json"
        self.writer = PinMapWriter(self.file)
        self._wirings = wirings

    def open(self, *, may_go_on: Collection[str] = ()) -> GpioRelays:
        return GpioRelays(
            self._wirings,
            factory=GpiodFactory(self.lines),
            pin_map=self.writer,
            boot_id="boot-1",
            may_go_on=may_go_on,
        )

    def map_on_disk(self) -> PinMap:
        assert self.writer.flush()
        return read_file(self.file)


class LoggedPin(MockRelayPin):
    """Our mock pin, writing down each (what, value, level then shown)."""

    log: list[tuple[str, object, bool]]

    def _set_function(self, value: str) -> None:
        super()._set_function(value)
        self.log.append(("function", value, self._state))

    def _set_state(self, value: object) -> None:
        super()._set_state(value)
        self.log.append(("level", value, self._state))

    def _claim_output(self, level: bool) -> None:  # noqa: FBT001 - the shape of the class it watches
        super()._claim_output(level)
        self.log.append(("function", "output", self._state))


class LoggedPlainPin(MockPin):  # type: ignore[misc] # gpiozero carries no types
    """gpiozero's own mock pin, logged in the same way."""

    log: list[tuple[str, object, bool]]

    def _set_function(self, value: str) -> None:
        super()._set_function(value)
        self.log.append(("function", value, self._state))

    def _set_state(self, value: object) -> None:
        super()._set_state(value)
        self.log.append(("level", value, self._state))


def test_an_active_low_relay_opens_without_a_pulse_on_mock_pins(tmp_path: Path) -> None:
    """The line becomes an output that already shows off."""
    log: list[tuple[str, object, bool]] = []
    factory = MockRelayFactory(type("Pin", (LoggedPin,), {"log": log}))

    relays = GpioRelays([LASER], factory=factory, pin_map=PinMapWriter(tmp_path / "pins.json"), boot_id="b")
    opened = list(log)
    relays.close()

    assert opened == [OUT_HIGH]


def test_the_log_shows_the_pulse_that_gpiozero_itself_would_make() -> None:
    """The proof above is worth something only if its log can see a pulse."""
    log: list[tuple[str, object, bool]] = []
    factory = MockFactory(pin_class=type("Pin", (LoggedPlainPin,), {"log": log}))

    device = OutputDevice(17, active_high=False, initial_value=False, pin_factory=factory)
    opened = list(log)
    device.close()

    assert opened == [OUT_LOW, ("level", True, True)]


@pytest.mark.parametrize("active_high", [False, True])
def test_opening_claims_the_off_level_once_and_nothing_else(tmp_path: Path, *, active_high: bool) -> None:
    """Whatever the board's polarity, the chip sees one claim, at off."""
    bench = Workbench(tmp_path, RelayWiring(machine_id="laser", pin=17, active_high=active_high))

    relays = bench.open()
    calls = list(bench.lines.calls)
    relays.close()

    assert calls == [("claim_output", 17, not active_high)]


def test_a_relay_follows_and_is_read_back(tmp_path: Path) -> None:
    """Each order answers with what the line then reads."""
    bench = Workbench(tmp_path, LASER)
    relays: Relays = bench.open()

    answers = (relays.energise("laser"), relays.read("laser"), relays.de_energise("laser"), relays.read("laser"))
    relays.close()

    assert answers == (True, True, False, False)


def test_closing_drives_off_and_leaves_the_line_so(tmp_path: Path) -> None:
    """A closed relay is driven off, not left floating as an input."""
    bench = Workbench(tmp_path, LASER)
    relays = bench.open()
    relays.energise("laser")

    relays.close()
    relays.close()

    assert bench.lines.levels == {17: True}
    assert ("claim_input", 17, "none") not in bench.lines.calls
    assert bench.lines.calls[-1] == ("release", 17, None)


def test_what_was_read_last_is_told_after_the_lines_are_let_go(tmp_path: Path) -> None:
    """A dashboard that is told of the end a moment later shows the relay off, not unknown; a held one on."""
    relays = Workbench(tmp_path, LASER, KILN).open()
    relays.energise("laser")
    relays.energise("kiln")

    relays.close()

    assert (relays.read("laser"), relays.read("kiln")) == (False, True)


@pytest.mark.parametrize("end", ["sys.exit(0)", "raise RuntimeError", "pass"])
def test_the_end_of_the_process_drives_off(tmp_path: Path, end: str) -> None:
    """An exit that nobody prepared still opens the relay: the guard is set when the relay is."""
    script = f"""
import atexit, sys
from pathlib import Path
from controller.floor.adapters.gpio import GpioRelays, RelayWiring
from controller.floor.adapters.gpiod_pins import GpiodFactory
from controller.floor.adapters.lines import RecordedLines
from controller.floor.adapters.pin_map import PinMapWriter
lines = RecordedLines("pinctrl-rp1")
atexit.register(lambda: print(lines.levels))
relays = GpioRelays([RelayWiring(machine_id="laser", pin=17)], factory=GpiodFactory(lines),
                    pin_map=PinMapWriter(Path({str(tmp_path / "pins.json")!r})), boot_id="b")
relays.energise("laser")
print(lines.levels)
{end}
"""

    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert ended.stdout.splitlines() == ["{17: True}", "{17: False}"], ended.stderr


def test_all_off_tries_every_relay_and_names_the_one_not_proven(tmp_path: Path) -> None:
    """One broken line must not keep the others on."""
    bench = Workbench(tmp_path, LASER, KILN, MILL)
    relays = bench.open()
    for machine_id in ("laser", "kiln", "mill"):
        relays.energise(machine_id)
    bench.lines.broken.add(17)

    doubtful = relays.all_off()

    assert doubtful == ("laser",)
    assert (bench.lines.levels[22], bench.lines.levels[27]) == (False, False)
    bench.lines.broken.clear()
    relays.close()


def test_all_off_works_from_another_thread_and_twice(tmp_path: Path) -> None:
    """Whoever notices first may cut; cutting again changes nothing."""
    bench = Workbench(tmp_path, LASER, MILL)
    relays = bench.open()
    relays.energise("laser")
    answers: list[tuple[str, ...]] = []
    threads = [threading.Thread(target=lambda: answers.append(relays.all_off())) for _ in range(2)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [(), ()]
    assert relays.read("laser") is False
    relays.close()


def test_a_write_that_fails_is_unknown_and_not_tried_again(tmp_path: Path) -> None:
    """A switch whose outcome is unknown is reported, never blindly repeated."""
    bench = Workbench(tmp_path, LASER)
    relays = bench.open()
    bench.lines.broken.add(17)
    before = len(bench.lines.calls)

    answer = relays.energise("laser")

    assert answer is None
    assert bench.lines.calls[before:] == [("set", 17, False)]
    assert relays.read("laser") is None
    bench.lines.broken.clear()
    relays.close()


def test_a_contact_that_disagrees_is_what_is_read(tmp_path: Path) -> None:
    """A welded contact shows: ordered off, and the contact to ground still closed."""
    bench = Workbench(tmp_path, MILL)
    relays = bench.open()
    relays.energise("mill")
    bench.lines.levels[5] = False

    answer = relays.de_energise("mill")

    assert answer is False
    assert relays.read("mill") is True
    relays.close()


def test_a_busy_pin_names_machine_pin_and_holder_and_leaves_the_others_off(tmp_path: Path) -> None:
    """A pin that another program holds stops the start with one clear sentence."""
    lines = RecordedLines("pinctrl-rp1", held_by_others={27: "gpioset"})
    bench = Workbench(tmp_path, LASER, MILL, lines=lines)

    with pytest.raises(LineBusyError, match=r"mill.*GPIO27.*gpioset"):
        bench.open()

    assert lines.calls == [
        ("claim_output", 17, True),
        ("claim_output", 27, False),
        ("set", 17, True),
        ("set", 17, True),
        ("set", 17, True),
        ("release", 17, None),
    ]


def test_one_pin_for_two_machines_is_refused(tmp_path: Path) -> None:
    """Two machines on one relay would power each other."""
    bench = Workbench(tmp_path, LASER, RelayWiring(machine_id="mill", pin=17))

    with pytest.raises(LineError, match=r"mill.*17"):
        bench.open()

    assert bench.lines.levels[17] is True


def test_the_map_is_on_disk_before_a_pin_is_touched(tmp_path: Path) -> None:
    """A crash while opening leaves a map for the stop hook; without a map no pin is claimed."""
    bench = Workbench(tmp_path / "absent", LASER)

    with pytest.raises(OSError, match="absent"):
        bench.open()

    assert bench.lines.calls == []


def test_the_map_follows_a_machine_that_may_be_held(tmp_path: Path) -> None:
    """The stop hook must know at any moment which machine is in use under `hold`."""
    bench = Workbench(tmp_path, KILN, LASER)
    relays = bench.open()

    marks = []
    for step in (relays.read, relays.energise, relays.de_energise):
        step("laser")
        step("kiln")
        marks.append([pin.held for pin in bench.map_on_disk().pins])
    relays.close()

    assert marks == [[False, False], [True, False], [False, False]]


def test_a_held_machine_in_use_stays_on_when_the_process_ends(tmp_path: Path) -> None:
    """Only `hold`, only in use: the laser beside it goes off."""
    bench = Workbench(tmp_path, KILN, LASER)
    relays = bench.open()
    relays.energise("kiln")
    relays.energise("laser")

    relays.close()

    assert bench.lines.levels == {22: True, 17: True}
    assert [pin.held for pin in read_file(bench.file).pins] == [True, False]


@pytest.mark.parametrize(
    ("proven", "still_reads_on", "goes_on"),
    [(True, True, True), (False, True, False), (True, False, False)],
)
def test_a_held_machine_goes_on_only_if_proven_and_read_on(
    tmp_path: Path, *, proven: bool, still_reads_on: bool, goes_on: bool
) -> None:
    """Unproven means off; what goes on is claimed on, without an off in between."""
    lines = RecordedLines("pinctrl-rp1")
    lines.levels[22] = still_reads_on
    bench = Workbench(tmp_path, KILN, lines=lines)
    held_since_file(bench.file).write_text("{}")

    relays = bench.open(may_go_on={"kiln"} if proven else set())

    assert [call for call in lines.calls if call[0] != "peek"] == [("claim_output", 22, goes_on)]
    assert relays.read("kiln") is goes_on
    assert not held_since_file(bench.file).exists()
    relays.all_off()
    relays.close()


def test_a_machine_without_hold_never_goes_on(tmp_path: Path) -> None:
    """Boot and restart mean off, whatever the line still shows."""
    lines = RecordedLines("pinctrl-rp1")
    lines.levels[17] = False
    bench = Workbench(tmp_path, LASER, lines=lines)

    relays = bench.open(may_go_on={"laser"})

    assert lines.calls == [("claim_output", 17, True)]
    relays.close()
