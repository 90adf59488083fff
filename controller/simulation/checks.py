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

if TYPE_CHECKING:
    from controller.domain.ids import MachineId, SessionId
    from controller.simulation.floor import HandFloor
    from controller.simulation.office import HandOffice


COMMIT_BUDGET_MS = 250
"""From the decision to power, as the rules say."""


class BrokenError(Exception):
    """A rule that did not hold; the message says which and where."""


def must(holds: object, says: str) -> None:
    """Raise `BrokenError` when something does not hold."""
    if not holds:
        raise BrokenError(says)


class Checks:
    """Remembers what was promised to each use: seconds, cents, and that it ends once."""

    def __init__(self) -> None:
        self.floor: HandFloor | None = None
        self.promised: dict[SessionId, tuple[int, int]] = {}
        self.over: set[SessionId] = set()
        self.debtors: set[MachineId] = set()
        self.finished: set[SessionId] = set()

    def handed_over(self, fact: Fact) -> None:
        """Look at a fact in the instant in which it goes to the journal: power has gone before its end is written."""
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
        self.finished.clear()
        self.over = {fact.session for _, _, fact in floor.disk if isinstance(fact, SessionEnded)}

    def after_step(self, floor: HandFloor, office: HandOffice) -> None:
        """Look at the whole of it."""
        self._power(floor)
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
        must(
            1000 * ended.seconds <= had_ms, f"{ended.session} is billed {ended.seconds} s and had power for {had_ms} ms"
        )
        must(not ended.debt_cents or ended.machine in self.debtors, f"{ended.session} makes a debt that nobody allowed")
        self.over.add(ended.session)

    def _powered(self, session: SessionId) -> bool:
        floor = self.floor
        return floor is not None and floor.channel_of.get(session) in floor.relays.on_since

    def _had_power_ms(self, session: SessionId) -> int:
        channel = None if self.floor is None else self.floor.channel_of.get(session)
        if self.floor is None or channel is None:
            return 0
        return self.floor.relays.powered_ms(channel) - self.floor.power_before_ms.get(session, 0)

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
            owed = office.debts_cents.get(account, 0)
            must(cents + owed >= 0, f"{account} is at {cents} cents and only {owed} of them are a debt that was said")


def ends_with_every_use_posted_once(floor: HandFloor, office: HandOffice) -> None:
    """Look at the end, when everything was told: each end on disk is in the books, once and as it was."""
    ended = [fact for _, _, fact in floor.disk if isinstance(fact, SessionEnded)]
    must(len(ended) == len(office.posted), f"{len(ended)} ends on disk, {len(office.posted)} in the books")
    for fact in ended:
        must(office.posted[fact.session] == fact.announced_cents, f"{fact.session} is posted at another price")
