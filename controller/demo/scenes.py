"""The rarer things of a workshop's evening, each once after the opening: what is in no ordinary visit.

House rules: data only. A scene waits until its machine is free, and nobody else comes there before it.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.errors import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Somebody uses a machine for some minutes. `pupil` taps after them; with `extends` they answer a warning with
    their badge; after `locked_after` minutes a fabmanager locks the machine out for `locked` minutes. Instead of
    stopping, they hand over to `next`. `card` (badge, machine) is a pupil's in a class: the trainer's second tap ends
    both uses.
    """

    machine: str
    person: str
    minutes: int
    told: Message
    pupil: str = ""
    extends: bool = False
    next: str = ""
    card: tuple[str, str] | None = None
    locked_after: int = 0
    locked: int = 0


SCENES = (
    Scene(
        machine="four",
        person="ange",
        minutes=300,
        told=Message(
            "Ange n'a pas de quoi payer la cuisson entière : le four avertit et n'est jamais coupé.",
            "Ange cannot pay for the whole firing: the kiln warns and is never cut.",
        ),
    ),
    Scene(
        machine="cnc",
        person="camille",
        minutes=12,
        pupil="charlie",
        told=Message(
            "Camille, formatrice, badge à la fraiseuse, puis Charlie : Charlie est formé sur place.",
            "Camille, a trainer, taps at the mill, then Charlie does: Charlie is trained on the spot.",
        ),
    ),
    Scene(
        machine="vinyle",
        person="sacha",
        minutes=35,
        extends=True,
        told=Message(
            "Sacha a besoin de plus que la demi-heure permise : un badge pendant l'avertissement prolonge.",
            "Sacha needs more than the half hour allowed: a tap during the warning extends.",
        ),
    ),
    Scene(
        machine="laser",
        person="camille",
        minutes=15,
        pupil="alix",
        told=Message(
            "Alix découpe au laser sous les yeux de Camille : l'utilisation surveillée compte pour sa formation.",
            "Alix cuts with the laser under Camille's eyes: the supervised use counts for the training.",
        ),
    ),
    Scene(
        machine="mega3d",
        person="alix",
        minutes=30,
        next="eden",
        told=Message(
            "Alix laisse la Méga 3D à Eden sans l'arrêter : un badge pour l'offrir, un autre pour la reprendre.",
            "Alix leaves the Mega 3D to Eden without stopping it: one tap offers it, another takes over.",
        ),
    ),
    Scene(
        machine="laser",
        person="robin",
        minutes=25,
        card=("carte-1", "vinyle"),
        told=Message(
            "Robin vient avec un groupe de collégiens : leurs cartes ouvrent, le collège paie, un badge arrête tout.",
            "Robin comes with a class: their cards open, the school pays, one tap ends it all.",
        ),
    ),
    Scene(
        machine="laser",
        person="lou",
        minutes=20,
        locked_after=6,
        locked=25,
        told=Message(
            "Pendant que Lou travaille, un fabmanager met le laser hors service : Lou finit, personne ne commence.",
            "While Lou is at work, a fabmanager locks the laser out: Lou finishes, nobody else begins.",
        ),
    ),
)
"""In their order; scenes of one machine follow each other there."""
