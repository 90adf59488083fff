"""Who and what is in the demonstration: machines, people, owners. All names, badges and prices are invented.

House rules: data only. Machines resemble those of a fabricating lab in a small town; nobody here resembles anybody.
Lengths of uses are in the range that such machines have; a tenth of the people is refused something.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.domain.agreement import Quota
from controller.domain.proof import Proof
from controller.errors import Message

BOOKS = "demo"
SITE = "atelier-demo"
CONTROLLER = "demo-pi"
PLACE_NAME = "Atelier de démonstration (fictif)"

AGREEMENT = "indivision-ceramique"
AGREEMENT_NAME = "Indivision céramique (fictive)"
MANAGING = "atelier-demo"
OWNERS = tuple(
    Quota(party, 1) for party in (MANAGING, "argiles-inventees", "poterie-modele", "studio-fictif", "terres-d-exemple")
)
"""The one who manages and four others, in equal parts; the managing fee of one half comes off first (reading B)."""

OWNER_SHOWN = "studio-fictif"
"""The co-owner whose page one can sign in to."""

MINUTE_S = 60
HOUR_S = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMachine:
    """A machine, its reader and its wiring; there is one of each kind of reader.

    `per_minute` is a fraction of cents; most uses last `usual_s` (low, high).

    `pause_s` is how long it usually stands still between two people; beside an `unattended` one nobody stays.
    `rules` are those of its policy that differ from the others'.
    """

    id: str
    name: str
    pin: int
    protocol: str
    model: str
    training: str
    per_minute: tuple[int, int]
    minimum_cents: int
    usual_s: tuple[int, int]
    pause_s: tuple[int, int]
    max_duration_s: int
    unattended: bool = False
    owned: bool = False
    least_proof: Proof = "number"
    rules: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPerson:
    """Somebody with a badge: one card with two chips, whose EM4100 number is `badge`. `trainings` are granted from the
    start; `about` says what is special about them. Whoever does not visit comes in a scene only.
    """

    id: str
    name: str
    badge: str
    credit_cents: int
    trainings: tuple[str, ...] = ()
    member: bool = True
    trains: bool = False
    visits: bool = True
    membership_over: bool = False
    about: Message | None = None

    @property
    def card(self) -> str:
        """The number of the card's other chip, an NTAG 424 DNA."""
        return f"04{self.badge}80"

    @property
    def numbers(self) -> tuple[str, ...]:
        """What readers of each kind make of the card: EM4100, the last 32 bits of it by OSDP, the other chip."""
        return self.badge, self.badge[2:], self.card

    def number_at(self, protocol: str) -> str:
        """What a reader of that kind reads."""
        return {"osdp": self.badge[2:], "pn532": self.card}.get(protocol, self.badge)


MACHINES = (
    DemoMachine(
        id="laser",
        name="Découpe laser",
        pin=17,
        protocol="em4100",
        model="rdm6300",
        training="laser",
        per_minute=(40, 1),
        minimum_cents=200,
        usual_s=(20 * MINUTE_S, 40 * MINUTE_S),
        pause_s=(5 * MINUTE_S, 20 * MINUTE_S),
        max_duration_s=2 * HOUR_S,
        rules={"on_the_spot": "supervised"},
    ),
    DemoMachine(
        id="cnc",
        name="Fraiseuse numérique",
        pin=22,
        protocol="osdp",
        model="osdp",
        training="fraisage",
        per_minute=(55, 1),
        minimum_cents=300,
        usual_s=(25 * MINUTE_S, 70 * MINUTE_S),
        pause_s=(10 * MINUTE_S, 40 * MINUTE_S),
        max_duration_s=3 * HOUR_S,
        rules={"on_the_spot": "grant"},
    ),
    DemoMachine(
        id="vinyle",
        name="Découpe vinyle",
        pin=23,
        protocol="pn532",
        model="pn532",
        training="vinyle",
        per_minute=(25, 2),
        minimum_cents=100,
        usual_s=(10 * MINUTE_S, 25 * MINUTE_S),
        pause_s=(5 * MINUTE_S, 30 * MINUTE_S),
        max_duration_s=30 * MINUTE_S,
        rules={"extend_s": 15 * MINUTE_S, "extended_max_s": HOUR_S},
    ),
    DemoMachine(
        id="mega3d",
        name="Imprimante Méga 3D",
        pin=24,
        protocol="em4100",
        model="id12",
        training="impression",
        per_minute=(35, 3),
        minimum_cents=200,
        usual_s=(60 * MINUTE_S, 5 * HOUR_S),
        pause_s=(10 * MINUTE_S, 40 * MINUTE_S),
        max_duration_s=12 * HOUR_S,
        unattended=True,
        rules={"stop_tap": "confirm", "hand_over": "yes"},
    ),
    DemoMachine(
        id="ceramique",
        name="Imprimante céramique",
        pin=25,
        protocol="board",
        model="board",
        training="ceramique",
        per_minute=(46, 3),
        minimum_cents=300,
        usual_s=(2 * HOUR_S, 6 * HOUR_S),
        pause_s=(5 * MINUTE_S, 30 * MINUTE_S),
        max_duration_s=10 * HOUR_S,
        unattended=True,
        owned=True,
    ),
    DemoMachine(
        id="four",
        name="Four à céramique",
        pin=27,
        protocol="pn532",
        model="pn532",
        training="cuisson",
        per_minute=(61, 10),
        minimum_cents=500,
        usual_s=(8 * HOUR_S, 14 * HOUR_S),
        pause_s=(20 * MINUTE_S, 60 * MINUTE_S),
        max_duration_s=16 * HOUR_S,
        unattended=True,
        owned=True,
        least_proof="cryptographic",
        rules={"end_policy": "warn_only"},
    ),
)

TRAININGS = {
    "laser": "Découpe laser",
    "fraisage": "Fraisage numérique",
    "vinyle": "Découpe vinyle",
    "impression": "Impression grand format",
    "ceramique": "Impression céramique",
    "cuisson": "Cuisson",
}

SUPERVISED_USES = 3
"""Uses under a trainer's eyes that become a right, where a machine counts them."""

SCHOOL, CLASS, CLASS_NAME = "Collège fictif", "college", "Classe de 5e (fictive)"
ORDER_CENTS = 20_000
HEADCOUNT = 12
"""The class that comes: who pays, under which ceiling, how many pupils."""

UNKNOWN = "inconnu"
"""The badge that nobody has been given yet."""

PEOPLE = (
    DemoPerson(
        id="camille",
        name="Camille Exemple",
        badge="DEC0DE0001",
        credit_cents=42_000,
        trainings=("laser", "fraisage", "vinyle", "impression", "ceramique", "cuisson"),
        trains=True,
        about=Message("formée à tout, et formatrice", "trained for everything, and a trainer"),
    ),
    DemoPerson(id="sacha", name="Sacha Fictif", badge="DEC0DE0002", credit_cents=18_000, trainings=("laser", "vinyle")),
    DemoPerson(id="lou", name="Lou Spécimen", badge="DEC0DE0003", credit_cents=25_000, trainings=("laser", "fraisage")),
    DemoPerson(
        id="noa", name="Noa Maquette", badge="DEC0DE0004", credit_cents=60_000, trainings=("ceramique", "cuisson")
    ),
    DemoPerson(id="alix", name="Alix Gabarit", badge="DEC0DE0005", credit_cents=40_000, trainings=("impression",)),
    DemoPerson(
        id="charlie",
        name="Charlie Modèle",
        badge="DEC0DE0006",
        credit_cents=15_000,
        trainings=("laser", "vinyle"),
        about=Message("pas encore formé à la fraiseuse", "not trained for the CNC mill yet"),
    ),
    DemoPerson(
        id="maxime",
        name="Maxime Prototype",
        badge="DEC0DE0007",
        credit_cents=250,
        trainings=("vinyle",),
        about=Message("presque plus de crédit", "hardly any credit left"),
    ),
    DemoPerson(
        id="dominique",
        name="Dominique Imaginaire",
        badge="DEC0DE0008",
        credit_cents=60_000,
        trainings=("ceramique", "cuisson"),
    ),
    DemoPerson(
        id="eden",
        name="Eden Factice",
        badge="DEC0DE0009",
        credit_cents=35_000,
        trainings=("fraisage", "impression"),
    ),
    DemoPerson(
        id="morgan",
        name="Morgan Inventé",
        badge="DEC0DE000A",
        credit_cents=9_000,
        trainings=("laser", "fraisage"),
        membership_over=True,
        about=Message("adhésion terminée hier", "membership ended yesterday"),
    ),
    DemoPerson(
        id="ange",
        name="Ange Échantillon",
        badge="DEC0DE000B",
        credit_cents=520,
        trainings=("cuisson",),
        about=Message("moins de crédit qu'une cuisson ne coûte", "less credit than a firing costs"),
    ),
    DemoPerson(
        id="robin",
        name="Robin Canevas",
        badge="DEC0DE000C",
        credit_cents=1_000,
        trainings=("laser", "vinyle"),
        visits=False,
        about=Message("vient avec un groupe de collégiens", "comes with a class of pupils"),
    ),
    DemoPerson(
        id="carte-1",
        name="Carte de groupe nº 1",
        badge="DEC0DE000D",
        credit_cents=0,
        visits=False,
        about=Message("une carte numérotée, sans nom d'élève", "a numbered card, without a pupil's name"),
    ),
    DemoPerson(
        id=UNKNOWN,
        name="Badge inconnu",
        badge="DEC0DE00FF",
        credit_cents=0,
        member=False,
        about=Message("à enregistrer depuis la page", "to be enrolled from the page"),
    ),
)


def person_by_id(key: str) -> DemoPerson:
    """Return somebody; `KeyError` for nobody."""
    return {person.id: person for person in PEOPLE}[key]


def machine_by_id(key: str) -> DemoMachine:
    """Return a machine; `KeyError` for none."""
    return {machine.id: machine for machine in MACHINES}[key]


def able(machine: DemoMachine) -> tuple[DemoPerson, ...]:
    """Return those who come to use `machine`, as the demonstration begins."""
    return tuple(
        person
        for person in PEOPLE
        if person.member and person.visits and not person.membership_over and machine.training in person.trainings
    )


def unable(machine: DemoMachine) -> tuple[DemoPerson, ...]:
    """Return those whom `machine` refuses, the unknown badge among them."""
    may = able(machine)
    return tuple(person for person in PEOPLE if person.visits and person not in may)
