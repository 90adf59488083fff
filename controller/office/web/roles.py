"""Who may do what: one table of actions and roles. Every page and every door of the API names its action.

House rules: an administrator may do everything. What is `own` is open to everybody for themselves, and to the roles
named for anybody. docs/reference/roles.md is made of this table by `make rules`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from controller.errors import Message
from controller.office.accounts import Role


class Action(StrEnum):
    """What somebody may come for."""

    SEE_FLOOR = "see_floor"
    REPORT_DANGER = "report_danger"
    OWN_ACCOUNT = "own_account"
    READ_MEMBER = "read_member"
    SET_WISHES = "set_wishes"
    END_PHONES = "end_phones"
    READ_RIGHTS = "read_rights"
    READ_MONEY = "read_money"
    BOOK = "book"
    READ_PEOPLE = "read_people"
    DESK = "desk"
    TRAIN = "train"
    KEEP = "keep"
    READ_COUNTER = "read_counter"
    SEND_LETTERS = "send_letters"
    WATCH = "watch"
    TILL = "till"
    TREASURY = "treasury"
    OWN_TOGETHER = "own_together"
    ADMINISTER = "administer"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may: `roles` for anybody; where `own`, everybody for themselves."""

    said: Message
    roles: tuple[Role, ...]
    own: bool = False


def _rule(fr: str, en: str, *roles: Role, own: bool = False) -> Rule:
    return Rule(Message(fr, en), roles if Role.ADMIN in roles else (*roles, Role.ADMIN), own)


RULES: Final[dict[Action, Rule]] = {
    Action.SEE_FLOOR: _rule(
        "voir le tableau, les machines, les habilitations et les réservations",
        "see the board, machines, trainings and bookings",
        *Role,
    ),
    Action.REPORT_DANGER: _rule("signaler un danger à une machine", "report a danger at a machine", *Role),
    Action.OWN_ACCOUNT: _rule(
        "son propre compte : connexion, sessions, jetons", "one's own account: signing in, sessions, tokens", *Role
    ),
    Action.READ_MEMBER: _rule(
        "lire la fiche d'un adhérent",
        "read a member's page",
        Role.FABMANAGER,
        Role.TRAINER,
        Role.TREASURER,
        own=True,
    ),
    Action.SET_WISHES: _rule(
        "dire comment les machines parlent à un adhérent",
        "say how machines are to speak to a member",
        Role.FABMANAGER,
        own=True,
    ),
    Action.END_PHONES: _rule(
        "déconnecter les téléphones d'un adhérent", "sign a member's phones out", Role.FABMANAGER, own=True
    ),
    Action.READ_RIGHTS: _rule(
        "lire les habilitations d'un adhérent et ce qui lui manque",
        "read a member's trainings and what is missing",
        Role.FABMANAGER,
        Role.TRAINER,
        own=True,
    ),
    Action.READ_MONEY: _rule(
        "lire le solde et les utilisations d'un adhérent",
        "read a member's balance and uses",
        Role.FABMANAGER,
        Role.TREASURER,
        own=True,
    ),
    Action.BOOK: _rule(
        "réserver une machine, annuler une réservation",
        "book a machine, cancel a booking",
        Role.FABMANAGER,
        Role.TRAINER,
        own=True,
    ),
    Action.READ_PEOPLE: _rule(
        "lire les noms des adhérents", "read members' names", Role.FABMANAGER, Role.TRAINER, Role.TREASURER
    ),
    Action.DESK: _rule(
        "accueillir : adhérents, badges, machines, horaires",
        "receive people: members, badges, machines, opening hours",
        Role.FABMANAGER,
    ),
    Action.TRAIN: _rule(
        "habiliter, retirer une habilitation, tenir des cours",
        "grant and take back trainings, hold classes",
        Role.FABMANAGER,
        Role.TRAINER,
    ),
    Action.KEEP: _rule(
        "mettre une machine hors service, arrêter une utilisation, noter l'entretien",
        "lock a machine out, stop a use, note maintenance",
        Role.FABMANAGER,
        Role.MAINTAINER,
    ),
    Action.READ_COUNTER: _rule(
        "dire ce que montre le compteur d'une machine",
        "say what a machine's counter shows",
        Role.FABMANAGER,
        Role.MAINTAINER,
        Role.TREASURER,
    ),
    Action.SEND_LETTERS: _rule(
        "lire les empreintes à envoyer par courrier, dire qu'elles sont parties",
        "read the hashes to be sent by mail, say that they are gone",
        Role.SERVICE,
        Role.TREASURER,
    ),
    Action.WATCH: _rule(
        "lire la santé, les alarmes, l'entretien dû",
        "read health, alarms, maintenance due",
        Role.FABMANAGER,
        Role.MAINTAINER,
        Role.TREASURER,
        Role.SERVICE,
    ),
    Action.TILL: _rule(
        "encaisser, tarifs, structures, bons de commande",
        "take money in, prices, organisations, purchase orders",
        Role.FABMANAGER,
        Role.TREASURER,
    ),
    Action.TREASURY: _rule(
        "indivisions, clôtures, exports, contre-passations",
        "agreements, closings, exports, reversals",
        Role.TREASURER,
    ),
    Action.OWN_TOGETHER: _rule(
        "lire les indivisions, leurs relevés et utilisations ; un co-indivisaire, les siennes",
        "read agreements, their statements and uses; a co-owner, their own",
        Role.TREASURER,
        Role.FABMANAGER,
        Role.CO_OWNER,
    ),
    Action.ADMINISTER: _rule("comptes, sessions des autres, effacement", "accounts, others' sessions, erasure"),
}

OPEN_TO_STRANGERS: Final[dict[tuple[str, str], Message]] = {
    ("GET", "/sign-in"): Message("c'est par là qu'on entre", "this is how one gets in"),
    ("POST", "/sign-in"): Message("c'est par là qu'on entre", "this is how one gets in"),
    ("POST", "/sign-out"): Message("qui est déjà sorti y est aussi", "who is out already is there too"),
    ("GET", "/set-up"): Message("s'ouvre avec le code imprimé", "opens with the printed code"),
    ("POST", "/set-up"): Message("s'ouvre avec le code imprimé", "opens with the printed code"),
    ("GET", "/language/{wanted}"): Message("la langue de la page de connexion", "the sign-in page's language"),
    ("GET", "/kiosk/{key}/open"): Message(
        "s'ouvre avec la clé de l'écran, ou connecté", "opens with the screen's key, or to who is signed in"
    ),
    ("GET", "/kiosk/{key}"): Message(
        "s'ouvre avec la clé de l'écran, ou connecté", "opens with the screen's key, or to who is signed in"
    ),
    ("GET", "/kiosk/{key}/tile"): Message(
        "s'ouvre avec la clé de l'écran, ou connecté", "opens with the screen's key, or to who is signed in"
    ),
    ("GET", "/kiosk/{key}/events"): Message(
        "s'ouvre avec la clé de l'écran, ou connecté", "opens with the screen's key, or to who is signed in"
    ),
    ("GET", "/phone/{code}"): Message("s'ouvre avec le lien fait à l'accueil", "opens with the link made at the desk"),
    ("POST", "/phone/{code}"): Message("s'ouvre avec le lien fait à l'accueil", "opens with the link made at the desk"),
    ("GET", "/text/{wanted}"): Message("la taille du texte dans ce navigateur", "the size of text in this browser"),
    ("GET", "/static/{name}"): Message("style et script des pages", "the pages' style and script"),
    ("POST", "/api/v1/session"): Message("c'est par là qu'on entre", "this is how one gets in"),
    ("POST", "/api/v1/setup"): Message("s'ouvre avec le code imprimé", "opens with the printed code"),
}
"""The only doors without a lock, and why."""


def roles_for(action: Action) -> tuple[Role, ...]:
    """Return the roles that may do something for anybody; an administrator goes without saying."""
    return tuple(role for role in RULES[action].roles if role is not Role.ADMIN) or (Role.ADMIN,)
