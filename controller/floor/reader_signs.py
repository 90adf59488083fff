"""What a reader that can show or sound something does with each verdict: light, sound and text, never colour alone.

House rules: a watcher of the engine that only hands over; a reader that can do nothing of it is asked nothing; a sign
that is lost changes no use.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, assert_never

from controller.domain import display, feedback
from controller.domain import events as ev
from controller.domain.speech import said
from controller.domain.wishes import NO_WISHES, Wishes
from controller.domain.workshop import InUse, Starting
from controller.floor.quiet_hours import QuietHours
from firmware_bridge.commands import Command, Light, Sound, Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.display import Language
    from controller.domain.ids import MachineId
    from controller.domain.now import Now
    from controller.domain.workshop import Workshop


ALOUD = QuietHours()
"""A place that is never quiet."""


class ReaderSigns:
    """Turns the engine's signals into commands, in the language and by the wishes of whom they are for; `show` hands
    them to the readers at a machine, `say` a sentence to the loudspeaker at a channel, and neither waits. `language` is
    the place's, for who is not known.
    """

    def __init__(
        self,
        show: Callable[[MachineId, tuple[Command, ...]], None],
        language: Language,
        quiet: QuietHours = ALOUD,
        say: Callable[[str, Language, str], object] = lambda _channel, _language, _text: None,
    ) -> None:
        """Watch nothing yet."""
        self._show, self._language, self._quiet, self._say = show, language, quiet, say
        self._makers: dict[MachineId, tuple[Language, Wishes]] = {}
        """The maker's at each machine, kept for the word that says goodbye."""

    def after_step(self, workshop: Workshop, effects: tuple[ev.Effect, ...], now: Now) -> None:
        """Show what this step decided."""
        for effect in effects:
            if isinstance(effect, ev.Signal):
                language, wishes = self._whose(workshop, effect)
                self._show(effect.machine, signs_of(effect, now, language, wishes, self._quiet))
                machine = workshop.machines.get(effect.machine)
                if wishes.spoken and machine is not None:
                    until = _clock_time(now, effect.ends_in_s)
                    self._say(machine.policy.channel, language, said(effect, until, language))

    def _whose(self, workshop: Workshop, signal: ev.Signal) -> tuple[Language, Wishes]:
        if signal.verdict in ("refused", "stranger"):
            return signal.language or self._language, signal.wishes
        machine = workshop.machines.get(signal.machine)
        if machine is not None and isinstance(machine.situation, Starting | InUse):
            opened = machine.situation.opened
            self._makers[signal.machine] = (opened.language, opened.wishes)
        return self._makers.get(signal.machine, (self._language, NO_WISHES))


def signs_of(
    signal: ev.Signal, now: Now, language: Language, wishes: Wishes = NO_WISHES, quiet: QuietHours = ALOUD
) -> tuple[Command, ...]:
    """Return the light, sound and text of a verdict; no sound where the place is quiet and nobody wishes it."""
    sign = feedback.sign_of(signal.verdict, signal.refusal, signal.stop, signal.ends_in_s)
    large = display.large(signal.verdict, signal.ends_in_s or 0, language) if wishes.large else ""
    return (*_commands(sign, wishes, quiet), Text(_lines(signal, now, language), large))


def signs_of_read(quiet: QuietHours = ALOUD) -> tuple[Command, ...]:
    """Return what tells a maker, at once, that the badge was read."""
    return _commands(feedback.READ, NO_WISHES, quiet)


def signs_of_unusable(reason: str, language: Language, quiet: QuietHours = ALOUD) -> tuple[Command, ...]:
    """Return what tells a maker that this card can be nobody's badge."""
    return (*_commands(feedback.UNUSABLE, NO_WISHES, quiet), Text(display.unusable(reason, language)))


def _commands(sign: feedback.Sign, wishes: Wishes, quiet: QuietHours) -> tuple[Command, ...]:
    light = Light(sign.colour, sign.rhythm, sign.seconds)
    return (light, Sound(sign.tune)) if quiet.sounds(sign.tune, wishes) else (light,)


def _lines(signal: ev.Signal, now: Now, language: Language) -> display.Lines:  # noqa: C901, PLR0912 - a case each
    match signal.verdict:
        case "granted":
            return display.granted(_clock_time(now, signal.ends_in_s), language)
        case "refused" | "stranger":
            return ("", "") if signal.refusal is None else display.refused(signal.refusal, language)
        case "ended":
            return display.ended(signal.cents, language)
        case "confirm_stop":
            return display.confirm_stop(language)
        case "handing_over":
            return display.handing_over(language)
        case "warning":
            left_s = signal.ends_in_s or 0
            return display.warning(left_s, signal.ends_by, language, extendable=signal.extendable)
        case "extended":
            return display.extended(_clock_time(now, signal.ends_in_s), language)
        case "not_extended" if signal.refusal is not None:
            return display.refused(signal.refusal, language)
        case "not_extended":
            return display.not_extended(signal.stop, language)
        case "trained":
            return display.trained(language)
        case "supervised":
            return display.supervised(language)
        case "overtime":
            return display.overtime(signal.ends_by, language)
        case "no_use":
            return display.no_use(language)
        case "danger":
            return display.danger(language)
        case _:
            assert_never(signal.verdict)


def _clock_time(now: Now, in_s: int | None) -> str:
    """Return the local time of a moment to come, or nothing while the date is not known."""
    if now.wall_ms is None or in_s is None:
        return ""
    return datetime.fromtimestamp(now.wall_ms / 1000 + in_s).astimezone().strftime("%H:%M")
