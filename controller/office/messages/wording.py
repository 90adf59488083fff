"""What a message says, in the language of whom it is for: a title of some words, and a sentence or two.

House rules: no name of a person, for a mail crosses servers that are not the workshop's; what to do where there is
something to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, assert_never

from controller.errors import Message
from controller.office.messages.wishes import Subject
from controller.office.web import pages_format

if TYPE_CHECKING:
    from controller.errors import Language

TITLES: dict[Subject, Message] = {
    Subject.WARNING: Message("Fin proche : {machine}", "Ending soon: {machine}"),
    Subject.JOB_FINISHED: Message("Terminé : {machine}", "Finished: {machine}"),
    Subject.TRAINING_ENDING: Message("Habilitation bientôt finie : {training}", "Training ends soon: {training}"),
    Subject.LOW_CREDIT: Message("Crédit bas : {credit}", "Low credit: {credit}"),
    Subject.FAULT: Message("Panne ou danger : {machine}", "Fault or danger: {machine}"),
    Subject.CONTROLLER_SILENT: Message("Boîtier muet : {controller}", "Controller silent: {controller}"),
    Subject.BACKUP_OLD: Message("Sauvegarde trop ancienne", "Backup too old"),
    Subject.STATEMENT_READY: Message("Relevé prêt : {agreement}, {period}", "Statement ready: {agreement}, {period}"),
    Subject.DAILY_HASH: Message("Empreinte du {day} : {books}", "Hash of {day}: {books}"),
    Subject.TRIAL: Message("Essai", "Trial"),
}

TEXTS: dict[Subject, Message] = {
    Subject.WARNING: Message(
        "Votre utilisation de {machine} prend fin {at}. Au besoin, prolongez-la à la machine.",
        "Your use of {machine} ends {at}. If you need longer, extend it at the machine.",
    ),
    Subject.JOB_FINISHED: Message(
        "Votre utilisation de {machine} est terminée : {lasted}, {price}.",
        "Your use of {machine} is finished: {lasted}, {price}.",
    ),
    Subject.TRAINING_ENDING: Message(
        "Votre habilitation « {training} » prend fin le {day}. Voyez un formateur pour la renouveler.",
        "Your training '{training}' ends on {day}. See a trainer to renew it.",
    ),
    Subject.LOW_CREDIT: Message(
        "Il vous reste {credit}. Rechargez à l'accueil avant une longue utilisation.",
        "You have {credit} left. Top up at the desk before a longer use.",
    ),
    Subject.FAULT: Message(
        "{machine} est hors service : {reason}. Allez voir avant de lever la consignation.",
        "{machine} is locked out: {reason}. Go and look before you lift the lock.",
    ),
    Subject.CONTROLLER_SILENT: Message(
        "{controller} se tait depuis {at}. Les machines continuent sans le bureau ; vérifiez courant et réseau.",
        "{controller} has said nothing since {at}. Machines go on without the office; check power and network.",
    ),
    Subject.BACKUP_OLD: Message(
        "La dernière sauvegarde : {made}. Lancez indivis backup et voyez pourquoi elle ne se fait plus.",
        "The last backup: {made}. Run indivis backup and see why it is not made any more.",
    ),
    Subject.STATEMENT_READY: Message(
        "Le relevé {period} de « {agreement} » est arrêté. Il est sur votre page ; son empreinte : {hash}",
        "The statement {period} of '{agreement}' is closed. It is on your page; its hash: {hash}",
    ),
    Subject.DAILY_HASH: Message(
        "Clôture du {day}, {books} : écriture {entry}, empreinte {hash}. Gardez-le : il trahit toute réécriture.",
        "Closing of {day}, {books}: entry {entry}, hash {hash}. Keep this message: it betrays any rewriting.",
    ),
    Subject.TRIAL: Message("Les messages arrivent jusqu'ici.", "Messages arrive here."),
}

_WHY = Message(
    "Vous l'avez demandé ; changez-le à la page « Me prévenir ».",
    "You asked for this; change it on the page 'Tell me'.",
)
_NEVER = Message("aucune n'a été faite", "none was ever made")


@dataclass(frozen=True, slots=True)
class Text:
    """A message as it is read."""

    title: str
    body: str


def text_of(subject: Subject, about: dict[str, Any], now_ms: int, lang: Language) -> Text:
    """Return what is said of a subject."""
    said = _filled(subject, about, now_ms, lang)
    title = " ".join(TITLES[subject].text(lang).format(**said).split())
    return Text(title, f"{TEXTS[subject].text(lang).format(**said)}\n\n{_WHY.text(lang)}")


def _filled(subject: Subject, about: dict[str, Any], now_ms: int, lang: Language) -> dict[str, Any]:
    match subject:
        case Subject.WARNING:
            return {**about, "at": pages_format.clock(about["ends_at"], now_ms, lang)}
        case Subject.JOB_FINISHED:
            lasted = pages_format.duration(about["seconds"] or 0, lang)
            return {**about, "lasted": lasted, "price": pages_format.euros(about["cents"] or 0, lang)}
        case Subject.TRAINING_ENDING:
            return {**about, "day": pages_format.day(about["until_at"], lang)}
        case Subject.LOW_CREDIT:
            return {"credit": pages_format.euros(about["cents"], lang)}
        case Subject.FAULT:
            return {**about, "reason": _half(about["reason"], lang)}
        case Subject.CONTROLLER_SILENT:
            at = pages_format.clock(about["heard_at"], now_ms, lang)
            return {**about, "at": at.removeprefix("à ").removeprefix("at ")}
        case Subject.BACKUP_OLD:
            made_at = about["made_at"]
            return {"made": _NEVER.text(lang) if made_at is None else pages_format.ago(made_at, now_ms, lang)}
        case Subject.DAILY_HASH:
            return {**about, "day": pages_format.day_of_iso(about["day"], lang)}
        case Subject.STATEMENT_READY | Subject.TRIAL:
            return about
        case _:
            assert_never(subject)


def _half(reason: str, lang: Language) -> str:
    """Return one language of a reason that the office wrote in both (`relais en défaut / relay fault`)."""
    french, slash, english = reason.partition(" / ")
    return english if slash and lang == "en" else french if slash else reason
