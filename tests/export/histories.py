"""Random histories of a ledger: top-ups, lots, uses, debts, refunds and closings, with refused ones between them."""

from dataclasses import replace
from itertools import count

from hypothesis import strategies as st
from sqlalchemy import Connection

from controller.domain.closing import Closing
from controller.domain.ids import AccountId, BooksId
from controller.domain.ledger import MeansOfPayment, Posting
from controller.domain.lot_expiry import CreditRefund, LotExpiry
from controller.domain.lots import LotKind
from controller.domain.posting import Request, TopUp, VatPoint
from controller.office.ledger.store import open_books, post
from tests.export.kit import at
from tests.office.ledger_file import taken_back, top_up, use

DAY_MS = 86_400_000
NUMBERS = count()

History = list[tuple[int, Request]]


def closed(number: int, income: int, fee: int, reserve: int) -> Closing:
    """An agreement's month: its pool goes to the fee, the reserve and one owner."""
    moved = {"pool:ceramics:1": income, "fee:ceramics:lab": -fee, "reserve:ceramics": -reserve}
    moved["owner:ceramics:o 1"] = fee + reserve - income
    legs = tuple(Posting(account, cents) for account, cents in moved.items() if cents)
    return Closing(key=f"closing:agreement:ceramics:{number}", event_at=at("2026-01-01T00:00"), content="{}", legs=legs)


def lot(number: int, cents: int, who: str, *, kind: LotKind, vat_point: VatPoint, expires_at: int | None) -> TopUp:
    """Credit that is kept apart; a gift is paid by nobody."""
    means = None if kind is LotKind.GIFT else MeansOfPayment.CARD
    own = {"kind": kind, "vat_point": vat_point, "expires_at": expires_at, "apart": True, "rate_bp": 2_000}
    return replace(top_up(number, cents, who), means=means, **own)  # type: ignore[arg-type]


WHO = st.sampled_from(["acc-1", "a_b", "7"])
USES = st.builds(
    use,
    st.integers(1, 30),
    st.integers(0, 900),
    WHO,
    pool=st.sampled_from([None, ("ceramics", 1), ("kiln-2", 3)]),
    vat_point=st.sampled_from(["at_use", "at_topup"]),
    floor_cents=st.sampled_from([0, -500]),
    gifts_credited=st.booleans(),
)
TOP_UPS = st.builds(
    replace,
    st.builds(top_up, st.integers(1, 10), st.integers(1, 3_000), WHO),
    means=st.sampled_from(MeansOfPayment),
    vat_point=st.sampled_from(["at_use", "at_topup"]),
    rate_bp=st.sampled_from([0, 550, 2_000]),
)
BACK = st.builds(
    taken_back,
    st.integers(11, 16).map("expiry:t{}:1".format)
    | st.integers(1, 4).map("refund:r{}".format)
    | st.integers(1, 30).map("session:branch-{}".format)
    | st.integers(1, 16).map("topup:t{}".format),
)
LOTS = st.builds(
    lot,
    st.integers(11, 16),
    st.integers(1, 3_000),
    WHO,
    kind=st.sampled_from(LotKind),
    vat_point=st.sampled_from(["at_use", "at_topup"]),
    expires_at=st.sampled_from([None, 1_010, 1_020]),
)
ENDS = st.builds(
    LotExpiry,
    lot=st.integers(11, 16).map("t{}".format),
    account=WHO.map(AccountId),
    event_at=st.just(1_040),
    vat_rate_bp=st.sampled_from([None, 2_000]),
)
REFUNDS = st.builds(
    CreditRefund,
    refund=st.integers(1, 4).map("r{}".format),
    account=WHO.map(AccountId),
    means=st.sampled_from(MeansOfPayment),
    amount_cents=st.integers(1, 1_500),
    reason=st.just("moves away"),
    event_at=st.just(1_015),
    vat_point=st.sampled_from(["at_use", "at_topup"]),
    rate_bp=st.sampled_from([0, 2_000]),
)
CLOSINGS = st.builds(closed, st.integers(1, 9), st.integers(-500, 900), st.integers(0, 400), st.integers(0, 90))
HISTORIES = st.lists(
    st.tuples(st.integers(0, 400), USES | TOP_UPS | LOTS | ENDS | REFUNDS | BACK | CLOSINGS), min_size=1, max_size=40
)


def told(connection: Connection, history: History) -> BooksId:
    """Post a history in books of its own, on days that may go back and forth, and return which books."""
    books = BooksId(f"books-{next(NUMBERS)}")
    open_books(connection, books)
    for day, request in history:
        post(connection, books, [request], booked_at=at("2026-01-01T23:30") + day * DAY_MS)
    return books
