"""The script of the demonstration's day, played against a workshop that grants, refuses and loses taps."""

from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from controller.demo.conductor import OPENING, Action, Conductor, PayIn, Seen, Tap
from controller.demo.workshop import MACHINES, able, machine_by_id

START_MS = 1_800_000_000_000
DAY_MS = 86_400_000
PATIENCE_MS = 180_000


@dataclass
class Floor:
    """Machines that turn on and off by badges. With `deaf`, every tap is lost; `penniless` run out after a minute."""

    deaf: bool = False
    penniless: frozenset[str] = frozenset()
    using: dict[str, str] = field(default_factory=dict)
    mistakes: list[Tap] = field(default_factory=list)

    def answer(self, tap: Tap) -> list[Seen]:
        """What a dashboard sees after a tap."""
        holder = self.using.get(tap.machine)
        if tap.why == "stop" and holder != tap.person:
            self.mistakes.append(tap)
        if tap.why in {"stray", "refused"} and holder is None and tap.person in _able(tap.machine):
            self.mistakes.append(tap)
        if self.deaf:
            return []
        if holder == tap.person:
            del self.using[tap.machine]
            return [Seen(at_ms=tap.at_ms, machine=tap.machine, word="ended", reason="second_tap")]
        if holder is not None:
            return [Seen(at_ms=tap.at_ms, machine=tap.machine, word="denied", reason="machine_in_use")]
        if tap.person not in _able(tap.machine):
            return [Seen(at_ms=tap.at_ms, machine=tap.machine, word="denied", reason="training_missing")]
        granted = Seen(at_ms=tap.at_ms, machine=tap.machine, word="granted")
        if tap.person in self.penniless:
            end_ms = tap.at_ms + 60_000
            return [granted, Seen(at_ms=end_ms, machine=tap.machine, word="ended", reason="credit_exhausted")]
        self.using[tap.machine] = tap.person
        return [granted]


def play(seed: int, floor: Floor, days: int = 1) -> list[Action]:
    """All actions of some days."""
    conductor = Conductor(seed=seed, start_ms=START_MS, patience_ms=PATIENCE_MS)
    done: list[Action] = []
    while (at_ms := conductor.next_at_ms()) is not None and at_ms < START_MS + days * DAY_MS:
        for action in conductor.due(at_ms):
            done.append(action)
            for seen in floor.answer(action) if isinstance(action, Tap) else []:
                conductor.saw(seen)
    return done


def test_a_seed_tells_the_same_day_again() -> None:
    """The same seed and the same observations give the same actions at the same instants."""
    first, again, other = play(7, Floor()), play(7, Floor()), play(8, Floor())

    assert first == again
    assert first != other


@given(st.integers(0, 2**32))
def test_nobody_starts_a_machine_by_mistake(seed: int) -> None:
    """A stop is tapped only while that person's use goes on, and a stranger's tap only while somebody's does."""
    floor = Floor()

    play(seed, floor, days=3)

    assert floor.mistakes == []


def test_the_opening_shows_everything_once() -> None:
    """Within the first minutes there are uses of every machine, refusals, a stranger's tap and a stop."""
    opening = play(1, Floor())[: len(OPENING) + 1]

    taps = [action for action in opening if isinstance(action, Tap)]
    assert {tap.machine for tap in taps if tap.why == "start"} == {machine.id for machine in MACHINES}
    assert {tap.why for tap in taps} == {"start", "refused", "stray", "stop"}


def test_a_use_that_ended_by_itself_is_not_tapped_again() -> None:
    """Who ran out of credit does not tap to stop, which would be a start; they pay in and come back another time."""
    everybody = frozenset(person.id for machine in MACHINES for person in able(machine))

    actions = play(3, Floor(penniless=everybody))

    assert any(isinstance(action, PayIn) for action in actions)
    assert [action for action in actions if isinstance(action, Tap) and action.why == "stop"] == []


def test_some_forget_to_stop() -> None:
    """In a long time some uses are left to the machine's own limit: nobody taps to end them."""
    forgetful = Floor()

    play(5, forgetful, days=30)

    assert forgetful.using != {}


def test_lost_taps_do_not_empty_the_workshop() -> None:
    """When no tap is ever answered, people keep coming to every machine."""
    actions = play(2, Floor(deaf=True), days=2)

    late = [a for a in actions if isinstance(a, Tap) and a.at_ms > START_MS + DAY_MS]
    assert {tap.machine for tap in late} == {machine.id for machine in MACHINES}


def test_actions_come_in_the_order_of_time() -> None:
    """What is due is handed out in order, so that the driver never has to sort."""
    actions = play(11, Floor(), days=2)

    assert all(earlier.at_ms <= later.at_ms for earlier, later in pairwise(actions))


def _able(machine: str) -> set[str]:
    return {person.id for person in able(machine_by_id(machine))}
