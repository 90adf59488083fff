"""The talk with a card put to the reader: which kind it is, and whether it proves the key that it should have.

House rules: a dialogue is a generator: it yields an APDU, is sent the card's answer, and returns its verdict, so that
whatever carries the bytes stays outside; it ends after at most `EXCHANGES_MAX` exchanges whatever the card says.
"""

from collections.abc import Callable, Generator
from typing import Literal

from firmware_bridge.cards import apdu
from firmware_bridge.cards.diversification import APPLICATION, key_of_card
from firmware_bridge.cards.handshakes import RANDOM_BYTES, AesLegacy, Ev2First, Handshake, Session
from firmware_bridge.cards.keys import FACTORY_KEY, CardKeys

Verdict = Literal["cryptographic", "number", "not_authentic", "factory_key", "unreadable"]
"""`number`: the card takes part in no authentication and has shown its number, no more."""
Chance = Callable[[int], bytes]
"""So many random bytes, for a secret's purposes."""
Dialogue = Generator[bytes, bytes, Verdict]

EXCHANGES_MAX = 10
"""Two selections, and a handshake in two ways with each of two keys: there is no loop, and it ends here at last."""
NTAG_APPLICATION = bytes.fromhex("D2760000850101")
SELECT_APPLICATION = 0x5A
_CHALLENGE_BYTES = 16

_Refusal = Literal["no_part", "wrong_key", "wait"]
Kind = Literal["ntag424", "desfire"]


def prove(uid: bytes, keys: CardKeys, chance: Chance) -> Dialogue:
    """Ask a card to prove the key that the site gave it; one with the factory's key or another's is told apart."""
    kind = yield from select()
    if kind is None:
        return "number"
    outcome = yield from authenticate(kind, key_of_card(keys, uid), chance)
    if isinstance(outcome, Session):
        return "cryptographic"
    match outcome:
        case "no_part":
            return "number"
        case "wait":
            return "unreadable"
        case "wrong_key":
            factory = yield from authenticate(kind, FACTORY_KEY, chance)
            return "factory_key" if isinstance(factory, Session) else "not_authentic"


def select() -> Generator[bytes, bytes, Kind | None]:
    """Open our application; None: a card without it, or of a kind that knows neither command."""
    native = apdu.parsed((yield apdu.wrapped(SELECT_APPLICATION, APPLICATION)))
    if native.status == apdu.DONE:
        return "desfire"
    iso = apdu.parsed((yield apdu.selected(NTAG_APPLICATION)))
    return "ntag424" if iso.status == apdu.ISO_DONE else None


def authenticate(
    kind: Kind, key: bytes, chance: Chance, number: int = 0
) -> Generator[bytes, bytes, Session | _Refusal]:
    """Prove to each other that both hold key `number`; the session, or why there is none."""
    outcome = yield from _shake_hands(Ev2First(key, chance(RANDOM_BYTES), number))
    if outcome == "no_part" and kind == "desfire":
        outcome = yield from _shake_hands(AesLegacy(key, chance(RANDOM_BYTES)))
    return outcome


def _shake_hands(handshake: Handshake) -> Generator[bytes, bytes, Session | _Refusal]:
    challenge = apdu.parsed((yield handshake.command()))
    if challenge.status == apdu.WAIT:
        return "wait"
    if challenge.status != apdu.MORE or len(challenge.data) != _CHALLENGE_BYTES:
        return "no_part"
    answer = apdu.parsed((yield apdu.continued(handshake.token(challenge.data))))
    if answer.status == apdu.WAIT:
        return "wait"
    if answer.status != apdu.DONE or len(answer.data) != handshake.answer_bytes:
        return "wrong_key"
    return handshake.confirm(answer.data) or "wrong_key"
