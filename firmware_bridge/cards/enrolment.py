"""Giving a blank card its key: NTAG 424 DNA, DESFire EV2 and EV3. A `dialogue` that changes something.

A DESFire gets an application of ours with one AES key first, which a card fresh from the factory lets anybody make;
then, as an NTAG 424 DNA from the beginning, it changes the factory's key 0 for its own. An NTAG 424 DNA has four keys
more, which open nothing of ours and would let anybody rewrite the card's link and counters: each gets its own too.

House rules: a card that opens with no key that we know is somebody's, and is left alone; every step is one command that
the card does whole or not at all, so that a card taken away half-way has one key or the other, and the next time it is
put there it goes on from there; who listens to the air meanwhile learns the new key: a desk is the place for it.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Literal

from firmware_bridge.cards import apdu
from firmware_bridge.cards.channel import change_other_key, change_own_key, confirmed
from firmware_bridge.cards.dialogue import SELECT_APPLICATION, Chance, Kind, Verdict, authenticate, prove, select
from firmware_bridge.cards.diversification import APPLICATION, key_of_card
from firmware_bridge.cards.handshakes import Session
from firmware_bridge.cards.keys import FACTORY_KEY, CardKeys

Outcome = Literal["enrolled", "already", "somebodys", "locked", "full", "too_old", "number", "unreadable"]
"""It has its key now; had it before; has another's; its issuer lets nobody make an application; there is no room; it is
a DESFire EV1, whose change of key is not spoken here; it has no keys at all; it did not answer to the end.
"""
SHOWN_AS: dict[Outcome, Verdict] = {
    "enrolled": "cryptographic",
    "already": "cryptographic",
    "somebodys": "not_authentic",
    "locked": "unreadable",
    "full": "unreadable",
    "too_old": "unreadable",
    "number": "number",
    "unreadable": "unreadable",
}
"""What the reader says of such a card."""
Enrolment = Generator[bytes, bytes, Outcome]

OTHER_KEYS = (1, 2, 3, 4)
"""Of an NTAG 424 DNA."""
ENROL_EXCHANGES_MAX = 23 + 5 * len(OTHER_KEYS)
"""Two selections, three answers about its version, an application made and opened, a handshake in two ways, a change of
key, and all of `prove`; for each other key two handshakes and a change: there is no other loop, and it ends at last.
"""
CREATE_APPLICATION, GET_VERSION = 0xCA, 0x60
WHOLE_CARD = bytes(3)
"""The application 0: the card itself."""
KEY_SETTINGS = bytes([0x09, 0x81])
"""Its key and these settings may be changed by who holds the key, all else is closed; one key, of AES."""

_DESFIRE, _GENERATION_BITS, _OLDEST = 0x01, 0x0F, 2
_VERSION_BYTES_MIN = 4
_KEY_VERSION = 1
_DENIED, _MUST_AUTHENTICATE, _NO_ROOM, _TOO_MANY = 0x919D, 0x91AE, 0x910E, 0x91CE


@dataclass
class Desk:
    """What a desk remembers of the card before: its number, if its key was being changed when it was last heard of."""

    changing: bytes = field(default=b"", repr=False)


def enrol(uid: bytes, keys: CardKeys, chance: Chance, desk: Desk) -> Enrolment:
    """Give a blank card the key that is its own, and let it prove it."""
    outcome = yield from _enrol(uid, keys, chance, desk)
    if outcome == "already" and desk.changing == uid:
        outcome = "enrolled"
    if outcome != "unreadable":
        desk.changing = b""
    return outcome


def _enrol(uid: bytes, keys: CardKeys, chance: Chance, desk: Desk) -> Enrolment:
    kind = yield from select()
    if kind is None:
        refused = yield from _make_application()
        if refused is not None:
            return refused
        kind = "desfire"
    factory = yield from authenticate(kind, FACTORY_KEY, chance)
    if isinstance(factory, Session):
        desk.changing = uid
        return (yield from _change_key(kind, factory, uid, keys, chance))
    match factory:
        case "wrong_key":
            return (yield from _whose(kind, uid, keys, chance))
        case "wait":
            return "unreadable"
        case "no_part":
            return "number"


def _make_application() -> Generator[bytes, bytes, Outcome | None]:
    """Make ours on a DESFire that has none; None: done, and open."""
    version = apdu.parsed((yield apdu.wrapped(GET_VERSION)))
    if version.status != apdu.MORE or len(version.data) < _VERSION_BYTES_MIN or version.data[1] != _DESFIRE:
        return "number"
    if version.data[3] & _GENERATION_BITS < _OLDEST:
        return "too_old"
    yield apdu.continued()
    yield apdu.continued()
    yield apdu.wrapped(SELECT_APPLICATION, WHOLE_CARD)
    made = apdu.parsed((yield apdu.wrapped(CREATE_APPLICATION, APPLICATION + KEY_SETTINGS)))
    if made.status in (_DENIED, _MUST_AUTHENTICATE):
        return "locked"
    if made.status in (_NO_ROOM, _TOO_MANY):
        return "full"
    if made.status != apdu.DONE:
        return "unreadable"
    opened = apdu.parsed((yield apdu.wrapped(SELECT_APPLICATION, APPLICATION)))
    return None if opened.status == apdu.DONE else "unreadable"


def _change_key(kind: Kind, factory: Session, uid: bytes, keys: CardKeys, chance: Chance) -> Enrolment:
    if not factory.identifier:
        return "too_old"
    said = change_own_key(factory, 0, key_of_card(keys, uid), version=_KEY_VERSION)
    changed = apdu.parsed((yield said))
    if changed.status != apdu.DONE:
        return "unreadable"
    if (yield from _change_others(kind, uid, keys, chance)) is None:
        return "unreadable"
    return "enrolled" if (yield from prove(uid, keys, chance)) == "cryptographic" else "unreadable"


def _change_others(kind: Kind, uid: bytes, keys: CardKeys, chance: Chance) -> Generator[bytes, bytes, int | None]:
    """Give each other key that is still the factory's its own; how many were, None: it did not answer to the end.

    A card that was given out before these keys were changed gets them when it is put to a desk again.
    """
    changed = 0
    for number in OTHER_KEYS if kind == "ntag424" else ():
        factory = yield from authenticate(kind, FACTORY_KEY, chance, number)
        if factory == "wrong_key":
            continue
        session = yield from authenticate(kind, key_of_card(keys, uid), chance)
        if not isinstance(factory, Session) or not isinstance(session, Session):
            return None
        own = key_of_card(keys, uid, number)
        said = change_other_key(session, 0, number, own, FACTORY_KEY, version=_KEY_VERSION)
        answer = apdu.parsed((yield said))
        if answer.status != apdu.DONE or not confirmed(session, 1, answer.data):
            return None
        changed += 1
    return changed


def _whose(kind: Kind, uid: bytes, keys: CardKeys, chance: Chance) -> Enrolment:
    own = yield from authenticate(kind, key_of_card(keys, uid), chance)
    if isinstance(own, Session):
        changed = yield from _change_others(kind, uid, keys, chance)
        return "unreadable" if changed is None else "enrolled" if changed else "already"
    return "unreadable" if own == "wait" else "somebodys"
