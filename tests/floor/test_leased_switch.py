"""A switch behind a line, told by hand and reporting by hand."""

import pytest

from controller.domain import events as ev
from controller.domain.ids import MachineId
from controller.floor.leased_switch import ENGINE_SILENT_MAX_S, JoinedRelays, LeasedSwitch, LeaseKeeper
from controller.floor.ports import LATER
from tests.story import LASER

ON = ev.RelayRead(machine=LASER, wanted_on=True, read_on=True)
OFF = ev.RelayRead(machine=LASER, wanted_on=False, read_on=False)
LOST = ev.SwitchSeen(channel="relay-1", reached=False)
FOUND = ev.SwitchSeen(channel="relay-1", reached=True)


class Words:
    """The line: what was said to the switch, oldest first."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def hold(self, *, renews: bool) -> None:
        self.said.append("renew" if renews else "close")

    def let_go(self) -> None:
        self.said.append("open")


class Bench:
    """One switch at the laser's channel; `told` is what the engine heard."""

    def __init__(self) -> None:
        self.line = Words()
        self.told: list[ev.Event] = []
        self.machine: str | None = LASER
        self.switch = LeasedSwitch(
            "relay-1", self.line, tell=self.told.append, machine_on=lambda _channel: self.machine
        )

    def found(self) -> "Bench":
        """It has been read off."""
        self.switch.reported(on=False)
        return self.heard()

    def held(self) -> "Bench":
        """It is closed for a use, and has said so."""
        self.found()
        self.switch.energise()
        self.switch.reported(on=True)
        return self.heard()

    def heard(self) -> "Bench":
        """What came so far is known."""
        self.told.clear()
        self.line.said.clear()
        return self


def test_a_closing_is_told_at_once_and_answered_later() -> None:
    """Nobody waits; the report becomes the reading."""
    bench = Bench().found()

    answer = bench.switch.energise()
    before = list(bench.told)
    bench.switch.reported(on=True)

    assert (answer, before, bench.told) == (LATER, [], [ON])
    assert bench.line.said == ["close"]


def test_an_opening_is_told_at_once_and_answered_later() -> None:
    """What it reads meanwhile is still from before the order."""
    bench = Bench().held()

    answer = bench.switch.de_energise()
    bench.switch.reported(on=True)
    before = list(bench.told)
    bench.switch.reported(on=False)

    assert (answer, before, bench.told) == (LATER, [], [OFF])
    assert bench.line.said == ["open"]


def test_a_switch_known_to_be_open_answers_at_once() -> None:
    """Nothing has to be waited for; it is told to open all the same."""
    bench = Bench().found()

    assert bench.switch.de_energise() is False
    assert bench.line.said == ["open"]


def test_an_opening_right_after_a_closing_is_not_taken_for_done() -> None:
    """The level is from before the closing, which is on its way."""
    bench = Bench().found()
    bench.switch.energise()

    assert bench.switch.de_energise() is LATER


def test_a_switch_that_lets_go_ends_the_use_and_is_not_closed_again() -> None:
    """Lease, emergency stop or restart: the engine hears that it was lost and is back; no renewal follows."""
    bench = Bench().held()

    bench.switch.reported(on=False)
    bench.switch.renew()

    assert bench.told == [LOST, FOUND]
    assert bench.line.said == ["open"]


def test_a_lost_line_is_told_once_and_takes_the_closing_back() -> None:
    """Also for a line that is back before the lease has ended."""
    bench = Bench().held()

    bench.switch.lost()
    bench.switch.lost()
    bench.switch.renew()

    assert bench.told == [LOST]
    assert "renew" not in bench.line.said
    assert bench.switch.read() is None


def test_nothing_is_asked_of_a_switch_that_nobody_reaches() -> None:
    """A closing that lay in a queue would come when nobody stands there any more."""
    bench = Bench()

    answer = bench.switch.energise()
    bench.switch.renew()

    assert answer is LATER
    assert bench.line.said == []


def test_a_switch_that_is_found_closed_is_told_before_it_counts_as_there() -> None:
    """The engine then drives it off and waits for its answer."""
    bench = Bench()

    bench.switch.reported(on=True)
    answer = bench.switch.de_energise()

    assert bench.told[-1] == FOUND
    assert answer is LATER


def test_power_without_a_use_is_told() -> None:
    """Somebody closed it by hand."""
    bench = Bench().found()

    bench.switch.reported(on=True)

    assert bench.told == [ev.RelayRead(machine=LASER, wanted_on=False, read_on=True)]


def test_a_channel_without_a_machine_says_nothing_of_one() -> None:
    """What it reads belongs to nobody."""
    bench = Bench().found()
    bench.machine = None

    bench.switch.reported(on=True)

    assert bench.told == []


@pytest.mark.parametrize(("silent_s", "said"), [(ENGINE_SILENT_MAX_S, ["renew"]), (ENGINE_SILENT_MAX_S + 0.1, [])])
def test_leases_are_renewed_only_while_the_engine_turns(silent_s: float, said: list[str]) -> None:
    """An engine that hangs is nobody in charge: every lease runs out."""
    bench, now = Bench().held(), [100.0]
    keeper = LeaseKeeper([bench.switch], lambda: now[0])
    keeper.engine_turned()

    now[0] += silent_s
    keeper.renew()

    assert bench.line.said == said


def test_only_what_is_wanted_is_renewed() -> None:
    """An idle machine's switch is left alone."""
    bench, now = Bench().found(), [100.0]
    keeper = LeaseKeeper([bench.switch], lambda: now[0])

    keeper.renew()

    assert bench.line.said == []


class Pins:
    """The relays on pins, of which one cannot be read."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def energise(self, machine_id: str) -> bool | None:
        self.asked.append(f"close {machine_id}")
        return True

    def de_energise(self, machine_id: str) -> bool | None:
        self.asked.append(f"open {machine_id}")
        return False

    def read(self, machine_id: str) -> bool | None:
        self.asked.append(f"read {machine_id}")
        return None

    def all_off(self) -> tuple[str, ...]:
        return ("relay-9",)

    def close(self) -> None:
        self.asked.append("close")


def test_each_channel_goes_to_its_own_kind_of_relay() -> None:
    """Pins are asked for their channels, the switch for its own."""
    bench, pins = Bench().found(), Pins()
    joined = JoinedRelays(pins, {"relay-1": bench.switch})

    answers = (joined.energise("relay-1"), joined.energise("relay-2"), joined.read("relay-1"), joined.read("relay-2"))

    assert answers == (LATER, True, False, None)
    assert pins.asked == ["close relay-2", "read relay-2"]


def test_the_end_opens_everything_and_says_what_is_not_proven() -> None:
    """A switch that answers later is not proven off, and none is held beyond the program."""
    bench, pins = Bench().held(), Pins()
    joined = JoinedRelays(pins, {"relay-1": bench.switch})

    unproven = joined.all_off()
    joined.close()

    assert unproven == ("relay-9", "relay-1")
    assert bench.line.said == ["open", "open"]
    assert pins.asked == ["close"]


def test_the_reading_names_the_machine_that_is_there() -> None:
    """The directory may have moved it since."""
    bench = Bench().found()
    bench.switch.energise()
    bench.machine = "mill"

    bench.switch.reported(on=True)

    assert bench.told == [ev.RelayRead(machine=MachineId("mill"), wanted_on=True, read_on=True)]
