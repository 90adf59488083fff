"""What hangs on what: a channel's relay on a pin, or on a device that the file names elsewhere.

House rules: as in `settings_reading`, every problem is reported with its line, why and cure; what the tables alone
cannot show is judged here, on the raw values, for a table with one mistake still shows the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.errors import Message
from controller.settings_reading import choose, is_not, tables

if TYPE_CHECKING:
    from controller.settings_reading import Reading

PIN_KEYS = ("active_high", "feedback_pin", "feedback_active_high", "on_process_exit", "hold_max_gap_s")
"""What has a meaning for a relay on a pin only: a switch far away opens when nobody renews it, and is never held."""

BOARD = "board:"


def board_of(switch: str) -> str | None:
    """Return the name of the reader whose board is the switch; `None` for another kind of switch."""
    return switch.removeprefix(BOARD) if switch.startswith(BOARD) else None


def check_wiring(reading: Reading, raw: dict[str, Any]) -> None:
    """Report channels with no relay or two, switches that are not there, and devices that switch two channels."""
    boards = {
        row["name"]: row.get("channel")
        for _, row in tables(raw, "reader")
        if row.get("protocol") == "board" and isinstance(row.get("name"), str)
    }
    taken: list[str] = []
    for index, row in tables(raw, "channel"):
        place = f"channel[{index}]"
        switch = row.get("switch", "")
        if not isinstance(switch, str):
            continue  # already reported
        if not switch:
            if "pin" not in row:
                cure = Message("ajoutez pin = … ou switch = …", "add pin = … or switch = …")
                reading.problem(f"{place}.pin", Message("manque", "is missing"), cure, fallback=place)
            continue
        for key in ("pin", *PIN_KEYS):
            if key in row:
                why = Message("ne va pas avec switch", "does not go with switch")
                reading.problem(f"{place}.{key}", why, Message("gardez l'un des deux", "keep one of the two"))
        known = {f"{BOARD}{name}": channel for name, channel in boards.items()}
        if switch not in known:
            wanted = (f"{BOARD} suivi d'un lecteur de protocole board", f"{BOARD} and a reader whose protocol is board")
            reading.problem(f"{place}.switch", is_not(switch, wanted), choose(switch, tuple(known)))
        elif switch in taken:
            why = Message(f"{switch} commande déjà une autre voie", f"{switch} already switches another channel")
            reading.problem(f"{place}.switch", why, Message("donnez-en un autre", "give another one"))
        elif known[switch] != row.get("name"):
            why = Message(f"{switch} est sur la voie {known[switch]}", f"{switch} is at the channel {known[switch]}")
            cure = Message(
                f'écrivez channel = "{row.get("name")}" pour lui', f'write channel = "{row.get("name")}" there'
            )
            reading.problem(f"{place}.switch", why, cure)
        taken.append(switch)
