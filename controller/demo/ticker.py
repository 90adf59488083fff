"""The lines that a running demonstration writes: one per event, with the workshop's own time.

House rules: French or English by the reader's language; names may be shown here, for they are invented.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from controller.demo.floor_watch import Happened
from controller.errors import Message

UNPLUGGED = Message(
    "lecteur débranché : aucun badge n'y est lu, les machines continuent",
    "reader unplugged: no badge is read there, machines go on",
)


LET_GO = Message(
    "la carte a ouvert son relais d'elle-même : le boîtier se tait",
    "the board has opened its relay by itself: the controller is silent",
)


SIGNS = {
    "warning": "!",
    "extended": "+",
    "confirm_stop": "…",
    "handing_over": "…",
    "trained": "★",
    "supervised": "★",
    "locked": "⊘",
    "unlocked": "○",
}


class Ticker:
    """Writes through `write`, a line at a time; nothing when `quiet`."""

    def __init__(self, write: Callable[[str], object], *, quiet: bool) -> None:
        self._write = write
        self._quiet = quiet

    def happened(self, at_ms: int, event: Happened, machine: str, person: str) -> None:
        """Tell an event at a machine; `person` is empty when nobody is known to have caused it."""
        who = f"{person}, " if person else ""
        match event.word:
            case "granted":
                sign, said = "▶", Message(f"{who}en marche", f"{who}on").text()
            case "denied":
                sign, said = "✗", f"{who}{event.said.text()}"
            case word if word in SIGNS:
                sign, said = SIGNS[word], f"{who}{event.said.text()}"
            case _:
                cost = "" if event.cents is None else f"{euros(event.cents)} · "
                sign, said = "■", f"{who}{cost}{event.said.text()}"
        self._line(at_ms, sign, machine, said)

    def paid_in(self, at_ms: int, person: str, cents: int, *, paid: bool) -> None:
        """Tell a payment at the desk, or that it was not possible."""
        amount = euros(cents)
        said = (
            Message(f"{person} verse {amount}", f"{person} pays in {amount}")
            if paid
            else Message(f"{person} n'a pas pu verser {amount}", f"{person} could not pay in {amount}")
        )
        self._line(at_ms, "€", Message("Accueil", "Desk").text(), said.text())

    def scene(self, at_ms: int, machine: str, told: Message) -> None:
        """Tell what is about to happen, and why."""
        self._line(at_ms, "»", machine, told.text())

    def plugged(self, at_ms: int, machine: str, *, plugged: bool) -> None:
        """Tell that a machine's reader lost its plug, or has it again."""
        said = Message("lecteur rebranché", "reader plugged in again") if plugged else UNPLUGGED
        self._line(at_ms, "~", machine, said.text())

    def let_go(self, at_ms: int, machine: str) -> None:
        """Tell that a board's relay has opened though its use was not ended."""
        self._line(at_ms, "~", machine, LET_GO.text())

    def _line(self, at_ms: int, sign: str, where: str, said: str) -> None:
        if not self._quiet:
            self._write(f"{_time(at_ms)}  {sign} {where:<20}  {said}")


def euros(cents: int) -> str:
    """Return an amount as it is written here: 12,50 € or €12.50."""
    whole, rest = divmod(cents, 100)
    return Message(f"{whole},{rest:02} €", f"€{whole}.{rest:02}").text()


def _time(at_ms: int) -> str:
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)).astimezone()
    return local.strftime("%H:%M")
