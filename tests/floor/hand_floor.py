"""An engine with a disk moved by hand, a clock moved by hand and real relays on mock pins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from controller.domain import events as ev
from controller.domain.directory import MachineEntry
from controller.domain.facts import Fact
from controller.domain.ids import BadgeToken, BranchId, MachineId
from controller.domain.now import Now
from controller.domain.reasons import Refusal
from controller.domain.workshop import Limits, Workshop
from controller.floor.adapters.clock import HandClock
from controller.floor.adapters.gpio import GpioRelays, RelayWiring
from controller.floor.adapters.gpiod_pins import MockRelayFactory, MockRelayPin
from controller.floor.adapters.pin_map import PinMapWriter
from controller.floor.engine import Engine
from controller.floor.fakes import HandJournal, HandTick
from controller.floor.placed_relays import PlacedRelays, channels_of
from tests.story import EVENING_MS, FRESH, LASER, LASER_CUTTER, maker

LASER_PIN, MILL_PIN = 17, 27
HERE = replace(LASER_CUTTER, channel="relay-1")
MILL = MachineId("mill")
CNC = replace(LASER_CUTTER, machine=MILL, channel="relay-2", price=None, free_of_charge=True)


class StuckPin(MockRelayPin):
    """A line that shows what it showed when `stuck` became true, whatever it is told."""

    stuck = False

    def _change_state(self, value: bool) -> bool:  # noqa: FBT001 - gpiozero's own shape
        return False if self.stuck else bool(super()._change_state(value))


class WatchfulJournal(HandJournal):
    """Notes, for each fact it is handed, whether the laser had power at that instant."""

    def __init__(self, clock: HandClock, powered: Callable[[], bool]) -> None:
        super().__init__(clock)
        self.handed_over: list[tuple[str, bool]] = []
        self._powered = powered

    def append(self, fact: Fact, on_stored: Callable[[int, int], None] | None = None) -> None:
        self.handed_over.append((fact.KIND, self._powered()))
        super().append(fact, on_stored)


class Watch:
    """What the engine tells its watchers."""

    def __init__(self) -> None:
        self.signals: list[ev.Signal] = []

    def after_step(self, _workshop: Workshop, effects: tuple[ev.Effect, ...], _now: Now) -> None:
        self.signals += [effect for effect in effects if isinstance(effect, ev.Signal)]

    def refusals(self) -> list[Refusal]:
        """The refusals shown, oldest first."""
        return [signal.refusal for signal in self.signals if signal.refusal is not None]


class Floor:
    """Two machines, an engine, and hands on its clock and its disk."""

    def __init__(self, folder: Path, *machines: MachineEntry) -> None:
        self.clock = HandClock(wall_ms=EVENING_MS)
        self.clock.passes(60_000)
        self.journal = WatchfulJournal(self.clock, self.powered)
        self.tick = HandTick()
        self.factory = MockRelayFactory(StuckPin)
        wirings = [RelayWiring(machine_id="relay-1", pin=LASER_PIN), RelayWiring(machine_id="relay-2", pin=MILL_PIN)]
        self.gpio = GpioRelays(
            wirings, factory=self.factory, pin_map=PinMapWriter(folder / "pins.json"), boot_id="boot-1"
        )
        self.relays = PlacedRelays(self.gpio, frozenset({"relay-1", "relay-2"}))
        self.engine = Engine(
            Workshop(branch=BranchId("b"), limits=Limits()),
            clock=self.clock,
            relays=self.relays,
            journal=self.journal,
            tick=self.tick,
        )
        self.watch = Watch()
        self.engine.watchers.append(self.watch)
        self.engine.on_directory = self.place
        self.told(*(machines or (HERE, CNC)))
        for name in self.engine.workshop.machines:
            self.engine.step(ev.RelayRead(machine=name, wanted_on=False, read_on=self.relays.read(name)))

    def told(self, *machines: MachineEntry) -> None:
        """The directory says which machines there are and where."""
        self.engine.step(ev.DirectoryChanged(machines=machines, locks=()))

    def place(self, changed: ev.DirectoryChanged) -> None:
        """Wire them, as the program does."""
        self.relays.place(channels_of(changed.machines))

    def turn(self) -> None:
        """Let the engine's own loop take everything that waits, deadlines included."""
        self.engine.submit(ev.TimePassed())
        self.engine.stop()
        self.engine.run()

    def taps(self, name: str = "ada", machine: MachineId = LASER) -> None:
        """A badge that was looked up reaches the engine."""
        self.engine.submit(self.tap(name, machine))
        self.turn()

    def tap(self, name: str = "ada", machine: MachineId = LASER) -> ev.Tapped:
        """A badge that was looked up."""
        return ev.Tapped(
            machine=machine, token=BadgeToken(f"token-of-{name}"), holder=maker(name), reading=FRESH, looked_up=True
        )

    def stored(self) -> None:
        """The disk takes everything that waits, and the engine hears of it."""
        self.journal.flush()
        self.turn()

    def uses(self, name: str = "ada", machine: MachineId = LASER) -> None:
        """Somebody has power, and has had it for a minute."""
        self.taps(name, machine)
        self.stored()
        self.clock.passes(60_000)

    def powered(self, pin: int = LASER_PIN) -> bool:
        """What the relay's own pin shows."""
        return bool(self.factory.pin(pin).state)
