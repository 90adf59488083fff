"""What a decision of the journal was taken from, and what today's rules make of it, in words for a person.

House rules: figures as they are on record; a sign before each judgement: `=` the same, `!` different, `?` the directory
has changed since, `·` not all of it is on record.
"""

from __future__ import annotations

from controller.domain.facts import Inputs, SessionOpened, TapRefused
from controller.errors import Message
from controller.floor.fact_words import euros, span
from controller.floor.retelling import Step, other_rules


def terms(inputs: Inputs, rules: int | None) -> Message:
    """Say what a decision was taken from."""
    heard = (
        Message("jamais entendu", "never heard")
        if inputs.age_s < 0
        else Message(f"entendu {span(inputs.age_s)} plus tôt", f"heard {span(inputs.age_s)} before")
    )
    credit = Message("crédit inconnu", "credit unknown")
    if inputs.available_cents is not None:
        has = euros(inputs.available_cents)
        stale = Message("", "") if inputs.credit_fresh else Message(", pas à jour", ", not up to date")
        credit = Message(f"crédit {has.fr}{stale.fr}", f"credit {has.en}{stale.en}")
    locks = Message("aucune consignation", "no lock")
    if inputs.locks:
        locks = Message(f"consignations : {len(inputs.locks)}", f"locks: {len(inputs.locks)}")
    proven = Message(f"preuve {inputs.proof}", f"proof {inputs.proof}")
    return Message(
        f"annuaire n° {inputs.revision} ({heard.fr}) ; {credit.fr} ; {locks.fr} ; {proven.fr} ; règles {rules}",
        f"directory {inputs.revision} ({heard.en}); {credit.en}; {locks.en}; {proven.en}; rules {rules}",
    )


def check(step: Step) -> Message | None:
    """Say what today's rules make of a step; `None` where nothing was decided."""
    again = said_again(step)
    by = Message("", "")
    if other_rules(step):
        by = Message(f" (décidé par les règles {step.rules})", f" (decided by rules {step.rules})")
    match step.verdict:
        case "differs":
            return Message(
                f"! les règles d'aujourd'hui diraient : {again.fr}{by.fr}",
                f"! today's rules would say: {again.en}{by.en}",
            )
        case "directory_changed":
            return Message(
                f"? l'annuaire a changé depuis ; avec celui d'aujourd'hui : {again.fr}{by.fr}",
                f"? the directory has changed since; with today's: {again.en}{by.en}",
            )
        case "same":
            return Message(f"= la même décision aujourd'hui{by.fr}", f"= the same decision today{by.en}")
        case "not_recorded":
            return Message(
                "· ne se rejuge pas : le journal ne garde pas tout ce qui l'a décidé",
                "· cannot be judged again: the journal does not keep all that decided it",
            )
        case "no_directory" | None:
            return by if by.fr else None


def said_again(step: Step) -> Message:
    """Say what would be decided now."""
    match step.again:
        case int() as cents:
            return euros(cents)
        case TapRefused(reason=reason):
            return Message(f"refusé : {reason}", f"refused: {reason}")
        case SessionOpened(limit_s=limit_s, limit_reason=reason, hold_cents=cents):
            return Message(
                f"accordé, au plus {span(limit_s)} ({reason}), {euros(cents).fr} réservés",
                f"granted, at most {span(limit_s)} ({reason}), {euros(cents).en} held",
            )
        case None:
            return Message("rien", "nothing")
        case other:
            return Message(other.KIND, other.KIND)
