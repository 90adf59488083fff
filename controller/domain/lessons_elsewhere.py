"""A lesson that was begun at another controller of the place: the office says so, and this one's machines join it.

House rules: pure; a lesson begun here is this controller's own, and what comes from elsewhere ends it only when that is
newer than its beginning. Who joins needs the office's fresh word, for nobody here would know that it is over; without
it each controller works alone, and the trainer taps here as well. A lesson that was ended here is not joined again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.ids import BadgeToken
from controller.domain.workshop import Lesson

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from controller.domain.access import Reading
    from controller.domain.directory import GroupEntry, LessonWindow
    from controller.domain.facts import SessionOpened
    from controller.domain.ids import GroupId
    from controller.domain.workshop import Workshop

FRESH_S = 300
"""So old the office's word on a lesson may be for a card to join it: a pupil is refused five minutes after the network
was lost, and the trainer's tap begins the lesson here.
"""

NO_TOKEN = BadgeToken("")
"""The badge that began the lesson is known where it began; here its trainer is known by the look-up."""


def joined(workshop: Workshop, group: GroupEntry, window: LessonWindow, reading: Reading) -> Lesson | None:
    """Return the lesson that goes on elsewhere, where its machines here may join it."""
    fresh = reading.age_ms is not None and reading.age_ms // 1000 <= FRESH_S
    return _going_on(workshop, group, window) if fresh else None


def lesson_of_use(workshop: Workshop, opened: SessionOpened) -> Lesson | None:
    """Return the lesson for which a use was begun here, wherever that lesson began."""
    if opened.group is None:
        return None
    group = workshop.groups.get(opened.group)
    there = () if group is None else (_going_on(workshop, group, window) for window in group.lessons)
    return workshop.lessons.get(opened.group) or next((each for each in there if each is not None), None)


def is_over(lesson: Lesson, group: GroupEntry | None) -> bool:
    """Tell whether a lesson that was begun here has been ended elsewhere since."""
    windows = () if group is None else group.lessons
    return any(
        window.from_ms == lesson.from_ms
        and window.seen is not None
        and window.seen.over_ms is not None
        and window.seen.over_ms > lesson.begun_ms
        for window in windows
    )


def use_is_over(workshop: Workshop, opened: SessionOpened, groups: Iterable[GroupEntry]) -> bool:
    """Tell whether, by these entries, the lesson of a use has been ended elsewhere."""
    group = next((each for each in groups if each.group == opened.group), None)
    if opened.group is None or group is None:
        return False
    lesson = workshop.lessons.get(opened.group)
    if lesson is not None:
        return is_over(lesson, group)
    began_ms = opened.at.wall_ms
    return began_ms is not None and any(
        window.seen is not None
        and window.seen.over_ms is not None
        and window.from_ms <= began_ms <= window.seen.over_ms
        for window in group.lessons
    )


def _going_on(workshop: Workshop, group: GroupEntry, window: LessonWindow) -> Lesson | None:
    seen = window.seen
    if seen is None or seen.over_ms is not None or workshop.lessons_over.get(group.group) == window.from_ms:
        return None
    return Lesson(
        trainer=seen.trainer,
        token=NO_TOKEN,
        account=group.account,
        machines=seen.machines,
        headcount=window.headcount,
        from_ms=window.from_ms,
        until_ms=window.until_ms,
        ends_at_ms=0,
        begun_ms=0,
    )


def going_on_here(lessons: Mapping[GroupId, Lesson], groups: Iterable[GroupEntry]) -> dict[GroupId, Lesson]:
    """Return those lessons begun here that nobody has ended elsewhere."""
    by_id = {group.group: group for group in groups}
    return {name: lesson for name, lesson in lessons.items() if not is_over(lesson, by_id.get(name))}
