"""The script of the demonstration's day, played against a workshop that grants, refuses and loses taps."""

from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.demo.actions import Action, PayIn, Seen, Tap
from controller.demo.conductor import OPENING, STEP_MS, Conductor
from controller.demo.plugs import Plugs
from controller.demo.workshop import MACHINES, able, machine_by_id

START_MS = 1_800_000_000_000
DAY_MS = 86_400_000
PATIENCE_MS = 180_000


@dataclass
class Floor:
    """Machines that turn on and off by badges. With `deaf`, every tap is lost; `penniless` run out after a minute."""

    deaf: bool = False
    penniless: frozenset[str] = frozenset()
    using: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    mistakes: list[Tap] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)

    def answer(self, tap: Tap) -> Seen | None:
        """What a dashboard sees after a tap."""
        holder = self.using[tap.machine][0] if tap.machine in self.using else None
        machine = machine_by_id(tap.machine)
        proven = machine.least_proof == "number" or not tap.copied
        may = proven and tap.person in {person.id for person in able(machine)}
        if (tap.why == "stop" and holder != tap.person) or (tap.why in {"stray", "refused"} and not holder and may):
            self.mistakes.append(tap)
        if self.deaf:
            return None
        if holder == tap.person:
            return self._ended(tap.machine, tap.at_ms, "second_tap")
        if holder is not None:
            return Seen(at_ms=tap.at_ms, machine=tap.machine, word="denied", reason="machine_in_use")
        if not may:
            return Seen(at_ms=tap.at_ms, machine=tap.machine, word="denied", reason="training_missing")
        longest_ms = machine_by_id(tap.machine).max_duration_s * 1_000
        poor = tap.person in self.penniless
        limit = (60_000, "credit_exhausted") if poor else (longest_ms, "maximum_duration")
        self.using[tap.machine] = (tap.person, tap.at_ms + limit[0], limit[1])
        return Seen(at_ms=tap.at_ms, machine=tap.machine, word="granted")

    def over_by(self, at_ms: int) -> list[Seen]:
        """The uses that reached their limit by then."""
        over = [(end_ms, machine, why) for machine, (_, end_ms, why) in self.using.items() if end_ms <= at_ms]
        return [self._ended(machine, end_ms, why) for end_ms, machine, why in sorted(over)]

    def _ended(self, machine: str, at_ms: int, why: str) -> Seen:
        del self.using[machine]
        self.ends.append(why)
        return Seen(at_ms=at_ms, machine=machine, word="ended", reason=why)


def play(seed: int, floor: Floor, days: int = 1, patience_ms: int = PATIENCE_MS) -> list[Action]:
    """All actions of some days, minute by minute."""
    conductor = Conductor(seed=seed, start_ms=START_MS, patience_ms=patience_ms)
    done: list[Action] = []
    for now_ms in range(START_MS, START_MS + days * DAY_MS, 60_000):
        for seen in floor.over_by(now_ms):
            conductor.saw(seen)
        for action in conductor.due(now_ms):
            done.append(action)
            answer = floor.answer(action) if isinstance(action, Tap) else None
            if answer is not None:
                conductor.saw(answer)
    return done


def test_a_seed_tells_the_same_day_again() -> None:
    """The same seed and the same observations give the same actions at the same instants."""
    first, again, other = play(7, Floor()), play(7, Floor()), play(8, Floor())

    assert first == again
    assert first != other


@given(st.integers(0, 2**32))
@settings(max_examples=20)
def test_nobody_starts_a_machine_by_mistake(seed: int) -> None:
    """A stop is tapped only while that person's use goes on, and a stranger's tap only while somebody's does."""
    floor = Floor()

    play(seed, floor, days=3)

    assert floor.mistakes == []


def test_the_opening_shows_everything_once() -> None:
    """Within the first minutes there are uses of every machine, refusals, a stranger's tap and a stop."""
    opening = [action for action in play(1, Floor()) if action.at_ms <= START_MS + len(OPENING) * STEP_MS]

    taps = [action for action in opening if isinstance(action, Tap)]
    assert {tap.machine for tap in taps if tap.why == "start"} == {machine.id for machine in MACHINES}
    assert {tap.why for tap in taps} == {"start", "refused", "stray", "stop"}
    copies = {(tap.machine, tap.why) for tap in taps if tap.copied}
    assert copies == {("vinyle", "start"), ("four", "refused")}


def test_copies_are_tried_again_and_again_where_they_are_refused() -> None:
    """In a long time somebody else's badge comes as a copy to the kiln, and to no machine that would take it."""
    taps = [tap for tap in play(9, Floor(), days=60) if isinstance(tap, Tap) and tap.at_ms > START_MS + DAY_MS]

    copies = [tap for tap in taps if tap.copied]
    assert {tap.machine for tap in copies} == {"four"}
    assert {tap.why for tap in copies} == {"refused"}


def test_one_plug_after_the_other_is_pulled_and_put_back() -> None:
    """Each reader is out once before the first is again, never two at a time, and time that leaps loses no plug."""
    plugs = Plugs(start_ms=START_MS)

    done = plugs.due(START_MS + DAY_MS)

    assert [plug.machine for plug in done[:12:2]] == [machine.id for machine in MACHINES]
    assert [plug.plugged for plug in done] == [number % 2 == 1 for number in range(len(done))]
    assert all(out.machine == back.machine for out, back in zip(done[::2], done[1::2], strict=False))
    assert plugs.next_at_ms() > START_MS + DAY_MS


def test_a_use_that_ended_by_itself_is_not_tapped_again() -> None:
    """Who ran out of credit does not tap to stop, which would be a start; they pay in and come back another time."""
    everybody = frozenset(person.id for machine in MACHINES for person in able(machine))

    actions = play(3, Floor(penniless=everybody))

    assert any(isinstance(action, PayIn) for action in actions)
    assert [action for action in actions if isinstance(action, Tap) and action.why == "stop"] == []


def test_whose_turn_is_over_cuts_nobody_short() -> None:
    """After a use that ended early the next person stays as long as they meant to, whenever the first meant to go."""
    actions = play(4, Floor(penniless=frozenset({"maxime"})), days=30)

    began: dict[str, int] = {}
    stays: list[tuple[str, int]] = []
    for tap in (action for action in actions if isinstance(action, Tap)):
        if tap.why == "start":
            began[tap.machine] = tap.at_ms
        elif tap.why == "stop" and began[tap.machine] > START_MS + DAY_MS:
            stays.append((tap.machine, tap.at_ms - began[tap.machine]))
    assert any(machine == "vinyle" for machine, _ in stays)
    assert [stay for stay in stays if stay[1] < machine_by_id(stay[0]).usual_s[0] * 1_000 // 3] == []


def test_a_stranger_waits_until_the_start_is_seen() -> None:
    """While it is not known whether a start was granted, nobody else taps there: it might begin a use of theirs."""
    floor = Floor(deaf=True)

    play(6, floor, patience_ms=DAY_MS)

    assert floor.mistakes == []


def test_some_forget_to_stop() -> None:
    """In a long time some uses are left to the machine's own limit, and others end as they should."""
    floor = Floor()

    play(5, floor, days=30)

    assert 0 < floor.ends.count("maximum_duration") < floor.ends.count("second_tap")


def test_lost_taps_do_not_empty_the_workshop() -> None:
    """When no tap is ever answered, people keep coming to every machine."""
    actions = play(2, Floor(deaf=True), days=2)

    late = [a for a in actions if isinstance(a, Tap) and a.at_ms > START_MS + DAY_MS]
    assert {tap.machine for tap in late} == {machine.id for machine in MACHINES}


def test_actions_come_in_the_order_of_time() -> None:
    """What is due is handed out in order, so that the driver never has to sort."""
    actions = play(11, Floor(), days=2)

    assert all(earlier.at_ms <= later.at_ms for earlier, later in pairwise(actions))
