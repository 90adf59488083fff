"""What is said aloud of a verdict to whoever wishes it: whole sentences, and never a name nor a sum.

House rules: the same closed lists as on every screen (`reasons`); money is for the display alone, for others hear this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from controller.domain.reasons import REFUSAL_SENTENCES, STOP_SENTENCES, Sentence

if TYPE_CHECKING:
    from controller.domain import events as ev
    from controller.domain.display import Language

_MINUTE_S = 60
_ON = Sentence("La machine est en marche", "The machine is on")
_EXTENDED = Sentence("C'est prolongé", "You have more time")
_NOT_EXTENDED = Sentence("Pas de prolongation.", "No more time.")
_CONFIRM = Sentence("Badgez encore une fois pour arrêter.", "Tap once more to stop.")
_HANDING = Sentence(
    "Badgez encore une fois pour arrêter, ou la personne suivante pose son badge.",
    "Tap once more to stop, or the next person taps.",
)
_ENDED = Sentence("L'utilisation est finie.", "The use is over.")
_OVERTIME = Sentence("Le temps est passé : terminez, s'il vous plaît.", "Time is over: please finish.")
_EXTEND = Sentence("Badgez pour prolonger.", "Tap to extend.")
_TRAINED = Sentence("L'habilitation est donnée.", "The training is given.")
_SUPERVISED = Sentence("L'utilisation accompagnée est notée.", "The supervised use is noted.")
_NO_USE = Sentence("La machine est libre : posez d'abord un badge.", "Nobody is at work: tap a badge first.")
_DANGER = Sentence("Danger signalé : la machine est coupée.", "Danger reported: the machine is off.")


def said(signal: ev.Signal, until: str, language: Language) -> str:
    """Return what is said; `until` is the clock's time of the end, or nothing."""
    return " ".join(_in(sentence, language) for sentence in _sentences(signal, until))


def _sentences(signal: ev.Signal, until: str) -> tuple[Sentence, ...]:  # noqa: C901, PLR0912 - a case each
    because = () if signal.refusal is None else (REFUSAL_SENTENCES[signal.refusal],)
    match signal.verdict:
        case "granted":
            return (_until(_ON, until),)
        case "refused" | "stranger":
            return because
        case "ended":
            return (_ENDED,) if signal.stop is None else (_ENDED, STOP_SENTENCES[signal.stop])
        case "confirm_stop":
            return (_CONFIRM,)
        case "handing_over":
            return (_HANDING,)
        case "warning":
            return (_left(signal.ends_in_s or 0), *((_EXTEND,) if signal.extendable else ()))
        case "extended":
            return (_until(_EXTENDED, until),)
        case "not_extended":
            return (_NOT_EXTENDED, *because)
        case "overtime":
            return (_OVERTIME,)
        case "trained":
            return (_TRAINED,)
        case "supervised":
            return (_SUPERVISED,)
        case "no_use":
            return (_NO_USE,)
        case "danger":
            return (_DANGER,)
        case _:
            assert_never(signal.verdict)


def _in(sentence: Sentence, language: Language) -> str:
    return sentence.fr if language == "fr" else sentence.en


def _until(sentence: Sentence, until: str) -> Sentence:
    if not until:
        return Sentence(f"{sentence.fr}.", f"{sentence.en}.")
    return Sentence(f"{sentence.fr}, jusqu'à {until}.", f"{sentence.en}, until {until}.")


def _left(left_s: int) -> Sentence:
    if left_s < _MINUTE_S:
        return Sentence(f"Il reste {left_s} secondes.", f"{left_s} seconds left.")
    minutes = left_s // _MINUTE_S
    plural = "" if minutes == 1 else "s"
    return Sentence(f"Il reste {minutes} minute{plural}.", f"{minutes} minute{plural} left.")
