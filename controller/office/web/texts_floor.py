"""What the board says of the devices at a machine. See `texts`."""

from __future__ import annotations

FLOOR: dict[str, tuple[str, str]] = {
    "reader.wrong_device": (
        "Un autre appareil est branché à la place du lecteur : il n'est pas utilisé, remettez le bon.",
        "Another device stands in the reader's place: it is not used, put the right one back.",
    ),
    "reader.away": (
        "Le lecteur de badges ne répond pas : vérifiez qu'il est branché.",
        "The badge reader does not answer: check that it is plugged in.",
    ),
    "reader.in_trouble": (
        "Le lecteur de badges ne fonctionne pas. Prévenez un fabmanager.",
        "The badge reader does not work. Tell a fabmanager.",
    ),
    "reader.other_device": (
        "Le lecteur de badges n'est plus celui d'avant. Prévenez un fabmanager s'il n'a pas été changé exprès.",
        "The badge reader is not the one of before. Tell a fabmanager if nobody changed it on purpose.",
    ),
}
"""Of `reader.ready` nothing is said."""
