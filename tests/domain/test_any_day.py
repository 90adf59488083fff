"""Any day at the machines: whatever is tapped, locked, hung, cut or restarted, in any order, the rules hold.

What a story tells once, this draws by the hundred (`make soak`: by the thousand). A find becomes a named story.
"""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from controller.domain import events as ev
from controller.domain.directory import GroupEntry, LessonWindow
from controller.domain.facts import EndMoved, FaultRaised, RightGranted, SessionEnded, SessionOpened
from controller.domain.ids import AccountId, GroupId, LockId, MachineId, MemberId, SessionId
from controller.domain.nameless import WRITTEN_MAX
from controller.domain.reasons import StopReason
from controller.domain.replay import decided_again
from controller.domain.workshop import ContactName, InUse
from tests.domain.moody_machines import DOOR, MACHINES
from tests.story import KILN, LASER, LASER_CUTTER, MILL, TRAINED, Story, maker

SPAN_MAX_MS = 200_000  # longer than every budget, tick, debounce and hold gap, shorter than every limit

CONTACTS: tuple[ContactName, ...] = ("e_stop", "guard", "tamper")

at_a_machine = st.sampled_from([LASER, MILL, KILN, DOOR])
somebody = st.sampled_from(["ada", "ben", "poor", "pupil", "stranger"])


class AnyDay(RuleBasedStateMachine):
    """Three machines, four people, a disk, the mains, a clock and an office, all of them moody."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story(*MACHINES)
        self.story.makers["poor"] = maker("poor", cents=300)
        self.story.makers["ada"] = replace(maker("ada"), rights=(replace(TRAINED, may_train=True),))
        self.story.makers["pupil"] = replace(maker("pupil"), rights=())
        self.seen = 0

    # what may happen

    @rule(name=somebody, machine=at_a_machine)
    def a_badge(self, name: str, machine: MachineId) -> None:
        """Somebody taps somewhere; the owner of the open use is not looked up, as at a real reader."""
        situation = self.story.workshop.machines[machine].situation
        owner = isinstance(situation, InUse) and situation.opened.token == f"token-of-{name}"
        self.story.taps(name, at=machine, looked_up=not owner)

    @rule(machine=at_a_machine)
    def the_owner_answers_a_warning(self, machine: MachineId) -> None:
        """Extended or not, no use ends by it."""
        use = self.story.use_at(machine)
        if use is not None and self.story.now.boot_ms < min(use.answer_until_ms, use.ends_at_ms):
            self.story.taps(use.opened.token.removeprefix("token-of-"), at=machine, looked_up=False)
            assert self.story.use_at(machine) is not None

    @rule(closes_in_h=st.floats(-1, 2), opens_in_h=st.floats(2, 4))
    def opening_hours(self, closes_in_h: float, opens_in_h: float) -> None:
        """The place will close, or has closed, and opens again."""
        if self.story.now.wall_ms is not None:
            self.story.opens((-2, closes_in_h), (opens_in_h, 30))

    @rule(machine=at_a_machine, who=st.sampled_from(["ada", "ben", None]), begins=st.integers(-30, 60))
    def a_booking(self, machine: MachineId, who: str | None, begins: int) -> None:
        """Somebody books an hour, as the only one of that machine from now on."""
        if self.story.now.wall_ms is not None:
            self.story.books((who, begins, begins + 60), at=machine)

    @rule(machine=at_a_machine, begins=st.integers(-60, 30), admits=st.booleans())
    def a_class(self, machine: MachineId, *, begins: int, admits: bool) -> None:
        """Ada's pupils come, or have just gone."""
        if self.story.now.wall_ms is not None:
            from_ms = self.story.now.wall_ms + 60_000 * begins
            lesson = LessonWindow(from_ms=from_ms, until_ms=from_ms + 3_600_000, headcount=12)
            self.story.groups = (
                GroupEntry(
                    group=GroupId("pupils"),
                    trainers=(MemberId("m-ada"),),
                    machines=(machine, LASER),
                    account=AccountId("a-school"),
                    admits=admits,
                    lessons=(lesson,),
                ),
            )
            self.story.the_office_tells()

    @rule(machine=at_a_machine)
    def a_reader_goes_mad(self, machine: MachineId) -> None:
        """More strangers than a minute writes."""
        before = len(self.story.journal) + len(self.story.waiting)
        for number in range(30):
            self.story.taps(f"number-{number}", at=machine)
        assert len(self.story.journal) + len(self.story.waiting) - before <= WRITTEN_MAX + 1

    @rule(suspended=st.booleans())
    def a_suspension(self, *, suspended: bool) -> None:
        """Somebody may not work any more, or may again."""
        self.story.makers["ben"] = replace(self.story.makers["ben"], suspended=suspended)

    @rule(cents=st.integers(0, 20_000))
    def a_top_up_of_the_poor(self, cents: int) -> None:
        """Credit comes while machines run."""
        before = self.story.makers["poor"].credit.available_cents or 0
        self.story.makers["poor"] = maker("poor", cents=max(cents, before))

    @rule(machine=at_a_machine, name=somebody)
    def a_tap_that_comes_too_late(self, machine: MachineId, name: str) -> None:
        """A tap meant for a use that may be over: it may end that use and nothing else."""
        before = set(self.story.live)
        self.story.taps(name, at=machine, looked_up=False)
        assert self.story.live <= before

    @rule(ms=st.integers(0, SPAN_MAX_MS))
    def time(self, ms: int) -> None:
        """Time passes and deadlines are met."""
        self.story.later(ms=ms)

    @rule(ms=st.integers(0, 2 * 3_600_000))
    def a_stall(self, ms: int) -> None:
        """The program is not scheduled for a while; then it sees what it missed."""
        self.story.clock_runs_unseen(ms=ms)
        self.story.later()

    @rule(seconds=st.integers(-100_000, 100_000))
    @precondition(lambda self: self.story.now.wall_ms is not None)
    def a_step_of_the_wall_clock(self, seconds: int) -> None:
        """Nothing may depend on it."""
        self.story.clock_steps(seconds)

    @rule()
    def the_disk_hangs(self) -> None:
        """Nothing reaches it any more."""
        self.story.disk_hangs()

    @precondition(lambda self: self.story.waiting)
    @rule()
    def the_disk_takes_one(self) -> None:
        """A receipt arrives at any moment, also much too late."""
        self.story.disk_stores_one()

    @rule()
    def the_disk_recovers(self) -> None:
        """All that waits is written."""
        self.story.disk_recovers()

    @rule(full=st.booleans())
    def the_disk_fills(self, *, full: bool) -> None:
        """The journal reaches its limit, or has room again."""
        self.story.disk_full = full

    @rule(seen=st.booleans())
    def the_disk_is_watched(self, *, seen: bool) -> None:
        """Whether the loop has noticed in time that the disk is behind."""
        self.story.storage_is_watched = seen

    @rule(machine=at_a_machine, emergency=st.booleans())
    def a_lock(self, machine: MachineId, *, emergency: bool) -> None:
        """A fabmanager locks something out."""
        self.story.locks_out(machine, emergency=emergency)
        assert not (emergency and machine in self.story.live - set(self.story.stuck))

    @rule()
    def all_locks_and_faults_lifted(self) -> None:
        """A fabmanager has looked at everything."""
        self.story.locks = ()
        self.story.the_office_tells(lifted=self._faults())

    @rule(machine=at_a_machine, reading=st.sampled_from([None, False]))
    def a_loose_wire(self, machine: MachineId, reading: bool | None) -> None:  # noqa: FBT001
        """A relay that cannot be read, or stays off."""
        self.story.stuck[machine] = reading
        self.story.live.discard(machine)

    @rule()
    def wires_mended(self) -> None:
        """All relays obey again."""
        self.story.stuck.clear()

    @rule(kept=st.sets(at_a_machine))
    def the_directory_changes(self, kept: set[MachineId]) -> None:
        """Machines go away and come back, also while they are used; new ones are read before they may be used."""
        self.story.machines = tuple(entry for entry in MACHINES if entry.machine in kept)
        self.story.the_office_tells(lifted=self._faults())
        self.story.machines = MACHINES
        self.story.the_office_tells()

    @rule(machine=at_a_machine, far=st.booleans())
    def a_far_switch(self, machine: MachineId, *, far: bool) -> None:
        """From its next order on a machine's switch answers later, or at once."""
        (self.story.far.add if far else self.story.far.discard)(machine)

    @rule()
    def the_switches_answer(self) -> None:
        """What they were told last is confirmed, or not."""
        self.story.the_switch_answers()

    @rule(machine=at_a_machine)
    def a_lost_switch(self, machine: MachineId) -> None:
        """A cable is pulled; the switch opens by itself."""
        if machine not in self.story.stuck:
            self.story.the_switch_is_lost(machine)

    @rule(machine=at_a_machine)
    def a_switch_found_again(self, machine: MachineId) -> None:
        """The cable is plugged in."""
        self.story.the_switch_is_back(machine)

    @rule(contact=st.sampled_from(CONTACTS), active=st.booleans(), machine=at_a_machine)
    def a_contact(self, contact: ContactName, *, active: bool, machine: MachineId) -> None:
        """Emergency stop, guard or tampering, at any moment."""
        channel = self.story.workshop.machines[machine].policy.channel
        self.story.contact(contact, active=active, channel=channel)
        assert not (active and contact != "tamper" and machine in self.story.live - set(self.story.stuck))

    @rule(watts=st.lists(st.sampled_from([0, 70, 200, None]), max_size=20), seconds=st.integers(1, 70))
    def a_meter(self, watts: list[int | None], seconds: int) -> None:
        """The laser's meter tells for a while; no use ends for idleness in which it runs."""
        for each in watts:
            before = len(self.story.journal) + len(self.story.waiting)
            self.story.meter(mw=None if each is None else 1000 * each)
            self.story.later(seconds=seconds)
            written = [*self.story.journal, *(fact for fact, _ in self.story.waiting)][before:]
            idle = [fact for fact in written if isinstance(fact, SessionEnded) and fact.reason is StopReason.IDLE]
            assert not idle or each != 200

    @rule(quarantined=st.booleans())
    def a_quarantine(self, *, quarantined: bool) -> None:
        """A copied card is suspected, or cleared."""
        self.story.feed(ev.QuarantineSet(quarantined=quarantined))

    @rule(serial=st.integers(1, 5), boot=st.integers(1, 3))
    def a_stop_from_the_office(self, serial: int, boot: int) -> None:
        """A command for some use of some boot."""
        session = self.story.workshop.branch + f"-{serial}"
        stop = ev.StopAsked(command="c", session=SessionId(session), boot_id=f"boot-{boot}", expires_boot_ms=10**12)
        self.story.feed(stop)

    @rule(after_s=st.integers(0, 120))
    def a_crash(self, after_s: int) -> None:
        """The program dies and is started again."""
        self.story.crashes()
        self.story.starts_up(after_s)

    @rule(after_s=st.integers(0, 120))
    def a_power_cut(self, after_s: int) -> None:
        """The mains fail and come back: nothing has power until somebody taps."""
        self.story.loses_power()
        self.story.starts_up(after_s)
        assert self.story.live == set()

    @rule(after_s=st.integers(0, 120))
    def a_shutdown(self, after_s: int) -> None:
        """The program ends in good order and is started again."""
        self.story.feed(ev.ShutdownAsked())
        assert self.story.live <= {KILN}
        self.story.crashes()
        self.story.starts_up(after_s)

    # what always holds

    @invariant()
    def power_is_for_a_use_that_is_on_disk(self) -> None:
        """Rule 1: every machine with power has a use, and the journal names this very use as open."""
        open_here = {(fact.machine, fact.session) for fact in self.story.open_on_disk()}
        for machine in self.story.live:
            use = self.story.use_at(machine)
            assert use is not None, f"{machine} has power and no use"
            assert (machine, use.opened.session) in open_here, f"{use.opened.session} has power and is not on disk"

    @invariant()
    def an_extractor_is_on_for_a_reason(self) -> None:
        """A use that has it, or a cool-down with its end; and no use without it."""
        use = self.story.use_at(LASER)
        cooling = self.story.workshop.extracting.get("relay-8", -1) > self.story.now.boot_ms
        assert ("relay-8" in self.story.extractors) == (use is not None or cooling)

    @invariant()
    def power_goes_before_the_end_is_written(self) -> None:
        """Rule 2: no end of a use is written while its machine has power."""
        new = self.story.effects[self.seen :]
        self.seen = len(self.story.effects)
        off: set[MachineId] = set()
        for effect in new:
            match effect:
                case ev.DeEnergise(machine=machine):
                    off.add(machine)
                case ev.Energise(machine=machine):
                    off.discard(machine)
                case ev.Record(fact=SessionEnded(reason=StopReason.HANDED_OVER)):
                    pass  # the machine is the next person's at that very instant
                case ev.Record(fact=SessionEnded() as ended):
                    assert ended.machine in off, f"the end of {ended.session} is written before its power is off"
                case _:
                    pass

    @invariant()
    def a_hand_over_loses_no_second_and_doubles_none(self) -> None:
        """Who took over began at the instant at which the other use ended."""
        over = {fact.session: fact for fact in self.story.ended()}
        taken = [fact for fact in self.story.journal if isinstance(fact, SessionOpened) and fact.takes_over in over]
        for fact in taken:
            first, second = over[SessionId(str(fact.takes_over))], over.get(fact.session)
            if first.reason is StopReason.HANDED_OVER and second is not None and first.at == first.ended:
                assert second.reason is not StopReason.SECOND_TAP or second.started == first.ended

    @rule(first=st.sampled_from(["ada", "ben"]), pause_ms=st.integers(0, 20_000), machine=st.just(MILL))
    def a_hand_over(self, first: str, pause_ms: int, machine: MachineId) -> None:
        """One is at work and taps, and the other one's badge follows."""
        use = self.story.use_at(machine)
        if use is None or use.opened.token != f"token-of-{first}":
            return
        self.story.later(ms=3_000)
        self.story.taps(first, at=machine, looked_up=False)
        self.story.later(ms=pause_ms)
        self.story.taps("ben" if first == "ada" else "ada", at=machine)

    @invariant()
    def no_use_outlasts_its_limit_or_its_credit(self) -> None:
        """Each end is within what was said, at the start or since, in seconds and in cents, and each use ends once. A
        debt is made only where the policy allows it.
        """
        written = [*self.story.journal, *(fact for fact, _ in self.story.waiting)]
        limits = {fact.session: (fact.limit_s, fact.hold_cents) for fact in written if isinstance(fact, SessionOpened)}
        for fact in written:
            if isinstance(fact, EndMoved):
                limits[fact.session] = (
                    max(fact.limit_s, limits[fact.session][0]),
                    max(fact.hold_cents + fact.debt_cents, limits[fact.session][1]),
                )
        ended = self.story.ended()
        assert len({fact.session for fact in ended}) == len(ended)
        for fact in ended:
            limit_s, may_cost_cents = limits[fact.session]
            assert 0 <= fact.seconds <= limit_s
            assert 0 <= (fact.busy_s or 0) <= (fact.busy_s or 0) + (fact.idle_s or 0) <= fact.seconds
            assert fact.announced_cents <= may_cost_cents
            assert fact.debt_cents == 0 or fact.machine == MILL

    @invariant()
    def a_right_is_given_by_a_trainer_who_is_at_work(self) -> None:
        """Only Ada may, only in a use of hers, only the pupil lacks anything."""
        uses = {fact.session: fact for fact in self.story.journal if isinstance(fact, SessionOpened)}
        for fact in self.story.journal:
            if isinstance(fact, RightGranted):
                assert (fact.member, fact.granted_by, fact.machine) == ("m-pupil", "m-ada", LASER)
                assert uses[fact.session].member == "m-ada"

    @invariant()
    def no_account_holds_more_than_it_has(self) -> None:
        """One cent pays one machine: the open uses of an account cost at most what was on it."""
        uses = [m.situation.opened for m in self.story.workshop.machines.values() if isinstance(m.situation, InUse)]
        for who in self.story.makers.values():
            assert sum(use.hold_cents for use in uses if use.account == who.account) <= (
                who.credit.available_cents or 0
            )

    @invariant()
    def what_was_recorded_decides_the_same_again(self) -> None:
        """Every grant and every refusal on record follows from its recorded inputs; a grant is within opening hours."""
        while self.story.inputs:
            workshop, tap, fact = self.story.inputs.pop()
            assert decided_again(workshop, fact, tap.holder) == fact
            opening = workshop.openings.get(LASER_CUTTER.site)
            if isinstance(fact, SessionOpened) and opening is not None and fact.at.wall_ms is not None:
                ends_ms = fact.at.wall_ms + 1000 * fact.limit_s
                assert any(each.from_ms <= fact.at.wall_ms and ends_ms <= each.until_ms for each in opening.windows)

    def _faults(self) -> tuple[LockId, ...]:
        written = [fact for fact, _ in self.story.waiting] + self.story.journal
        return tuple(fact.lock for fact in written if isinstance(fact, FaultRaised))


TestAnyDay = AnyDay.TestCase
