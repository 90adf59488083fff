"""What a small display at a machine says of a verdict: two lines of sixteen characters, and never a name.

House rules: the same closed lists as everywhere, each code in both languages; whoever wants the whole sentence finds it
in `reasons`. Letters are those that a plain character display has: no accents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, assert_never

from controller.domain.reasons import Refusal, StopReason

if TYPE_CHECKING:
    from controller.domain.feedback import Verdict

COLUMNS, ROWS = 16, 2
_MINUTE_S = 60

Language = Literal["fr", "en"]
Lines = tuple[str, str]
_CALL: dict[Language, str] = {"fr": "Voir fabmanager", "en": "Ask a fabmanager"}
_AGAIN: dict[Language, str] = {"fr": "Reessayez", "en": "Try again"}

_REFUSED: dict[Refusal, tuple[str, str, dict[Language, str]]] = {
    Refusal.UNKNOWN_MACHINE: ("Lecteur non lie", "No machine here", _CALL),
    Refusal.MACHINE_IN_USE: ("Machine occupee", "Machine in use", {"fr": "Attendez la fin", "en": "Wait for the end"}),
    Refusal.MACHINE_STARTING_UP: ("Demarrage...", "Starting up...", _AGAIN),
    Refusal.POWER_WAS_LOST: ("Courant coupe", "Power was cut", {"fr": "Verifiez, badgez", "en": "Check, then tap"}),
    Refusal.MACHINE_FAULT: ("PANNE", "FAULT", _CALL),
    Refusal.MACHINE_LOCKED: ("CONSIGNEE", "LOCKED OUT", _CALL),
    Refusal.MACHINE_MAINTENANCE: ("En maintenance", "Maintenance", _CALL),
    Refusal.SWITCH_UNREACHABLE: ("Relais absent", "No switch", _CALL),
    Refusal.EMERGENCY_STOP_PRESSED: (
        "ARRET D'URGENCE",
        "EMERGENCY STOP",
        {"fr": "A deverrouiller", "en": "Release it"},
    ),
    Refusal.GUARD_OPEN: ("Capot ouvert", "Guard open", {"fr": "Fermez-le", "en": "Close it"}),
    Refusal.STORAGE_FULL: ("Journal plein", "Journal full", _CALL),
    Refusal.STORAGE_SLOW: ("Disque lent", "Slow disk", _AGAIN),
    Refusal.QUARANTINED: ("Boitier bloque", "Controller held", _CALL),
    Refusal.CLOCK_UNKNOWN: ("Heure inconnue", "Time not known", _CALL),
    Refusal.DIRECTORY_EMPTY: ("Liste absente", "No member list", _CALL),
    Refusal.DIRECTORY_UPGRADE: ("Mise a jour due", "Upgrade needed", _CALL),
    Refusal.DIRECTORY_STALE: ("Liste perimee", "List too old", _CALL),
    Refusal.UNKNOWN_BADGE: ("Badge inconnu", "Unknown badge", _CALL),
    Refusal.BADGE_BLOCKED: ("Badge bloque", "Badge blocked", _CALL),
    Refusal.MEMBER_SUSPENDED: ("Acces suspendu", "Access suspended", _CALL),
    Refusal.MEMBERSHIP_EXPIRED: ("Adhesion finie", "Membership over", _CALL),
    Refusal.CLOSED: ("Atelier ferme", "Workshop closed", {"fr": "Voir horaires", "en": "See the hours"}),
    Refusal.PROOF_TOO_WEAK: ("Badge copiable", "Badge too plain", _CALL),
    Refusal.TRAINING_MISSING: ("Formation due", "Training needed", _CALL),
    Refusal.TRAINING_NOT_YET: ("Formation future", "Training later", _CALL),
    Refusal.TRAINING_EXPIRED: ("Formation finie", "Training expired", _CALL),
    Refusal.BOOKED_BY_OTHER: (
        "Deja reservee",
        "Already booked",
        {"fr": "Voir le planning", "en": "See the calendar"},
    ),
    Refusal.REQUIRES_BOOKING: (
        "A reserver",
        "Booking needed",
        {"fr": "Reservez d'abord", "en": "Book it first"},
    ),
    Refusal.PURCHASE_ORDER_REACHED: ("Commande epuisee", "Order used up", _CALL),
    Refusal.PREREQUISITE_MISSING: ("Prealable manque", "Another is first", _CALL),
    Refusal.TOO_MANY_USES: (
        "Trop de machines",
        "Too many at once",
        {"fr": "Finissez l'autre", "en": "Finish another"},
    ),
    Refusal.DAILY_LIMIT: ("Max. du jour", "Daily limit", {"fr": "A demain", "en": "See you tomorrow"}),
    Refusal.PRICE_MISSING: ("Tarif manquant", "No price set", _CALL),
    Refusal.SPENDING_UNKNOWN: ("Solde en lecture", "Reading spending", _AGAIN),
    Refusal.CREDIT_TOO_LOW: ("Solde trop bas", "Credit too low", {"fr": "Rechargez", "en": "Please top up"}),
    Refusal.CREDIT_OFFLINE_LIMIT: ("Limite sans net", "Offline limit", _CALL),
    Refusal.START_STOPPED: ("Arret demande", "Stopped", _CALL),
    Refusal.INTERNAL_ERROR: ("Erreur interne", "Internal error", _AGAIN),
}

_ENDED: dict[Language, str] = {"fr": "Termine", "en": "Finished"}
_CONFIRM: dict[Language, Lines] = {"fr": ("Arreter ?", "Badgez encore"), "en": ("Stop?", "Tap once more")}
_HANDING: dict[Language, Lines] = {
    "fr": ("Arret: badgez", "Ou badge suivant"),
    "en": ("Tap to stop", "or next badge"),
}
_GRANTED: dict[Language, tuple[str, str]] = {"fr": ("Bon travail !", "Fin a"), "en": ("Go ahead!", "Ends at")}


_ENDS_BY: dict[StopReason, tuple[str, str]] = {
    StopReason.MAXIMUM_DURATION: ("Duree maximale", "Maximum time"),
    StopReason.CREDIT_EXHAUSTED: ("Solde epuise", "Credit used up"),
    StopReason.CLOSING_TIME: ("Fermeture", "Closing time"),
    StopReason.RIGHT_REVOKED: ("Droit retire", "Right withdrawn"),
    StopReason.GROUP_ENDED: ("Fin de seance", "End of class"),
    StopReason.BOOKING: ("Reservation", "Booking"),
    StopReason.DOOR_CLOSED: ("Porte fermee", "Door closed"),
    StopReason.DAILY_MAXIMUM: ("Max. du jour", "Daily maximum"),
    StopReason.IDLE: ("Machine au repos", "Machine idle"),
}
_EXTEND: dict[Language, str] = {"fr": "Prolonger: badge", "en": "Tap to extend"}
_EXTENDED: dict[Language, tuple[str, str]] = {"fr": ("Prolonge", "Fin a"), "en": ("Extended", "Ends at")}
_TRAINED: dict[Language, Lines] = {"fr": ("Habilite !", "Bon travail !"), "en": ("You are trained", "Enjoy it!")}
_SUPERVISED: dict[Language, Lines] = {"fr": ("Avec formateur", "C'est note"), "en": ("Supervised use", "It is noted")}
_OVERTIME: dict[Language, str] = {"fr": "Terminez svp", "en": "Please finish"}
_DANGER: dict[Language, Lines] = {
    "fr": ("DANGER SIGNALE", "Machine coupee"),
    "en": ("DANGER REPORTED", "Machine is off"),
}
_NO_USE: dict[Language, Lines] = {"fr": ("Machine libre", "Posez un badge"), "en": ("Nobody at work", "Tap a badge")}
_NOT_EXTENDED: dict[Language, str] = {"fr": "Pas plus long", "en": "No longer"}


_UNUSABLE: dict[str, tuple[str, str]] = {
    "random_number": ("Numero variable", "Number changes"),
    "not_authentic": ("Badge falsifie", "Not genuine"),
    "factory_key": ("Badge sans cle", "No key on badge"),
    "replayed": ("Copie refusee", "Copy refused"),
    "unreadable": ("Badge illisible", "Unreadable badge"),
}


def large(verdict: Verdict, left_s: int, language: Language) -> str:
    """The verdict in one word of four capitals or digits at most: the lines that say why follow it on the display."""
    match verdict:
        case "granted" | "extended" | "trained" | "supervised":
            return "OUI" if language == "fr" else "YES"
        case "refused" | "stranger" | "not_extended" | "no_use":
            return "NON" if language == "fr" else "NO"
        case "warning":
            return str(-(-left_s // _MINUTE_S))
        case "ended" | "overtime":
            return "FIN" if language == "fr" else "STOP"
        case "confirm_stop" | "handing_over" | "danger":
            return "STOP"
        case _:
            assert_never(verdict)


def unusable(reason: str, language: Language) -> Lines:
    """Why a card can be nobody's badge, by the bridge's word for it."""
    fr, en = _UNUSABLE.get(reason, _UNUSABLE["unreadable"])
    return (fr if language == "fr" else en, _CALL[language])


def refused(reason: Refusal, language: Language) -> Lines:
    """Why power was not given, and what to do."""
    fr, en, cure = _REFUSED[reason]
    return (fr if language == "fr" else en, cure[language])


def granted(ends_at: str, language: Language) -> Lines:
    """Power is there; `ends_at` is the clock's time (`HH:MM`) at which the use ends by itself, or empty."""
    said, until = _GRANTED[language]
    return (said, f"{until} {ends_at}" if ends_at else "")


def handing_over(language: Language) -> Lines:
    """The owner's next tap stops; somebody else's takes over."""
    return _HANDING[language]


def warning(left_s: int, by: StopReason | None, language: Language, *, extendable: bool) -> Lines:
    """How long is left, and what to do about it or what brings the end."""
    left = f"{left_s} s" if left_s < _MINUTE_S else f"{left_s // _MINUTE_S} min"
    first = f"Fin dans {left}" if language == "fr" else f"Ends in {left}"
    return (first, _EXTEND[language] if extendable else _ends_by(by, language))


def extended(ends_at: str, language: Language) -> Lines:
    """The end is later."""
    said, until = _EXTENDED[language]
    return (said, f"{until} {ends_at}" if ends_at else "")


def not_extended(by: StopReason | None, language: Language) -> Lines:
    """The end stays, and what keeps it; for a refusal see `refused`."""
    return (_NOT_EXTENDED[language], _ends_by(by, language))


def no_use(language: Language) -> Lines:
    """There is nothing to extend: a badge comes first."""
    return _NO_USE[language]


def danger(language: Language) -> Lines:
    """The machine is off and locked; whoever pressed knows that they were heard."""
    return _DANGER[language]


def trained(language: Language) -> Lines:
    """The pupil has the right from now on."""
    return _TRAINED[language]


def supervised(language: Language) -> Lines:
    """The pupil practises under the trainer's eyes."""
    return _SUPERVISED[language]


def overtime(by: StopReason | None, language: Language) -> Lines:
    """The time is over and the job may finish."""
    return (_OVERTIME[language], _ends_by(by, language))


def _ends_by(by: StopReason | None, language: Language) -> str:
    fr, en = _ENDS_BY.get(by, ("", "")) if by is not None else ("", "")
    return fr if language == "fr" else en


def ended(cents: int | None, language: Language) -> Lines:
    """The use is over, and what it cost where it cost anything."""
    if not cents:
        return (_ENDED[language], "")
    euros = f"{cents // 100},{cents % 100:02} EUR" if language == "fr" else f"EUR {cents // 100}.{cents % 100:02}"
    return (_ENDED[language], euros)


def confirm_stop(language: Language) -> Lines:
    """A second tap ends the use."""
    return _CONFIRM[language]
