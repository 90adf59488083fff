"""Tells an evening to the rules, line by line, and compares what is seen at the machines with what the page says.

House rules: what a line says is all that may be seen since the line before, warnings aside; a use that ends is seen by
its fact, for a restart says no goodbye. Time moves by hand, to the second of each line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from controller.domain import events as ev
from controller.domain.access import Holder
from controller.domain.facts import SessionEnded, SessionResumed
from controller.domain.ids import BranchId
from controller.domain.reasons import Refusal, StopReason
from tests.evenings.happenings import HAPPENINGS, find
from tests.evenings.lines import Evening, MistakeError, Moment, Seen
from tests.evenings.people import CAST, STRANGER, set_up
from tests.story import CERAMIC_KILN, CNC_MILL, LASER_CUTTER, Story

REFUSED_BY = ("refused", "stranger")


@dataclass(frozen=True, slots=True)
class Known:
    """The directory of one revision: machines, locks, hours, bookings, classes, and people."""

    directory: ev.DirectoryChanged
    makers: dict[str, Holder]

    @classmethod
    def of(cls, story: Story) -> Known:
        """Take what the story's office says now."""
        directory = ev.DirectoryChanged(
            machines=story.machines,
            locks=story.locks,
            openings=story.openings,
            bookings=story.bookings,
            groups=story.groups,
        )
        return cls(directory, dict(story.makers))


@dataclass(frozen=True, slots=True)
class Told:
    """What became of an evening. `branches` says of each fact in the journal which start of the program wrote it;
    `known` is what the office had said, by the revision that a decision carries.
    """

    story: Story
    seen: tuple[Seen, ...]
    branches: tuple[BranchId, ...]
    known: dict[int, Known]

    def reasons(self) -> set[Refusal | StopReason]:
        """The reasons that somebody saw in it."""
        refused = {Refusal(seen.code) for seen in self.seen if seen.verdict in REFUSED_BY and seen.code is not None}
        ended = {StopReason(seen.code) for seen in self.seen if seen.verdict == "ends" and seen.code is not None}
        return {*refused, *ended}


def tell(evening: Evening, story_of: type[Story] = Story) -> Told:
    """Tell an evening; raise `MistakeError` at the first line that comes out differently."""
    story = story_of(LASER_CUTTER, CNC_MILL, CERAMIC_KILN)
    story.makers = dict(CAST)
    for where, name, words in evening.there:
        set_up(story, where, name, words)
    story.the_office_tells()
    seen, at_s = list[Seen](), evening.moments[0].at_s
    branches, revision = [story.workshop.branch] * len(story.journal), story.reading.revision
    known = {revision: Known.of(story)}
    for moment in evening.moments:
        before = len(story.effects)
        story.later(seconds=max(0, moment.at_s - at_s))
        branches += [story.workshop.branch] * (len(story.journal) - len(branches))
        at_s = max(at_s, moment.at_s) + _happens(story, moment)
        branches += [story.workshop.branch] * (len(story.journal) - len(branches))
        if (now_known := Known.of(story)) != known[revision]:
            revision += 1
            known[revision] = now_known
        story.reading = replace(story.reading, revision=revision)
        shown = _shown(story.effects[before:], warnings=any(each.verdict == "warning" for each in moment.seen))
        _compare(moment, shown)
        seen += shown
    return Told(story, tuple(seen), tuple(branches), known)


def _happens(story: Story, moment: Moment) -> int:
    """Let it happen, and return the seconds that it took."""
    found = find(moment.happens)
    if found is None:
        sentences = "\n      ".join(HAPPENINGS)
        raise MistakeError(moment.where, f"'{moment.happens}' is no sentence known here", f"one of\n      {sentences}")
    does, words = found
    who = words.get("WHO", STRANGER)
    if who != STRANGER and who not in story.makers:
        raise MistakeError(moment.where, f"nobody here is '{who}'", ", ".join([STRANGER, *story.makers]))
    return does(story, words) or 0


def _compare(moment: Moment, shown: list[Seen]) -> None:
    as_told = len(shown) == len(moment.seen) and all(
        expected.is_met_by(really) for expected, really in zip(moment.seen, shown, strict=True)
    )
    if not as_told:
        really = "; ".join(map(str, shown)) or "nothing"
        raise MistakeError(moment.where, f"what is seen is: {really}", "; ".join(map(str, moment.seen)) or "nothing")


def _shown(effects: list[ev.Effect], *, warnings: bool) -> list[Seen]:
    shown = []
    for effect in effects:
        match effect:
            case ev.Signal(verdict="ended"):
                pass
            case ev.Signal(verdict="warning") if not warnings:
                pass
            case ev.Signal(machine=machine, verdict=verdict, refusal=refusal, stop=stop, ends_by=ends_by):
                code = refusal or stop or (ends_by if verdict in {"extended", "overtime"} else None)
                shown.append(Seen(verdict.replace("_", " "), machine, None if code is None else code.value))
            case ev.Record(fact=SessionEnded() as ended):
                shown.append(Seen("ends", ended.machine, ended.reason.value, ended.seconds, ended.announced_cents))
            case ev.Record(fact=SessionResumed() as resumed):
                shown.append(Seen("goes on", resumed.machine))
            case _:
                pass
    return shown
