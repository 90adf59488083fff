"""What pages say of the devices at a machine, and of reporting one as dangerous. See `texts`."""

from __future__ import annotations

FLOOR: dict[str, tuple[str, str]] = {
    "machine.danger": ("Signaler un danger et couper", "Report a danger and cut"),
    "machine.danger_title": ("Machine dangereuse ?", "Is it dangerous?"),
    "machine.danger_what": ("Qu'avez-vous vu ?", "What did you see?"),
    "machine.danger_hint": (
        "Coupée et mise hors service tout de suite, jusqu'à la visite d'un mainteneur. L'arrêt d'urgence d'abord.",
        "Cut and locked out at once, until a maintainer has looked. The emergency stop comes first.",
    ),
    "done.danger": (
        "Danger signalé : la machine est coupée et hors service.",
        "Danger reported: the machine is cut and locked out.",
    ),
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
