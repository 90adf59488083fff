"""What the two sides ask of their shells.

House rules: a side changes nothing itself, it is told when a thing is done; what is to be committed is committed in
the order in which it was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from controller.domain.chain import SealedFact
from controller.domain.ids import BranchId
from controller.domain.reasons import Sentence
from controller.exchange.branches import BranchRecord
from controller.exchange.messages import (
    BranchStanding,
    Command,
    Contained,
    Down,
    Entry,
    LedgerHead,
    ReplicaState,
    SnapshotOffer,
    Up,
)


class AlarmCode(StrEnum):
    """What a person has to look at. A closed list, used by page, log and metrics alike."""

    FOREIGN_ACK = "foreign_ack"
    ACK_WENT_BACK = "ack_went_back"
    HISTORY_TRIMMED = "history_trimmed"
    LEDGER_WENT_BACK = "ledger_went_back"
    NEEDS_UPGRADE = "needs_upgrade"
    SIZE_DROP = "size_drop"
    SNAPSHOT_DAMAGED = "snapshot_damaged"
    FORKED = "forked"
    QUARANTINED = "quarantined"
    FORGERY = "forgery"
    BROKEN_FACT = "broken_fact"
    BROKEN_CHAIN = "broken_chain"


SENTENCES: dict[AlarmCode, Sentence] = {
    AlarmCode.FOREIGN_ACK: Sentence(
        "Le bureau accuse réception d'un fait que ce contrôleur n'a pas écrit ; vérifiez quel bureau répond ici.",
        "The office acknowledges a fact this controller did not write; check which office answers here.",
    ),
    AlarmCode.ACK_WENT_BACK: Sentence(
        "Le bureau sait moins qu'avant sans l'avoir dit ; s'il a été restauré, déclarez-le par « indivis restore ».",
        "The office knows less than before and did not say so; if it was restored, declare it with `indivis restore`.",
    ),
    AlarmCode.HISTORY_TRIMMED: Sentence(
        "Le bureau a perdu des faits que ce contrôleur n'a plus ; cherchez une sauvegarde plus récente du bureau.",
        "The office lost facts that this controller no longer holds; look for a newer backup of the office.",
    ),
    AlarmCode.LEDGER_WENT_BACK: Sentence(
        "Le grand livre est plus court, ou autre, que ce dont ce contrôleur est témoin ; lancez « indivis verify ».",
        "The office's ledger is shorter than, or differs from, what this controller witnessed; run `indivis verify`.",
    ),
    AlarmCode.NEEDS_UPGRADE: Sentence(
        "L'annuaire contient une règle inconnue de cette version ; mettez le contrôleur à jour.",
        "The directory holds a rule this version does not know; upgrade the controller.",
    ),
    AlarmCode.SIZE_DROP: Sentence(
        "Le nouvel annuaire a perdu plus de la moitié de ses entrées ; un fabmanager doit le confirmer au bureau.",
        "The new directory lost more than half of its entries; a fabmanager has to confirm it in the office.",
    ),
    AlarmCode.SNAPSHOT_DAMAGED: Sentence(
        "L'annuaire reçu ne correspond pas à son empreinte ; il est redemandé.",
        "The directory received does not match its digest; it is asked for again.",
    ),
    AlarmCode.FORKED: Sentence(
        "Deux journaux partent du même point : une carte a été restaurée ou copiée ; dites laquelle est la bonne.",
        "Two journals start from one point: a card was restored or copied; say which one is right.",
    ),
    AlarmCode.QUARANTINED: Sentence(
        "Deux copies d'un contrôleur parlent en même temps ; la plus jeune ne démarre rien avant une décision.",
        "Two copies of one controller speak at once; the younger starts nothing until somebody decides.",
    ),
    AlarmCode.FORGERY: Sentence(
        "Un fait enregistré revient sous le même nom avec un autre contenu ; il est refusé. Isolez ce contrôleur.",
        "A stored fact comes again under its name with other content; it is refused. Isolate this controller.",
    ),
    AlarmCode.BROKEN_FACT: Sentence(
        "Un fait ne contient pas ce à quoi il s'engage ; il est refusé. Vérifiez la carte du contrôleur.",
        "A fact does not hold what it commits to; it is refused. Check the controller's card.",
    ),
    AlarmCode.BROKEN_CHAIN: Sentence(
        "Un fait ne suit pas celui qui le précède ; il est refusé. Vérifiez la carte du contrôleur.",
        "A fact does not follow the one before it; it is refused. Check the controller's card.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Tell a person. `detail` names branch and number in the words of the log; never a badge, a name or a secret."""

    code: AlarmCode
    detail: str


@dataclass(frozen=True, slots=True)
class Send:
    """Publish this message to the other side."""

    message: Up | Down


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply:
    """Write these entries and this vector to the replica in one transaction, then call `applied` (or `apply_failed`).

    An empty vector leaves the one that is there. The overlay is trimmed by the new vector after the commit.
    """

    incarnation: str
    to_revision: int
    entries: tuple[Entry, ...]
    vector: tuple[Contained, ...]


@dataclass(frozen=True, slots=True)
class BeginSnapshot:
    """Empty the staging place; chunks of this offer follow."""

    offer: SnapshotOffer


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepChunk:
    """Put this chunk's text in the staging place."""

    chunk: int
    data: str


@dataclass(frozen=True, slots=True)
class ApplySnapshot:
    """Build the replica from the staged chunks beside the old one and switch; rebuild the overlay above its vector.

    Then call `applied`, or `snapshot_refused` when an entry is not understood or the count is wrong, or `apply_failed`.
    """

    offer: SnapshotOffer


@dataclass(frozen=True, slots=True)
class TrimUpTo:
    """Facts up to this number may leave the journal: they are in a backup of the office and older than 35 days."""

    n: int


@dataclass(frozen=True, slots=True)
class Witness:
    """Journal this ledger head."""

    head: LedgerHead


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """The replica was the office's newest at boot time `as_of_ms`, when our facts up to `stored_n` were known there."""

    as_of_ms: int
    stored_n: int
    office_ms: int


@dataclass(frozen=True, slots=True)
class Do:
    """Carry out a command; then call `command_answered`."""

    command: Command


@dataclass(frozen=True, slots=True)
class Standing:
    """The office's decision about this branch: while `quarantined` or `rejected`, refuse starts; stops go on."""

    state: BranchStanding


ControllerOutput = (
    Send | Apply | BeginSnapshot | KeepChunk | ApplySnapshot | TrimUpTo | Witness | Fresh | Do | Standing | Alarm
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Commit these facts and these branches' records in one transaction, with the alarms beside them; then call
    `stored`.

    Facts of a branch whose standing is `quarantined` or `rejected` are stored and not posted.
    """

    facts: tuple[SealedFact, ...]
    branches: tuple[BranchRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Commit these branches' standings: what was held back is posted, or never will be."""

    branches: tuple[BranchRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Numbers of a branch that will not come, ends included; `to_n` is null while nobody knows how many there were."""

    branch: BranchId
    from_n: int
    to_n: int | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the controller said of itself, for the page: where its directory and its journal stand."""

    branch: BranchId
    at_ms: int
    replica: ReplicaState
    head_n: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What became of a command."""

    command: str
    outcome: str


OfficeOutput = Send | Store | Decided | Gap | Heard | Answered | Alarm
