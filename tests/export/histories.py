"""Random histories of a ledger: top-ups, uses, debts, refunds and closings, with refused ones between them."""

from dataclasses import replace
from itertools import count

from hypothesis import strategies as st
from sqlalchemy import Connection

from controller.domain.closing import Closing
from controller.domain.ids import BooksId
from controller.domain.ledger import MeansOfPayment, Posting
from controller.domain.posting import Request
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


WHO = st.sampled_from(["acc-1", "a_b", "7"])
USES = st.builds(
    use,
    st.integers(1, 30),
    st.integers(0, 900),
    WHO,
    pool=st.sampled_from([None, ("ceramics", 1), ("kiln-2", 3)]),
    vat_point=st.sampled_from(["at_use", "at_topup"]),
    floor_cents=st.sampled_from([0, -500]),
)
TOP_UPS = st.builds(
    replace,
    st.builds(top_up, st.integers(1, 10), st.integers(1, 3_000), WHO),
    means=st.sampled_from(MeansOfPayment),
    vat_point=st.sampled_from(["at_use", "at_topup"]),
    rate_bp=st.sampled_from([0, 550, 2_000]),
)
BACK = st.builds(
    taken_back, st.integers(1, 30).map("session:branch-{}".format) | st.integers(1, 10).map("topup:t{}".format)
)
CLOSINGS = st.builds(closed, st.integers(1, 9), st.integers(-500, 900), st.integers(0, 400), st.integers(0, 90))
HISTORIES = st.lists(st.tuples(st.integers(0, 400), USES | TOP_UPS | BACK | CLOSINGS), min_size=1, max_size=40)


def told(connection: Connection, history: History) -> BooksId:
    """Post a history in books of its own, on days that may go back and forth, and return which books."""
    books = BooksId(f"books-{next(NUMBERS)}")
    open_books(connection, books)
    for day, request in history:
        post(connection, books, [request], booked_at=at("2026-01-01T23:30") + day * DAY_MS)
    return books
