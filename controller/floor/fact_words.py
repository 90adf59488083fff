"""What a fact of the journal says, in words for a person: what happened, what was decided, and why.

House rules: nobody is named and no badge is shown; a member is a number of the retelling. The reasons' sentences are
those of `domain/reasons.py`, so this says what the machine said that evening.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from controller.domain import facts
from controller.domain.reasons import REFUSAL_SENTENCES, STOP_SENTENCES, Refusal, Sentence, StopReason
from controller.errors import Message
from controller.floor.retelling import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A step in words; `why` is null where the event says it all."""

    event: Message
    decision: Message
    why: Message | None = None


def words_of(step: Step) -> Words:
    """Say what a step was."""
    fact = step.dated.fact
    match fact:
        case None:
            return _unread(step)
        case facts.TapRefused() | facts.SessionOpened() | facts.RightGranted() | facts.UseSupervised():
            return _tapped(fact, step)
        case facts.EndMoved() | facts.StartAbandoned() | facts.SessionEnded() | facts.SessionResumed():
            return _use(fact, step)
        case facts.TapsUnwritten():
            return Words(
                event=Message(
                    f"{fact.count} autres badges inconnus en une minute",
                    f"{fact.count} more unknown badges in a minute",
                ),
                decision=Message("comptés, non écrits un par un", "counted, not written one by one"),
            )
        case facts.CurrentUnexplained():
            return Words(
                event=Message(
                    f"{fact.machine} consomme {fact.power_w} W depuis une minute, sans utilisation",
                    f"{fact.machine} has drawn {fact.power_w} W for a minute, without a use",
                ),
                decision=Message("inscrit : le relais est déjà coupé", "on record: the relay is off already"),
            )
        case facts.LessonMarked():
            return _lesson(fact)
        case facts.FaultRaised():
            return _fault(fact)
        case _:
            return _program(fact, step)


def _unread(step: Step) -> Words:
    event = Message(f"un fait « {step.dated.kind} »", f"a fact '{step.dated.kind}'")
    if step.dated.forgotten:
        said = Message("son contenu a été effacé, son délai passé", "its content was deleted when its time was over")
    else:
        said = Message("écrit par une autre version d'Indivis", "written by another version of Indivis")
    return Words(event=event, decision=said)


def _tapped(
    fact: facts.TapRefused | facts.SessionOpened | facts.RightGranted | facts.UseSupervised, step: Step
) -> Words:
    who = _who(step)
    event = Message(f"{who.fr} pose un badge", f"{who.en} taps a badge")
    match fact:
        case facts.TapRefused(reason=reason):
            return Words(event=event, decision=Message(f"refusé : {reason}", f"refused: {reason}"), why=_why(reason))
        case facts.SessionOpened():
            held = Message(f"{euros(fact.hold_cents).fr} réservés", f"{euros(fact.hold_cents).en} held")
            ends, lasts = fact.limit_reason.value, span(fact.limit_s)
            return Words(
                event=event,
                decision=Message(
                    f"accordé et nommé sur le disque : au plus {lasts} ({ends}), {held.fr}",
                    f"granted and named on disk: at most {lasts} ({ends}), {held.en}",
                ),
                why=Message(
                    "habilitation, adhésion, horaires et crédit suffisent",
                    "training, membership, hours and credit are enough",
                ),
            )
        case facts.RightGranted():
            return Words(
                event=event,
                decision=Message(f"habilitation donnée : {fact.training}", f"training given: {fact.training}"),
                why=Message(
                    "une personne qui forme avait posé son badge juste avant", "a trainer had tapped a moment before"
                ),
            )
        case facts.UseSupervised():
            return Words(
                event=event,
                decision=Message("utilisation accompagnée, notée", "supervised use, recorded"),
                why=Message(
                    "une personne qui forme avait posé son badge juste avant", "a trainer had tapped a moment before"
                ),
            )
        case _:
            assert_never(fact)


_MOVED_BY = {
    "button": Message("la main sur le bouton", "a hand on the button"),
    "tap": Message("le badge posé pendant l'avertissement", "the badge tapped in the warning"),
    "credit": Message("du crédit est arrivé", "credit has come"),
    "finish": Message("la durée est finie", "the time is over"),
    "warn_only": Message("la durée est finie", "the time is over"),
    "revoked": Message("un droit a été retiré", "a right was taken away"),
}


def _use(fact: facts.EndMoved | facts.StartAbandoned | facts.SessionEnded | facts.SessionResumed, step: Step) -> Words:
    match fact:
        case facts.EndMoved():
            lasts, debt = span(fact.limit_s), euros(fact.debt_cents)
            owed = Message(f", dette possible {debt.fr}", f", possible debt {debt.en}")
            shown = owed if fact.debt_cents else Message("", "")
            return Words(
                event=_MOVED_BY[fact.cause],
                decision=Message(
                    f"l'utilisation durera au plus {lasts} en tout ({fact.limit_reason}){shown.fr}",
                    f"the use lasts at most {lasts} in all ({fact.limit_reason}){shown.en}",
                ),
            )
        case facts.StartAbandoned(reason=reason):
            return Words(
                event=Message("un démarrage nommé n'a jamais reçu de courant", "a named start never had power"),
                decision=Message(f"abandonné : {reason}, rien n'est dû", f"given up: {reason}, nothing is owed"),
                why=_why(reason),
            )
        case facts.SessionEnded():
            return _ended(fact, step)
        case facts.SessionResumed(gap_ms=gap_ms):
            gap = span(gap_ms // 1000)
            return Words(
                event=Message(
                    "une utilisation tenue est retrouvée sous tension", "a held use is found with its power on"
                ),
                decision=Message(f"elle continue, après {gap} sans programme", f"it goes on, after {gap} unseen"),
                why=Message(
                    "même démarrage de l'ordinateur, ligne lue fermée, durée permise",
                    "same boot of the computer, the line reads on, within the gap permitted",
                ),
            )
        case _:
            assert_never(fact)


def _ended(fact: facts.SessionEnded, step: Step) -> Words:
    who, lasted, cost = _who(step), span(fact.seconds), euros(fact.announced_cents)
    decision = Message(
        f"coupé, puis écrit : {fact.reason}, {lasted}, {cost.fr}",
        f"off, then written: {fact.reason}, {lasted}, {cost.en}",
    )
    if fact.reason not in {StopReason.RECOVERED_CRASH, StopReason.RECOVERED_POWER_LOSS}:
        return Words(
            event=Message(f"fin de l'utilisation de : {who.fr}", f"end of the use of {who.en}"),
            decision=decision,
            why=_why(fact.reason),
        )
    until = _until(fact)
    return Words(
        event=Message(
            f"le programme retrouve une utilisation ouverte : {who.fr}", f"the program finds a use open: {who.en}"
        ),
        decision=Message(
            f"{decision.fr} ; facturée jusqu'à sa dernière preuve, {until.fr}",
            f"{decision.en}; billed until its last proof, {until.en}",
        ),
        why=_why(fact.reason),
    )


def _until(fact: facts.SessionEnded) -> Message:
    if fact.ended.boot_id == fact.at.boot_id:
        ago = span(max(0, fact.at.boot_ms - fact.ended.boot_ms) // 1000)
        return Message(f"{ago} avant ce démarrage", f"{ago} before this start")
    if fact.ended.wall_ms is not None and fact.at.wall_ms is not None:
        ago = span(max(0, fact.at.wall_ms - fact.ended.wall_ms) // 1000)
        return Message(f"{ago} avant ce démarrage, selon l'horloge", f"{ago} before this start, by the clock")
    return Message("sous un démarrage antérieur de l'ordinateur", "in an earlier boot of the computer")


def _fault(fact: facts.FaultRaised) -> Words:
    read = {
        True: Message("fermé", "on"),
        False: Message("ouvert", "off"),
        None: Message("illisible", "unreadable"),
    }
    wanted, found = read[fact.wanted_on], read[fact.read_on]
    event = Message(
        f"le relais devait être {wanted.fr}, il est {found.fr}", f"the relay was to be {wanted.en} and is {found.en}"
    )
    if fact.cause == "tamper":
        event = Message("quelqu'un a touché au boîtier de la machine", "somebody tampered with the machine's device")
    if fact.cause == "danger":
        event = Message("quelqu'un a signalé un danger", "somebody reported a danger")
    return Words(
        event=event,
        decision=Message(
            "panne : personne ne démarre avant qu'une personne l'ait levée",
            "fault: nobody starts until a person has lifted it",
        ),
    )


def _lesson(fact: facts.LessonMarked) -> Words:
    if fact.phase == "over":
        over = Message("la séance du groupe est terminée", "the class is over")
        return Words(event=over, decision=Message("ses machines sont rendues", "its machines are given back"))
    machines = ", ".join(fact.machines)
    return Words(
        event=Message("une personne qui forme ouvre une séance", "a trainer begins a lesson"),
        decision=Message(
            f"{fact.headcount} personnes, tout badge connu ouvre : {machines}",
            f"{fact.headcount} people, every known badge opens: {machines}",
        ),
        why=Message("l'horaire et le bon de commande le permettent", "its hour and its order permit it"),
    )


def _program(
    fact: facts.BranchOpened
    | facts.JournalRestored
    | facts.ClockAnchored
    | facts.CommandAnswered
    | facts.HeadWitnessed,
    step: Step,
) -> Words:
    match fact:
        case facts.BranchOpened():
            left = step.found_open
            return Words(
                event=Message(f"le programme démarre ({fact.software})", f"the program starts ({fact.software})"),
                decision=Message(
                    "tout relais qui n'est pas prouvé tenu est coupé", "every relay that is not proven held goes off"
                ),
                why=Message(
                    f"utilisations laissées ouvertes par le démarrage d'avant : {left}",
                    f"uses that the start before left open: {left}",
                ),
            )
        case facts.JournalRestored():
            return Words(
                event=Message("une sauvegarde a été remise en place", "a backup was put back"),
                decision=Message(
                    f"le journal reprend après le fait {fact.up_to_n}", f"the journal goes on after fact {fact.up_to_n}"
                ),
            )
        case facts.ClockAnchored():
            return Words(
                event=Message("l'heure est connue", "the date is known"),
                decision=Message("elle date tout ce démarrage", "it dates this whole boot"),
            )
        case facts.CommandAnswered():
            return Words(
                event=Message("le bureau demande un arrêt", "the office asks for a stop"),
                decision=Message(f"réponse : {fact.outcome}", f"answer: {fact.outcome}"),
            )
        case facts.HeadWitnessed():
            return Words(
                event=Message(
                    f"le bureau annonce l'écriture {fact.entry} de ses comptes",
                    f"the office tells entry {fact.entry} of its books",
                ),
                decision=Message("notée comme témoin", "noted as a witness"),
            )
        case _:
            assert_never(fact)


def span(seconds: int) -> str:
    """Write seconds as `1:02:03`."""
    minutes, left = divmod(seconds, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{left:02}"


def euros(cents: int) -> Message:
    """Write cents as euros."""
    sign, whole, rest = "-" if cents < 0 else "", abs(cents) // 100, abs(cents) % 100
    return Message(f"{sign}{whole},{rest:02} €", f"{sign}€{whole}.{rest:02}")


def _who(step: Step) -> Message:
    if step.person is None:
        return Message("une personne inconnue", "somebody unknown")
    return Message(f"la personne {step.person}", f"person {step.person}")


def _why(reason: Refusal | StopReason) -> Message:
    sentence: Sentence = REFUSAL_SENTENCES[reason] if isinstance(reason, Refusal) else STOP_SENTENCES[reason]
    return Message(sentence.fr, sentence.en)
