"""What must hold at every step of the simulated workshop, whatever happens in it.

House rules: each rule is looked at where it can be broken: the order of power and pen as a fact is handed over, the
rest after the step; a find is a sentence that names the use and the figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.access import CHARGED_KINDS
from controller.domain.facts import EndMoved, Fact, SessionEnded, SessionOpened, TapRefused
from controller.domain.reasons import REFUSAL_SENTENCES, STOP_SENTENCES, StopReason
from controller.domain.replay import decided_again
from controller.domain.tariff import charge
from controller.domain.workshop import InUse, Starting
from controller.simulation.broken import must
from controller.simulation.cast import EXTRACTOR
from controller.simulation.demands import Demands

if TYPE_CHECKING:
    from controller.domain.ids import MachineId, SessionId
    from controller.simulation.floor import HandFloor
    from controller.simulation.office import HandOffice


COMMIT_BUDGET_MS = 250
"""From the decision to power, as the rules say."""


FAR_SLACK_MS = 21_000
"""What a use behind a plug may be billed beyond its power: a plug that has lost its way counts as lost after sixteen
seconds, and each answer takes its time.
"""

SWITCHING_MS = 3_100
"""From an order to a plug until its silence is a fault, by the rules."""


class Checks:
    """Remembers what was promised to each use: seconds, cents, and that it ends once."""

    def __init__(self) -> None:
        self.floor: HandFloor | None = None
        self.office: HandOffice | None = None
        self.demands = Demands()
        self.promised: dict[SessionId, tuple[int, int]] = {}
        self.over: set[SessionId] = set()
        self.debtors: set[MachineId] = set()
        self.finished: set[SessionId] = set()
        self.worked_ms = self.cool_down_ms = 0

    def handed_over(self, fact: Fact) -> None:
        """Look at a fact in the instant in which it goes to the journal: power has gone before its end is written."""
        if self.floor is not None and self.office is not None:
            self.demands.handed_over(fact, self.floor, self.office)
        match fact:
            case SessionOpened():
                must(fact.session not in self.promised, f"{fact.session} is named twice")
                self.promised[fact.session] = (fact.limit_s, fact.hold_cents)
            case EndMoved():
                self._moved(fact)
            case SessionEnded():
                self._ended(fact)
            case TapRefused():
                must(fact.reason in REFUSAL_SENTENCES, f"a refusal without a sentence: {fact.reason}")
            case _:
                pass

    def started_anew(self, floor: HandFloor) -> None:
        """The program has lost what was not on disk: an end that was lost may be written again, another one may not."""
        self.demands.started_anew(floor)
        self.worked_ms = 0
        self.finished.clear()
        self.over = {fact.session for _, _, fact in floor.disk if isinstance(fact, SessionEnded)}

    def after_step(self, floor: HandFloor, office: HandOffice) -> None:
        """Look at the whole of it."""
        self.demands.after_step(floor, office)
        self._power(floor)
        self._air(floor)
        self._shown(floor)
        self._again(floor)
        self._money(floor, office)

    def _moved(self, moved: EndMoved) -> None:
        limit_s, cents = self.promised[moved.session]
        may_cost = max(cents, moved.hold_cents + moved.debt_cents)
        self.promised[moved.session] = (max(limit_s, moved.limit_s), may_cost)
        if moved.debt_cents:
            self.debtors.add(moved.machine)
        if moved.cause in {"tap", "credit"}:
            self.finished.discard(moved.session)  # what it went over is paid for, and its end is another one
        known = None if self.floor is None else self.floor.engine.workshop.machines.get(moved.machine)
        policy = None if known is None else known.policy
        if policy is None or moved.cause not in {"finish", "warn_only"}:
            return
        must(
            policy.end_policy == moved.cause,
            f"{moved.session} goes on as {moved.cause} where {policy.end_policy} holds",
        )
        over_s = moved.overtime_s
        must(moved.cause == "warn_only" or over_s <= policy.finish_max_s, f"{moved.session} goes {over_s} s over")
        must(moved.cause == "warn_only" or moved.session not in self.finished, f"{moved.session} finishes twice")
        self.finished.add(moved.session)

    def _ended(self, ended: SessionEnded) -> None:
        limit_s, may_cost = self.promised[ended.session]
        self.worked_ms = max(self.worked_ms, ended.at.boot_ms)
        handed_over = ended.reason is StopReason.HANDED_OVER
        must(
            handed_over or not self._powered(ended.session), f"the end of {ended.session} is written while it has power"
        )
        must(ended.session not in self.over, f"{ended.session} ends twice")
        must(ended.reason in STOP_SENTENCES, f"an end without a sentence: {ended.reason}")
        must(0 <= ended.seconds <= limit_s, f"{ended.session} lasts {ended.seconds} s of {limit_s}")
        cents = ended.announced_cents
        must(0 <= cents <= may_cost, f"{ended.session} costs {cents} of {may_cost} cents")
        free = ended.price is None or ended.kind not in CHARGED_KINDS
        due = 0
        if ended.price is not None and not free:
            due = charge(ended.price, ended.seconds, idle_s=ended.idle_s or 0, energy_wh=ended.energy_wh).gross_cents
        must(cents == due, f"{ended.session} costs {cents} cents and its price says {due}")
        had_ms = self._had_power_ms(ended.session)
        slack_ms = FAR_SLACK_MS if self._is_far(ended.session) and had_ms else 0
        must(
            1000 * ended.seconds <= had_ms + slack_ms,
            f"{ended.session} is billed {ended.seconds} s and had power for {had_ms} ms",
        )
        must(not ended.debt_cents or ended.machine in self.debtors, f"{ended.session} makes a debt that nobody allowed")
        self.over.add(ended.session)

    def _powered(self, session: SessionId) -> bool:
        floor = self.floor
        channel = None if floor is None else floor.channel_of.get(session)
        if floor is None or channel is None:
            return False
        # A plug takes its time, or never opens: what can be asked is that it was told.
        return floor.plugs[channel].ordered_on if channel in floor.plugs else channel in floor.relays.on_since

    def _is_far(self, session: SessionId) -> bool:
        return self.floor is not None and self.floor.channel_of.get(session) in self.floor.plugs

    def _had_power_ms(self, session: SessionId) -> int:
        channel = None if self.floor is None else self.floor.channel_of.get(session)
        if self.floor is None or channel is None:
            return 0
        return self.floor.powered_ms(channel) - self.floor.power_before_ms.get(session, 0)

    def _power(self, floor: HandFloor) -> None:
        open_on_disk, workshop = floor.memory.uses, floor.engine.workshop
        uses: dict[str, SessionId] = {}
        for name, machine in workshop.machines.items():
            match machine.situation:
                case InUse(opened=opened) as use:
                    uses[machine.policy.channel] = opened.session
                    must(opened.session in open_on_disk, f"{opened.session} at {name} is in use and not on disk")
                    late_ms = use.started.boot_ms - opened.at.boot_ms
                    must(
                        use.elapsed_before_ms or late_ms <= COMMIT_BUDGET_MS,
                        f"{opened.session} began {late_ms} ms late",
                    )
                    emergency = any(lock.emergency for lock in workshop.locks_on(name))
                    must(not emergency, f"{name} has power under an emergency lock")
                    must(workshop.out_of_order(name) is None, f"{name} has power under {workshop.out_of_order(name)}")
                case _:
                    pass
        for channel in floor.relays.on_since:
            if channel in floor.plugs and channel not in uses:
                self._nameless_at_a_plug(floor, channel)
            elif channel != EXTRACTOR:
                must(channel in uses, f"{channel} has power and no use")
        machines = [opened.machine for opened in open_on_disk.values() if opened.takes_over not in open_on_disk]
        waiting = {fact.session for fact in floor.journal.waiting if hasattr(fact, "session")}
        twice = [m for m in machines if machines.count(m) > 1]
        must(not twice or waiting, f"two uses are open on disk at {twice[:1]}")
        if not floor.journal.pending:
            situations = [each.situation for each in floor.engine.workshop.machines.values()]
            here = {s.opened.session: s.opened for s in situations if isinstance(s, InUse | Starting)}
            handing = [s.handing for s in situations if isinstance(s, InUse) and s.handing is not None]
            here |= {each.opened.session: each.opened for each in handing}
            must(here == dict(open_on_disk), f"the journal folded again has {sorted(open_on_disk)}, not {sorted(here)}")

    def _nameless_at_a_plug(self, floor: HandFloor, channel: str) -> None:
        """It was told to open, and what it has not confirmed by now is a fault of its machine."""
        plug, workshop = floor.plugs[channel], floor.engine.workshop
        must(not plug.ordered_on, f"{channel} has power, no use, and was not told to open")
        waits_ms = floor.clock.now().boot_ms - plug.ordered_ms
        for name, machine in workshop.machines.items():
            if machine.policy.channel == channel and waits_ms > SWITCHING_MS:
                known = machine.faults or channel in workshop.unreached
                must(
                    known,
                    f"{channel} was told to open {waits_ms} ms ago, has power, and {name} is {workshop.word(name)}",
                )

    def _air(self, floor: HandFloor) -> None:
        """The extractor is on with its machine, and without it only for the cool-down."""
        beside = [each for each in floor.engine.workshop.machines.values() if each.policy.extractor == EXTRACTOR]
        working = [each for each in beside if isinstance(each.situation, InUse)]
        on = EXTRACTOR in floor.relays.on_since
        must(on or not working, "a machine works and its extractor does not")
        self.cool_down_ms = max([self.cool_down_ms, *(1_000 * each.policy.cool_down_s for each in beside)])
        if on and not working:
            alone_ms = floor.clock.now().boot_ms - self.worked_ms
            most_ms = self.cool_down_ms
            must(alone_ms <= most_ms + 1, f"the extractor is on for nobody since {alone_ms} ms, of {most_ms}")

    def _shown(self, floor: HandFloor) -> None:
        for signal in floor.signals:
            if signal.verdict in {"refused", "stranger"}:
                must(signal.refusal is not None, f"a refusal at {signal.machine} without a reason")
            if signal.verdict == "not_extended":
                must(signal.refusal or signal.stop, f"an extension is refused at {signal.machine} without a reason")
        floor.signals.clear()

    def _again(self, floor: HandFloor) -> None:
        for workshop, tap, decided in floor.decisions:
            again = decided_again(workshop, decided, tap.holder)
            must(again == decided, f"decided again, {decided.KIND} at {decided.machine} comes out differently")
        floor.decisions.clear()

    def _money(self, floor: HandFloor, office: HandOffice) -> None:
        posted = sum(office.posted.values())
        must(
            office.paid_in_cents - posted == sum(office.balances.values()),
            "what was paid in is not what is left and what was used",
        )
        must(office.net_cents + office.vat_cents == posted, "net and VAT are not the gross")
        must(sum(office.parts) == office.net_cents, "the owners' parts are not what there is to share")
        for account, cents in office.balances.items():
            if account in office.orders_cents:
                continue  # an organisation pays what its classes used, within lessons that were admitted
            owed = office.debts_cents.get(account, 0)
            must(cents + owed >= 0, f"{account} is at {cents} cents and only {owed} of them are a debt that was said")


def ends_with_every_use_posted_once(floor: HandFloor, office: HandOffice) -> None:
    """Look at the end, when everything was told: each end on disk is in the books, once and as it was."""
    ended = [fact for _, _, fact in floor.disk if isinstance(fact, SessionEnded)]
    must(len(ended) == len(office.posted), f"{len(ended)} ends on disk, {len(office.posted)} in the books")
    for fact in ended:
        must(office.posted[fact.session] == fact.announced_cents, f"{fact.session} is posted at another price")
