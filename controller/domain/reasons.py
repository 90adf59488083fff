"""The closed lists: why a start was refused, why a use ended. One wording for display, page, MQTT, metrics and
documents.

Every code has a sentence in French and in English that says why and what to do. A code is never renamed: journals of
ten
years ago hold it. The words follow the field's (OCPP 2.0.1 `ReasonEnumType`, Fabman's activity log).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text a person reads, in both languages. Braces name what the shell fills in (`{until}`, `{missing_cents}`)."""

    fr: str
    en: str


class Refusal(StrEnum):
    """Why power was not given. Order is precedence: the first that applies is the one shown."""

    UNKNOWN_MACHINE = "unknown_machine"
    MACHINE_IN_USE = "machine_in_use"
    MACHINE_STARTING_UP = "machine_starting_up"
    POWER_WAS_LOST = "power_was_lost"
    MACHINE_FAULT = "machine_fault"
    MACHINE_LOCKED = "machine_locked"
    MACHINE_MAINTENANCE = "machine_maintenance"
    SWITCH_UNREACHABLE = "switch_unreachable"
    EMERGENCY_STOP_PRESSED = "emergency_stop_pressed"
    GUARD_OPEN = "guard_open"
    STORAGE_FULL = "storage_full"
    STORAGE_SLOW = "storage_slow"
    QUARANTINED = "quarantined"
    CLOCK_UNKNOWN = "clock_unknown"
    DIRECTORY_EMPTY = "directory_empty"
    DIRECTORY_UPGRADE = "directory_upgrade"
    DIRECTORY_STALE = "directory_stale"
    UNKNOWN_BADGE = "unknown_badge"
    BADGE_BLOCKED = "badge_blocked"
    MEMBER_SUSPENDED = "member_suspended"
    MEMBERSHIP_EXPIRED = "membership_expired"
    CLOSED = "closed"
    PROOF_TOO_WEAK = "proof_too_weak"
    TRAINING_MISSING = "training_missing"
    TRAINING_NOT_YET = "training_not_yet"
    TRAINING_EXPIRED = "training_expired"
    PREREQUISITE_MISSING = "prerequisite_missing"
    BOOKED_BY_OTHER = "booked_by_other"
    REQUIRES_BOOKING = "requires_booking"
    PURCHASE_ORDER_REACHED = "purchase_order_reached"
    TOO_MANY_USES = "too_many_uses"
    DAILY_LIMIT = "daily_limit"
    PRICE_MISSING = "price_missing"
    SPENDING_UNKNOWN = "spending_unknown"
    CREDIT_TOO_LOW = "credit_too_low"
    CREDIT_OFFLINE_LIMIT = "credit_offline_limit"
    START_STOPPED = "start_stopped"
    INTERNAL_ERROR = "internal_error"


class StopReason(StrEnum):
    """Why a use ended. `recovered_*` are closed at the last proven instant and billed no further."""

    SECOND_TAP = "second_tap"
    MAXIMUM_DURATION = "maximum_duration"
    CREDIT_EXHAUSTED = "credit_exhausted"
    CLOSING_TIME = "closing_time"
    RIGHT_REVOKED = "right_revoked"
    BOOKING = "booking"
    GROUP_ENDED = "group_ended"
    DOOR_CLOSED = "door_closed"
    IDLE = "idle"
    DAILY_MAXIMUM = "daily_maximum"
    HANDED_OVER = "handed_over"
    REMOTE_STOP = "remote_stop"
    LOCK_OUT = "lock_out"
    MACHINE_MOVED = "machine_moved"
    EMERGENCY_STOP = "emergency_stop"
    GUARD_OPENED = "guard_opened"
    SWITCH_LOST = "switch_lost"
    FAULT = "fault"
    SHUTDOWN = "shutdown"
    RECOVERED_POWER_LOSS = "recovered_power_loss"
    RECOVERED_CRASH = "recovered_crash"


REFUSAL_SENTENCES: dict[Refusal, Sentence] = {
    Refusal.UNKNOWN_MACHINE: Sentence(
        "Aucune machine n'est reliée à ce lecteur. Prévenez un fabmanager.",
        "No machine is connected to this reader. Tell a fabmanager.",
    ),
    Refusal.MACHINE_IN_USE: Sentence(
        "La machine est en cours d'utilisation. Attendez la fin ou choisissez-en une autre.",
        "The machine is in use. Wait for the end or choose another one.",
    ),
    Refusal.MACHINE_STARTING_UP: Sentence(
        "La machine démarre. Réessayez dans quelques secondes.",
        "The machine is starting up. Try again in a few seconds.",
    ),
    Refusal.POWER_WAS_LOST: Sentence(
        "Le courant a été coupé. Vérifiez la machine et ce qu'elle contient, puis posez le badge à nouveau.",
        "The power was cut. Check the machine and what is in it, then tap the badge again.",
    ),
    Refusal.MACHINE_LOCKED: Sentence(
        "La machine est hors service. Demandez à un fabmanager quand elle reviendra.",
        "The machine is locked out. Ask a fabmanager when it will be released.",
    ),
    Refusal.MACHINE_MAINTENANCE: Sentence(
        "La machine est en maintenance. Demandez à un fabmanager quand elle reviendra.",
        "The machine is under maintenance. Ask a fabmanager when it will be back.",
    ),
    Refusal.MACHINE_FAULT: Sentence(
        "La machine est en panne. N'y touchez pas et appelez un fabmanager.",
        "The machine has a fault. Leave it and call a fabmanager.",
    ),
    Refusal.SWITCH_UNREACHABLE: Sentence(
        "L'interrupteur de la machine ne répond pas. Vérifiez qu'il est branché ; si cela continue, appelez un "
        "fabmanager.",
        "The machine's switch does not answer. Check that it is plugged in; if it goes on, call a fabmanager.",
    ),
    Refusal.EMERGENCY_STOP_PRESSED: Sentence(
        "L'arrêt d'urgence est enfoncé. Vérifiez qu'il n'y a plus de danger, déverrouillez-le, puis posez le badge.",
        "The emergency stop is pressed. Make sure that there is no danger left, release it, then tap the badge.",
    ),
    Refusal.GUARD_OPEN: Sentence(
        "Le capot de protection est ouvert. Fermez-le, puis posez le badge.",
        "The guard is open. Close it, then tap the badge.",
    ),
    Refusal.CLOCK_UNKNOWN: Sentence(
        "L'heure n'est pas connue et cette machine ne démarre pas sans. Attendez le réseau ou appelez un fabmanager.",
        "The time is not known and this machine does not start without it. Wait for the network or call a fabmanager.",
    ),
    Refusal.STORAGE_SLOW: Sentence(
        "Le démarrage n'a pas pu être enregistré à temps. Réessayez ; si cela continue, appelez un fabmanager.",
        "The start could not be recorded in time. Try again; if it goes on, call a fabmanager.",
    ),
    Refusal.STORAGE_FULL: Sentence(
        "La mémoire du boîtier est pleine, plus aucun démarrage n'est possible. Appelez un fabmanager.",
        "The controller's memory is full, no start is possible any more. Call a fabmanager.",
    ),
    Refusal.QUARANTINED: Sentence(
        "Ce boîtier ne démarre plus rien : une copie de sa carte a été détectée. Appelez un fabmanager.",
        "This controller starts nothing: a copy of its card was detected. Call a fabmanager.",
    ),
    Refusal.DIRECTORY_EMPTY: Sentence(
        "Ce boîtier n'a pas encore reçu la liste des adhérents. Appelez un fabmanager.",
        "This controller has not received the members' list yet. Call a fabmanager.",
    ),
    Refusal.DIRECTORY_UPGRADE: Sentence(
        "Ce boîtier doit être mis à jour pour comprendre les règles actuelles. Appelez un fabmanager.",
        "This controller needs an upgrade to understand the present rules. Call a fabmanager.",
    ),
    Refusal.DIRECTORY_STALE: Sentence(
        "Les droits connus ici sont trop anciens pour cette machine. Attendez le réseau ou appelez un fabmanager.",
        "The rights known here are too old for this machine. Wait for the network or call a fabmanager.",
    ),
    Refusal.UNKNOWN_BADGE: Sentence(
        "Ce badge n'est pas connu. Faites-le enregistrer par un fabmanager.",
        "This badge is not known. Have it enrolled by a fabmanager.",
    ),
    Refusal.BADGE_BLOCKED: Sentence(
        "Ce badge est bloqué. Voyez un fabmanager.",
        "This badge is blocked. See a fabmanager.",
    ),
    Refusal.MEMBER_SUSPENDED: Sentence(
        "Votre accès est suspendu. Voyez un fabmanager.",
        "Your access is suspended. See a fabmanager.",
    ),
    Refusal.CLOSED: Sentence(
        "L'atelier est fermé à cette heure. Revenez pendant les heures d'ouverture.",
        "The workshop is closed at this hour. Come back during opening hours.",
    ),
    Refusal.PROOF_TOO_WEAK: Sentence(
        "Cette machine demande un badge à puce sécurisée : le vôtre peut être copié. Demandez-en un à un fabmanager.",
        "This machine asks for a badge with a secure chip: yours can be copied. Ask a fabmanager for one.",
    ),
    Refusal.MEMBERSHIP_EXPIRED: Sentence(
        "Votre adhésion est terminée. Renouvelez-la à l'accueil.",
        "Your membership has ended. Renew it at the desk.",
    ),
    Refusal.TRAINING_MISSING: Sentence(
        "Il vous manque l'habilitation pour cette machine. Demandez une formation à un fabmanager.",
        "You lack the training for this machine. Ask a fabmanager for a training.",
    ),
    Refusal.TRAINING_NOT_YET: Sentence(
        "Votre habilitation pour cette machine commence plus tard. Voyez sa date, et l'heure du boîtier, avec un "
        "fabmanager.",
        "Your training for this machine begins later. Check its date, and this controller's clock, with a fabmanager.",
    ),
    Refusal.TRAINING_EXPIRED: Sentence(
        "Votre habilitation pour cette machine a expiré. Voyez un fabmanager pour la renouveler.",
        "Your training for this machine has expired. See a fabmanager to renew it.",
    ),
    Refusal.BOOKED_BY_OTHER: Sentence(
        "La machine est réservée par quelqu'un d'autre. Voyez le planning et revenez à une heure libre.",
        "The machine is booked by somebody else. See the calendar and come back at a free hour.",
    ),
    Refusal.REQUIRES_BOOKING: Sentence(
        "Cette machine se réserve. Réservez-la d'abord, puis posez le badge à l'heure dite.",
        "This machine must be booked. Book it first, then tap the badge at that hour.",
    ),
    Refusal.PURCHASE_ORDER_REACHED: Sentence(
        "Le bon de commande de ce groupe est épuisé. Demandez-en un autre à l'organisme avant la prochaine séance.",
        "This class's purchase order is used up. Ask the organisation for another one before the next lesson.",
    ),
    Refusal.PREREQUISITE_MISSING: Sentence(
        "Votre habilitation en demande une autre, que vous n'avez pas ou plus. Voyez laquelle avec un fabmanager.",
        "Your training needs another one that you do not hold, or no more. See which with a fabmanager.",
    ),
    Refusal.TOO_MANY_USES: Sentence(
        "Vous utilisez déjà autant de machines que permis à la fois. Terminez d'abord sur une autre.",
        "You use as many machines already as may be used at once. Finish at another one first.",
    ),
    Refusal.DAILY_LIMIT: Sentence(
        "Vous avez atteint pour aujourd'hui la durée permise sur cette machine. Revenez demain ou voyez un fabmanager.",
        "You have reached today's time on this machine. Come back tomorrow or see a fabmanager.",
    ),
    Refusal.PRICE_MISSING: Sentence(
        "Aucun prix n'est fixé pour cette machine. Prévenez un fabmanager.",
        "No price is set for this machine. Tell a fabmanager.",
    ),
    Refusal.SPENDING_UNKNOWN: Sentence(
        "Ce boîtier relit ce qui a déjà été dépensé ici. Réessayez dans un instant ; si cela continue, appelez un "
        "fabmanager.",
        "This controller is reading what was already spent here. Try again in a moment; if it goes on, call a "
        "fabmanager.",
    ),
    Refusal.CREDIT_TOO_LOW: Sentence(
        "Votre solde est trop bas pour démarrer. Rechargez-le à l'accueil.",
        "Your balance is too low to start. Top it up at the desk.",
    ),
    Refusal.CREDIT_OFFLINE_LIMIT: Sentence(
        "Sans réseau, la dépense permise est atteinte. Réessayez quand le réseau sera revenu.",
        "Without network, the spending allowed is used up. Try again when the network is back.",
    ),
    Refusal.START_STOPPED: Sentence(
        "Un fabmanager a arrêté ce démarrage depuis la page, la machine n'a pas été mise en marche. Demandez-lui "
        "pourquoi.",
        "A fabmanager stopped this start from the page, the machine was not switched on. Ask them why.",
    ),
    Refusal.INTERNAL_ERROR: Sentence(
        "Une erreur interne empêche le démarrage. Appelez un fabmanager.",
        "An internal error prevents the start. Call a fabmanager.",
    ),
}

STOP_SENTENCES: dict[StopReason, Sentence] = {
    StopReason.SECOND_TAP: Sentence(
        "Arrêtée par vous. Posez le badge pour reprendre.",
        "Stopped by you. Tap the badge to go on.",
    ),
    StopReason.MAXIMUM_DURATION: Sentence(
        "La durée maximale est atteinte. Posez le badge pour une nouvelle utilisation.",
        "The maximum duration was reached. Tap the badge for a new use.",
    ),
    StopReason.CREDIT_EXHAUSTED: Sentence(
        "Votre solde est épuisé. Rechargez-le à l'accueil pour reprendre.",
        "Your balance is used up. Top it up at the desk to go on.",
    ),
    StopReason.CLOSING_TIME: Sentence(
        "L'atelier ferme. Revenez pendant les heures d'ouverture.",
        "The workshop is closing. Come back during opening hours.",
    ),
    StopReason.RIGHT_REVOKED: Sentence(
        "Votre droit d'utiliser cette machine vient d'être retiré. Voyez un fabmanager.",
        "Your right to use this machine was just taken away. See a fabmanager.",
    ),
    StopReason.GROUP_ENDED: Sentence(
        "La séance du groupe est terminée. Rangez le poste avant de partir.",
        "The class is over. Tidy up before you leave.",
    ),
    StopReason.BOOKING: Sentence(
        "Votre temps réservé est fini ou quelqu'un d'autre a réservé la suite. Voyez le planning.",
        "Your booked time is over or somebody else has booked what follows. See the calendar.",
    ),
    StopReason.DOOR_CLOSED: Sentence(
        "La porte s'est refermée. Posez le badge pour la rouvrir.",
        "The door has closed. Tap the badge to open it again.",
    ),
    StopReason.DAILY_MAXIMUM: Sentence(
        "La durée permise par jour sur cette machine est atteinte. Revenez demain ou voyez un fabmanager.",
        "The time allowed per day on this machine is reached. Come back tomorrow or see a fabmanager.",
    ),
    StopReason.IDLE: Sentence(
        "La machine ne travaillait plus depuis longtemps. Posez le badge pour reprendre.",
        "The machine had not worked for long. Tap the badge to go on.",
    ),
    StopReason.HANDED_OVER: Sentence(
        "Vous avez passé la machine à la personne suivante, rien ne vous est facturé depuis. Attendez la fin pour la "
        "reprendre.",
        "You handed the machine over to the next person, nothing is billed to you since. Wait for the end to have it "
        "again.",
    ),
    StopReason.REMOTE_STOP: Sentence(
        "Arrêtée par un fabmanager depuis la page. Demandez-lui pourquoi.",
        "Stopped by a fabmanager from the page. Ask them why.",
    ),
    StopReason.LOCK_OUT: Sentence(
        "La machine vient d'être mise hors service d'urgence. Éloignez-vous et voyez un fabmanager.",
        "The machine was just locked out as an emergency. Step back and see a fabmanager.",
    ),
    StopReason.MACHINE_MOVED: Sentence(
        "La machine vient d'être retirée de ce boîtier ou reliée ailleurs. Demandez à un fabmanager où la reprendre.",
        "The machine was just taken off this controller or wired elsewhere. Ask a fabmanager where to go on.",
    ),
    StopReason.EMERGENCY_STOP: Sentence(
        "L'arrêt d'urgence a été enfoncé. Éloignez-vous du danger et voyez un fabmanager.",
        "The emergency stop was pressed. Step away from the danger and see a fabmanager.",
    ),
    StopReason.GUARD_OPENED: Sentence(
        "Le capot de protection a été ouvert. Fermez-le, puis posez le badge pour reprendre.",
        "The guard was opened. Close it, then tap the badge to go on.",
    ),
    StopReason.SWITCH_LOST: Sentence(
        "L'interrupteur de la machine ne répond plus et s'est ouvert de lui-même, rien n'est facturé depuis. Attendez "
        "son retour, puis posez le badge.",
        "The machine's switch no longer answers and has opened by itself, nothing is billed since. Wait until it is "
        "back, then tap the badge.",
    ),
    StopReason.FAULT: Sentence(
        "Une anomalie a été constatée sur la machine. N'y touchez pas et appelez un fabmanager.",
        "Something is wrong with the machine. Leave it and call a fabmanager.",
    ),
    StopReason.SHUTDOWN: Sentence(
        "Le boîtier s'est arrêté proprement. Attendez son retour, puis posez le badge.",
        "The controller was shut down. Wait until it is back, then tap the badge.",
    ),
    StopReason.RECOVERED_POWER_LOSS: Sentence(
        "Une coupure de courant a mis fin à l'utilisation, rien n'est facturé depuis. Posez le badge pour reprendre.",
        "A power loss ended the use, nothing is billed since. Tap the badge to go on.",
    ),
    StopReason.RECOVERED_CRASH: Sentence(
        "Le boîtier a redémarré et mis fin à l'utilisation, rien n'est facturé depuis. Posez le badge pour reprendre.",
        "The controller restarted and ended the use, nothing is billed since. Tap the badge to go on.",
    ),
}
