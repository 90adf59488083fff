"""Tells a journal again, step by step: what happened, what was decided from what, and whether today's rules decide the
same.

House rules: nobody is named: members are numbered in the order in which they appear. What the journal does not hold is
said not to be known; a decision is called different only where nothing that it was taken from may have changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from controller.domain.facts import (
    RULES_VERSION,
    BranchOpened,
    Fact,
    Inputs,
    RightGranted,
    SessionEnded,
    SessionOpened,
    TapRefused,
)
from controller.domain.replay import (
    Memory,
    adopted,
    as_recorded,
    billed_again_cents,
    can_be_fed,
    decided_again,
    remember,
    started,
)

if TYPE_CHECKING:
    from controller.domain.ids import BranchId, MachineId, MemberId
    from controller.floor.old_directory import OldDirectory
    from controller.floor.old_journal import Dated

Verdict = Literal["same", "differs", "directory_changed", "not_recorded", "no_directory"]
"""What the rules of today make of a decision: the same; another one; another one, but of a directory that has changed
since; nothing, for what it was taken from was in the program's memory alone; nothing, for want of the directory's copy.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One fact of the journal. `start` counts the program's starts; `again` is what would be
    decided now, where that differs; `found_open` the uses that the start before left open.
    """

    dated: Dated
    start: int
    machine: MachineId | None
    person: int | None
    inputs: Inputs | None
    rules: int | None
    verdict: Verdict | None
    again: Fact | int | None
    found_open: int


class Retelling:
    """Goes through a journal once. `directory` is the controller's own copy, if there is one to look at."""

    def __init__(self, directory: OldDirectory | None = None) -> None:
        """Know nothing yet."""
        self._directory = directory
        self._memory: Memory | None = None
        self._persons: dict[MemberId, int] = {}
        self._starts = 0
        self.open_at_the_end = 0

    def steps(self, facts: Iterable[Dated]) -> Iterator[Step]:
        """Tell every fact, in order."""
        for dated in facts:
            yield self._step(dated)
            self.open_at_the_end = 0 if self._memory is None else len(self._memory.uses)

    def _step(self, dated: Dated) -> Step:
        fact, memory = dated.fact, self._remembered(dated.branch)
        if dated.kind == BranchOpened.KIND:
            self._starts += 1
        verdict, again = (None, None) if fact is None else self._judge(memory, fact)
        member = getattr(fact, "member", None)
        step = Step(
            dated=dated,
            start=self._starts,
            machine=getattr(fact, "machine", None),
            person=None if member is None else self._persons.setdefault(member, len(self._persons) + 1),
            inputs=getattr(fact, "inputs", None),
            rules=getattr(fact, "rules", None),
            verdict=verdict,
            again=again,
            found_open=len(memory.uses) if isinstance(fact, BranchOpened) else 0,
        )
        if fact is not None:
            self._memory = remember(memory, dated.branch, fact)
            if isinstance(fact, RightGranted) and self._directory is not None:
                self._directory.given(dated.n, dated.branch, fact)
        return step

    def _remembered(self, branch: BranchId) -> Memory:
        if self._memory is None:
            workshop = started(branch)
            if self._directory is not None:
                workshop = adopted(workshop, self._directory.machines)
            self._memory = Memory(workshop)
        return self._memory

    def _judge(self, memory: Memory, fact: Fact) -> tuple[Verdict | None, Fact | int | None]:
        if isinstance(fact, SessionEnded):
            opened = memory.uses.get(fact.session)
            if opened is None:
                return "not_recorded", None
            cents = billed_again_cents(opened, fact)
            return ("same", None) if cents == fact.announced_cents else ("differs", cents)
        if not isinstance(fact, SessionOpened | TapRefused):
            return None, None
        if not can_be_fed(fact):
            return "not_recorded", None
        if self._directory is None:
            return "no_directory", None
        again = decided_again(as_recorded(memory.workshop, fact), fact, self._directory.holder(fact))
        if again is not None and _as_of(again, fact.rules) == fact:
            return "same", None
        return ("differs" if self._directory.same_as(fact.inputs.revision) else "directory_changed"), again


def _as_of(again: Fact, rules: int) -> Fact:
    """Return the fact with the rules' version of the record: another version that decides the same is no difference."""
    return replace(again, rules=rules) if isinstance(again, SessionOpened | TapRefused) else again


def other_rules(step: Step) -> bool:
    """Tell whether the decision was taken by another version of the rules than today's."""
    return step.rules is not None and step.rules != RULES_VERSION
