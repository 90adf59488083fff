"""What a reader that can show or sound something does with each verdict: light, sound and text, never colour alone.

House rules: a watcher of the engine that only hands over; a reader that can do nothing of it is asked nothing; a sign
that is lost changes no use.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, assert_never

from controller.domain import display
from controller.domain import events as ev
from firmware_bridge.commands import Command, Light, Sound, Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.display import Language
    from controller.domain.ids import MachineId
    from controller.domain.now import Now
    from controller.domain.workshop import Workshop

VERDICT_S = 4
"""How long a verdict's light stays: long enough to read two lines, short enough for the next maker."""


class ReaderSigns:
    """Turns the engine's signals into commands; `show` hands them to the readers at a machine and never waits."""

    def __init__(self, show: Callable[[MachineId, tuple[Command, ...]], None], language: Language) -> None:
        """Watch nothing yet."""
        self._show, self._language = show, language

    def after_step(self, _workshop: Workshop, effects: tuple[ev.Effect, ...], now: Now) -> None:
        """Show what this step decided."""
        for effect in effects:
            if isinstance(effect, ev.Signal):
                self._show(effect.machine, signs_of(effect, now, self._language))


def signs_of(signal: ev.Signal, now: Now, language: Language) -> tuple[Command, ...]:  # noqa: C901, PLR0912 - a case each
    """Return the light, sound and text of a verdict."""
    match signal.verdict:
        case "granted":
            text = Text(display.granted(_clock_time(now, signal.ends_in_s), language))
            return (Light("green"), Sound("accept"), text)
        case "refused" | "stranger":
            lines = ("", "") if signal.refusal is None else display.refused(signal.refusal, language)
            return (Light("red", seconds=VERDICT_S), Sound("refuse"), Text(lines))
        case "ended":
            return (Light("off"), Sound("accept"), Text(display.ended(signal.cents, language)))
        case "confirm_stop":
            return (Light("amber", blink=True, seconds=VERDICT_S), Sound("warn"), Text(display.confirm_stop(language)))
        case "handing_over":
            return (Light("amber", blink=True, seconds=VERDICT_S), Sound("warn"), Text(display.handing_over(language)))
        case "warning":
            left_s = signal.ends_in_s or 0
            text = Text(display.warning(left_s, signal.ends_by, language, extendable=signal.extendable))
            return (Light("amber", blink=True), Sound("warn"), text)
        case "extended":
            text = Text(display.extended(_clock_time(now, signal.ends_in_s), language))
            return (Light("green"), Sound("accept"), text)
        case "not_extended":
            lines = (
                display.not_extended(signal.stop, language)
                if signal.refusal is None
                else display.refused(signal.refusal, language)
            )
            return (Light("amber", blink=True), Sound("refuse"), Text(lines))
        case "trained" | "supervised":
            lines = display.trained(language) if signal.verdict == "trained" else display.supervised(language)
            return (Light("green"), Sound("accept"), Text(lines))
        case "overtime":
            return (Light("amber"), Sound("warn"), Text(display.overtime(signal.ends_by, language)))
        case "no_use":
            return (Light("amber", seconds=VERDICT_S), Sound("refuse"), Text(display.no_use(language)))
        case "danger":
            return (Light("red", blink=True), Sound("refuse"), Text(display.danger(language)))
        case _:
            assert_never(signal.verdict)


def signs_of_unusable(reason: str, language: Language) -> tuple[Command, ...]:
    """Return what tells a maker that this card can be nobody's badge."""
    return (Light("red", seconds=VERDICT_S), Sound("refuse"), Text(display.unusable(reason, language)))


def _clock_time(now: Now, in_s: int | None) -> str:
    """Return the local time of a moment to come, or nothing while the date is not known."""
    if now.wall_ms is None or in_s is None:
        return ""
    return datetime.fromtimestamp(now.wall_ms / 1000 + in_s).astimezone().strftime("%H:%M")
