"""A real ledger in a real SQLite file, and the events that tests post to it."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

from controller.domain.agreement import AgreementVersion, Terms, reading
from controller.domain.ids import AccountId, BooksId, MachineId, SessionId
from controller.domain.ledger import MeansOfPayment
from controller.domain.posting import Reversal, SessionCharge, TopUp
from controller.domain.receipt import ReceiptLine, receipt_of
from controller.domain.sessions import SessionKind
from controller.office.ledger import tables
from controller.office.ledger.store import Posted, open_books, post
from controller.office.ledger.triggers import trigger_ddl
from controller.office.tables_base import metadata

BOOKS = BooksId("workshop")
CERAMICS = AgreementVersion(
    agreement="ceramics",
    version=1,
    from_at=0,
    to_at=None,
    lines=reading("B"),
    terms=Terms(manager="manager", legal_basis="convention"),
)
LEDGER_TABLES = [
    tables.ledger_chain,
    tables.ledger_entry,
    tables.ledger_posting,
    tables.ledger_balance,
    tables.ledger_wheel,
    tables.ledger_lot,
    tables.ledger_pack,
    tables.ledger_head,
]


def new_ledger(path: Path) -> Engine:
    """Make the ledger's tables and triggers in a new file, with books opened."""
    engine = engine_for(path)
    with engine.begin() as connection:
        metadata.create_all(connection, tables=LEDGER_TABLES)
        for statement in trigger_ddl("sqlite"):
            connection.exec_driver_sql(statement)
        open_books(connection, BOOKS)
    return engine


def engine_for(path: Path) -> Engine:
    """Open the file as the office does: foreign keys on."""
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _settings(raw: Any, _record: object) -> None:  # noqa: ANN401 - a driver's connection
        raw.execute("PRAGMA foreign_keys = ON")

    return engine


def use(number: int, gross_cents: int = 600, account: str = "acc-1", **changes: object) -> SessionCharge:
    """A use of the kiln, 20 % VAT included, that credits the owners of `CERAMICS`."""
    fields: dict[str, object] = {
        "session": SessionId(f"branch-{number}"),
        "account": AccountId(account),
        "machine": MachineId("kiln"),
        "kind": SessionKind.PAID,
        "event_at": 1_000 + number,
        "seconds": 600,
        "price_hash": "a" * 64,
        "receipt": receipt_of([ReceiptLine(gross_cents, 2000)]),
        "pool": ("ceramics", 1),
    }
    return SessionCharge(**{**fields, **changes})  # type: ignore[arg-type]


def top_up(number: int, amount_cents: int = 5_000, account: str = "acc-1") -> TopUp:
    """Money paid in by card."""
    return TopUp(
        topup=f"t{number}",
        account=AccountId(account),
        means=MeansOfPayment.CARD,
        reference=f"till {number}",
        amount_cents=amount_cents,
        event_at=500 + number,
    )


def taken_back(target: str, reason: str = "forgotten stop") -> Reversal:
    """The reversal of an entry."""
    return Reversal(target=target, reason=reason)


def posted(connection: Connection, *requests: SessionCharge | TopUp | Reversal) -> list[Posted]:
    """Post at the booking instant 9,000."""
    return post(connection, BOOKS, requests, booked_at=9_000)
