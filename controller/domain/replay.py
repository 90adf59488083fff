"""Feeds recorded decisions again: the same inputs must give the same answer, or the rules have changed.

House rules: only what the journal and the directory keep goes in; the state is folded from the facts before. What a
program knew in memory alone (a start-up, a quarantine) cannot be fed again, and its refusals are passed over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.access import Credit, Reading
from controller.domain.decide import decide
from controller.domain.evolve import evolve
from controller.domain.facts import RULES_VERSION, Fact, SessionOpened, TapRefused
from controller.domain.ids import BadgeToken
from controller.domain.now import Now
from controller.domain.reasons import Refusal
from controller.domain.workshop import Limits, Startup, Workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from controller.domain.access import Holder
    from controller.domain.ids import BranchId

Decision = SessionOpened | TapRefused

IN_MEMORY_ONLY = frozenset(
    {
        Refusal.MACHINE_STARTING_UP,
        Refusal.SWITCH_UNREACHABLE,
        Refusal.EMERGENCY_STOP_PRESSED,
        Refusal.GUARD_OPEN,
        Refusal.STORAGE_FULL,
        Refusal.STORAGE_SLOW,
        Refusal.QUARANTINED,
        Refusal.SPENDING_UNKNOWN,
        Refusal.INTERNAL_ERROR,
    }
)
"""Refusals for what the program was going through and no fact keeps; they are not fed again."""

_NO_TOKEN = BadgeToken("")
"""Stands for a refused member's badge, whose token no fact keeps: it is nobody's, so it ends no use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A decision on record and what the present rules make of the same inputs (`None`: nothing at all)."""

    recorded: Decision
    again: Fact | None


def decided_again(workshop: Workshop, recorded: Decision, holder: Holder | None) -> Fact | None:
    """Return the fact that `recorded`'s inputs lead to now. `holder` is who the directory of that revision says it was.

    The credit is the recorded one, for balances move without a revision of their own.
    """
    inputs = recorded.inputs
    if holder is not None:
        holder = replace(holder, credit=Credit(available_cents=inputs.available_cents, fresh=inputs.credit_fresh))
    tap = ev.Tapped(
        machine=recorded.machine,
        token=recorded.token or _NO_TOKEN,
        holder=holder,
        reading=Reading(
            revision=inputs.revision,
            age_ms=None if inputs.age_s < 0 else inputs.age_s * 1000,
            needs_upgrade=inputs.directory == "needs_upgrade",
            empty=inputs.directory == "empty",
        ),
        proof=inputs.proof,
    )
    at = recorded.at
    now = Now(boot_id=at.boot_id, boot_ms=at.boot_ms, wall_ms=at.wall_ms, clock=at.clock)
    return next((effect.fact for effect in decide(workshop, tap, now) if isinstance(effect, ev.Record)), None)


def replay(
    branch: BranchId,
    facts: Iterable[Fact],
    *,
    directory_at: Callable[[int], ev.DirectoryChanged],
    holder_of: Callable[[Decision], Holder | None],
) -> list[Difference]:
    """Feed every decision of one branch again, in order, and return those that come out differently.

    `directory_at` gives the machines and locks of a revision. Decisions of other versions of the rules are passed over.
    """
    workshop, revision = Workshop(branch=branch, limits=Limits()), -1
    differences = []
    for fact in facts:
        if isinstance(fact, SessionOpened | TapRefused):
            if fact.inputs.revision != revision:
                revision = fact.inputs.revision
                workshop = _adopt(workshop, directory_at(revision))
            if fact.rules == RULES_VERSION and not (isinstance(fact, TapRefused) and fact.reason in IN_MEMORY_ONLY):
                again = decided_again(workshop, fact, holder_of(fact))
                if again != fact:
                    differences.append(Difference(recorded=fact, again=again))
        workshop = evolve(workshop, fact)
    return differences


def _adopt(workshop: Workshop, directory: ev.DirectoryChanged) -> Workshop:
    """Take a revision over, every new relay counted as seen off: one that was not refused in memory only."""
    workshop = evolve(workshop, ev.Adopted(event=directory))
    for name, machine in workshop.machines.items():
        if isinstance(machine.situation, Startup):
            workshop = evolve(workshop, ev.SeenOff(machine=name))
    return workshop
