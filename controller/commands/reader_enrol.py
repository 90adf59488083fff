"""`indivis reader enrol`: card after card gets a key of its own, at a desk, until Ctrl-C.

House rule: of each card is said what was done to it and in what state it is; nobody has to guess.
"""

import time
from pathlib import Path

from controller.commands.reader_talk import listen, words_of
from controller.errors import Message
from firmware_bridge.cards.enrolment import Outcome
from firmware_bridge.cards.keys import load_card_keys
from firmware_bridge.drivers import Driver
from firmware_bridge.messages import BadgePresented, BadgeRemoved, BadgeUnusable
from firmware_bridge.messages import Message as Told
from firmware_bridge.pn532.chip import BAUD
from firmware_bridge.pn532.link import Pn532Link
from firmware_bridge.reader import SerialReader

FOR_MS = 10 * 60_000
"""From each card to the next: then no card is changed any more, for a desk that is left keeps no door open."""

BEGIN = Message(
    "Posez les cartes neuves une à une, et laissez chacune jusqu'à ce qu'elle soit nommée. Une carte retirée trop tôt"
    " n'est pas perdue : reposez-la, et cela continue. (Ctrl-C pour finir)",
    "Put blank cards there one by one, and leave each until it is named. One that was taken away too soon is not lost:"
    " put it there again, and it goes on. (Ctrl-C to end)",
)
OUTCOMES: dict[Outcome, Message] = {
    "enrolled": Message(
        "elle a maintenant une clé à elle ; donnez-la à un adhérent depuis la page",
        "it has a key of its own now; give it to a member from the page",
    ),
    "already": Message("elle avait déjà sa clé : rien n'a changé", "it had its key already: nothing was changed"),
    "somebodys": Message(
        "refusée : elle a la clé de quelqu'un d'autre, rien n'a changé",
        "refused: it has somebody else's key, nothing was changed",
    ),
    "locked": Message(
        "refusée : celui qui l'a émise n'y laisse rien ajouter, rien n'a changé",
        "refused: who issued it lets nobody add to it, nothing was changed",
    ),
    "full": Message("refusée : il n'y a plus de place, rien n'a changé", "refused: it is full, nothing was changed"),
    "too_old": Message(
        "refusée : une DESFire EV1 ne peut pas être enregistrée ici, rien n'a changé ; il faut une EV2, une EV3 ou une"
        " NTAG 424 DNA",
        "refused: a DESFire EV1 cannot be enrolled here, nothing was changed; take an EV2, an EV3 or an NTAG 424 DNA",
    ),
    "number": Message(
        "elle n'a qu'un numéro, que tout le monde peut copier : rien n'a changé",
        "it has a number only, which anybody can copy: nothing was changed",
    ),
    "unreadable": Message(
        "elle n'a pas répondu jusqu'au bout : reposez-la bien à plat, et cela continue",
        "it did not answer to the end: put it there again, flat, and it goes on",
    ),
}


def run(path: str, key_file: Path) -> None:
    """Enrol until Ctrl-C; raise a `KeyFile…Error` for a master key that will not do."""
    link = Pn532Link(load_card_keys(key_file))
    link.enrol(_now_ms(), FOR_MS)
    print(BEGIN.text(), flush=True)

    def hear(told: Told, _reader: SerialReader) -> None:
        match told:
            case BadgeRemoved():
                return
            case BadgePresented(number_hex=number, proof=proof):
                outcome = link.enrolment or ("number" if proof == "number" else "already")
                print(f"{number} : {OUTCOMES[outcome].text()}", flush=True)
            case BadgeUnusable(reason=reason) if link.enrolment is not None or reason == "unreadable":
                print(OUTCOMES[link.enrolment or "unreadable"].text(), flush=True)
            case _:
                print(words_of(told), flush=True)
                return
        link.enrol(_now_ms(), FOR_MS)

    listen(path, Driver(BAUD, link, low_lines=True, one_way=True), hear)


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
