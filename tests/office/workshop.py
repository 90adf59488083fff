"""A small fictional workshop in a real office database, and a controller's journal that tells stories to it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from controller.domain.agreement import Terms, reading
from controller.domain.chain import GENESIS_HASH, SealedFact, commitment_of
from controller.domain.codec import body_of
from controller.domain.facts import (
    BranchOpened,
    ClockAnchored,
    EndMoved,
    Fact,
    Inputs,
    RightGranted,
    SessionEnded,
    SessionOpened,
    Stamp,
    TapRefused,
    UseSupervised,
)
from controller.domain.ids import (
    AccountId,
    BadgeToken,
    BranchId,
    ControllerId,
    MachineId,
    MemberId,
    SessionId,
    TrainingId,
)
from controller.domain.ledger import MeansOfPayment
from controller.domain.reasons import Refusal, StopReason
from controller.domain.sessions import SessionKind
from controller.domain.tariff import Price, charge
from controller.office import money
from controller.office.directory import agreements, badges, machines, people, places, rights
from controller.office.directory.entries import changes_since
from controller.office.directory.people import NewMember, member_row
from controller.office.directory.tables import alarm
from controller.office.fact_batch import Interpretation
from controller.office.intake import contained_vector, store_facts
from controller.office.interpreting import interpret
from controller.office.ledger.tables import ledger_entry
from controller.office.store import Change, OfficeStore
from controller.office.tray import tray
from controller.office.vault import Vault, open_vault

NOON = 1_800_000_000_000
"""An instant in 2027, in Unix milliseconds: when the stories begin."""

TOKEN = "ab" * 32
PRICE = Price(machine=MachineId("kiln"), version=1, per_minute_num=60)
INPUTS = Inputs(revision=1, age_s=0, available_cents=5_000, credit_fresh=True, locks=())


@dataclass
class Workshop:
    """An office with books, a kiln held in indivision, a laser cutter of its own, and one member with credit."""

    folder: Path
    store: OfficeStore
    vault: Vault
    member: str = ""
    account: str = ""
    now_ms: int = NOON

    @classmethod
    def founded(cls, folder: Path) -> Workshop:
        """Fill the folder with an own copy of the workshop's files and open them."""
        template, member, account = _template()
        for name in ("office.db", "vault.key"):
            shutil.copy(template / name, folder / name)
        store = OfficeStore(folder / "office.db")
        return cls(folder, store, open_vault(folder / "vault.key", store), member, account)

    def furnish(self, change: Change) -> None:
        """Books, places, machines, agreement, member."""
        places.create_books(change, "lab", "Atelier Exemple")
        places.create_site(change, "crest", "lab", "Crest")
        places.create_controller(change, "pi-1", "crest", "Pi de l'atelier")
        for key, channel in (("kiln", "relay-1"), ("laser", "relay-2")):
            machines.create_machine(change, key, "crest", key.capitalize())
            machines.set_price(change, key, (60, 1))
            places.place_machine(change, key, "pi-1", channel)
        machines.create_training(change, "ceramics", "Céramique", ["kiln"], valid_days=365)
        agreements.create_agreement(
            change,
            "ceramics",
            "Four et imprimante",
            ["kiln"],
            from_at=0,
            lines=reading("B"),
            terms=Terms(manager="manager", legal_basis="convention"),
        )
        self.member = people.create_member(change, self.vault, NewMember(name="Zoé Fictive", books="lab"))
        self.account = member_row(change.tx, self.member)["account"]
        badges.attach_badge(change, self.member, TOKEN)
        rights.grant(change, self.member, "ceramics")
        money.top_up(change, self.account, 5_000, MeansOfPayment.CARD, "till 1")

    def changing(self, actor: str = "tester") -> Any:  # noqa: ANN401 - a context manager of a Change
        """A writing transaction at this workshop's instant."""
        return self.store.changing(actor, self.now_ms)

    def receive(self, journal: Journal) -> int:
        """Store all that the journal holds, as the exchange does; return the number it is stored up to."""
        with self.changing() as change:
            return store_facts(change, journal.controller, journal.branch, journal.facts)

    def interpret(self) -> Interpretation:
        """Read what is stored."""
        with self.changing() as change:
            return interpret(change)

    def told(self, journal: Journal) -> Interpretation:
        """Store and read."""
        self.receive(journal)
        return self.interpret()

    def owned_cents(self) -> list[int]:
        """What each line of the agreement on the kiln has earned."""
        with self.store.read() as tx:
            return [cents for _, cents in money.running_split(tx, "ceramics")[0].lines]

    def credit_cents(self) -> int:
        """The member's credit."""
        with self.store.read() as tx:
            return money.account_state(tx, self.account).credit_cents

    def entries(self) -> int:
        """How many session entries the ledger has."""
        with self.store.read() as tx:
            query = select(func.count()).where(ledger_entry.c.kind == "session")
            return tx.execute(query).scalar_one()

    def alarms(self) -> list[str]:
        """The kinds of alarms raised."""
        with self.store.read() as tx:
            return list(tx.execute(select(alarm.c.kind).order_by(alarm.c.kind)).scalars())

    def reasons(self) -> list[str]:
        """Why facts are in the tray."""
        with self.store.read() as tx:
            return [row["reason"] for row in tray(tx)]

    def vector(self) -> dict[str, int]:
        """Up to where each branch is contained in the directory."""
        with self.store.read() as tx:
            return contained_vector(tx, "pi-1")

    def entry(self, kind: str, key: str) -> Any:  # noqa: ANN401 - JSON
        """The body that comes down to the controllers for an entry; `None` for a tombstone or none."""
        with self.store.read() as tx:
            bodies = [row.body for row in changes_since(tx, 0).entries if (row.kind, row.key) == (kind, key)]
        return bodies[0] if bodies else None


@cache
def _template() -> tuple[Path, str, str]:
    """Make the workshop once in a test run: folder, member, account."""
    folder = Path(tempfile.mkdtemp(prefix="indivis-workshop-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    store = OfficeStore(folder / "office.db")
    shop = Workshop(folder, store, open_vault(folder / "vault.key", store))
    with shop.changing() as change:
        shop.furnish(change)
    store.close()
    return folder, shop.member, shop.account


@dataclass
class Journal:
    """A controller's journal in memory: facts sealed one after another, like the floor seals them."""

    shop: Workshop
    branch: str = "b1"
    controller: str = "pi-1"
    boot_id: str = "boot-1"
    parent: tuple[str | None, int, str] = (None, 0, GENESIS_HASH)
    facts: list[SealedFact] = field(default_factory=list)
    clock: bool = True

    def __post_init__(self) -> None:
        """A journal begins with the opening of its branch."""
        branch, n, digest = self.parent
        parent = None if branch is None else BranchId(branch)
        self.add(BranchOpened(parent_branch=parent, parent_n=n, parent_hash=digest, software="test", at=self.stamp(0)))

    def child(self, branch: str, after: int | None = None) -> Journal:
        """The next start of the same controller, or of a copy of its card as it was after fact `after`."""
        last = self.facts[-1] if after is None else self.facts[after - 1]
        return Journal(self.shop, branch, self.controller, parent=(self.branch, last.n, last.hash))

    def add(self, fact: Fact) -> SealedFact:
        """Seal a fact behind the last one."""
        body, salt = body_of(fact), "00" * 16
        sealed = SealedFact(
            controller=ControllerId(self.controller),
            branch=BranchId(self.branch),
            n=(self.facts[-1].n if self.facts else self.parent[1]) + 1,
            kind=fact.KIND,
            schema=fact.SCHEMA,
            prev=self.facts[-1].hash if self.facts else self.parent[2],
            commitment=commitment_of(salt, body),
            salt=salt,
            body=body,
        )
        self.facts.append(sealed)
        return sealed

    def stamp(self, after_s: int) -> Stamp:
        """An instant `after_s` seconds after noon; undated when this journal's clock is unknown."""
        boot_ms = 1_000 * after_s
        if self.clock:
            return Stamp(boot_id=self.boot_id, boot_ms=boot_ms, wall_ms=NOON + boot_ms, clock="synced")
        return Stamp(boot_id=self.boot_id, boot_ms=boot_ms, wall_ms=None, clock="unknown")

    def opened(self, number: int = 1, machine: str = "kiln", hold_cents: int = 600) -> SealedFact:
        """The member starts a use."""
        return self.add(
            SessionOpened(
                session=SessionId(f"s-{number}"),
                machine=MachineId(machine),
                member=MemberId(self.shop.member),
                account=AccountId(self.shop.account),
                kind=SessionKind.PAID,
                token=BadgeToken(TOKEN),
                price=replace(PRICE, machine=MachineId(machine)),
                hold_cents=hold_cents,
                limit_s=3_600,
                limit_reason=StopReason.MAXIMUM_DURATION,
                inputs=INPUTS,
                rules=1,
                at=self.stamp(60 * number),
            )
        )

    def right_granted(self, *, after_s: int, training: str = "ceramics") -> SealedFact:
        """A trainer gives the member a training at the kiln."""
        return self.add(
            RightGranted(
                machine=MachineId("kiln"),
                member=MemberId(self.shop.member),
                training=TrainingId(training),
                granted_by=MemberId("trainer-1"),
                session=SessionId("s-9"),
                inputs=INPUTS,
                rules=1,
                at=self.stamp(after_s),
            )
        )

    def supervised(self, session: str, *, after_s: int = 0) -> SealedFact:
        """The member practises at the kiln under a trainer's eyes."""
        return self.add(
            UseSupervised(
                machine=MachineId("kiln"),
                member=MemberId(self.shop.member),
                training=TrainingId("firing"),
                supervisor=MemberId("trainer-1"),
                session=SessionId(session),
                inputs=INPUTS,
                rules=1,
                at=self.stamp(after_s),
            )
        )

    def end_moved(self, number: int = 1, *, hold_cents: int, debt_cents: int = 0) -> SealedFact:
        """The use goes on, for credit that came or under its machine's policy."""
        return self.add(
            EndMoved(
                session=SessionId(f"s-{number}"),
                machine=MachineId("kiln"),
                account=AccountId(self.shop.account),
                cause="finish" if debt_cents else "credit",
                limit_s=7_200,
                limit_reason=StopReason.CREDIT_EXHAUSTED,
                overtime_s=3_600 if debt_cents else 0,
                hold_cents=hold_cents,
                debt_cents=debt_cents,
                inputs=None,
                rules=1,
                at=self.stamp(60 * number + 30),
            )
        )

    def ended(
        self,
        number: int = 1,
        machine: str = "kiln",
        seconds: int = 600,
        **changes: Any,  # noqa: ANN401 - fields
    ) -> SealedFact:
        """The use ends after `seconds`, ten minutes for six euros unless said otherwise."""
        price = replace(PRICE, machine=MachineId(machine))
        fact = SessionEnded(
            session=SessionId(f"s-{number}"),
            machine=MachineId(machine),
            member=MemberId(self.shop.member),
            account=AccountId(self.shop.account),
            kind=SessionKind.PAID,
            reason=StopReason.SECOND_TAP,
            seconds=seconds,
            price=price,
            announced_cents=charge(price, seconds).gross_cents,
            started=self.stamp(60 * number),
            ended=self.stamp(60 * number + seconds),
            rules=1,
            at=self.stamp(60 * number + seconds),
        )
        return self.add(replace(fact, **changes))

    def used(self, number: int = 1, machine: str = "kiln", seconds: int = 600) -> None:
        """A whole use."""
        self.opened(number, machine)
        self.ended(number, machine, seconds)

    def anchored(self, boot_id: str = "boot-1") -> SealedFact:
        """The date becomes known: the boot's zero was noon."""
        return self.add(ClockAnchored(boot_id=boot_id, wall_at_boot_ms=NOON, at=self.stamp(9_000)))

    def unknown_badge(self, token: str = "cd" * 32, machine: str = "laser") -> SealedFact:
        """Somebody taps a badge that nobody has."""
        return self.add(
            TapRefused(
                machine=MachineId(machine),
                member=None,
                token=BadgeToken(token),
                reason=Refusal.UNKNOWN_BADGE,
                inputs=INPUTS,
                rules=1,
                at=self.stamp(0),
            )
        )
