"""A ledger with a few days of a fictional workshop in it, and the chart of its accountant."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from controller.domain.closing import Closing
from controller.domain.ledger import MeansOfPayment, Posting
from controller.domain.posting import Request, TopUp
from controller.office.export.chart import Chart, load_chart
from controller.office.ledger.store import post
from tests.office.ledger_file import BOOKS, new_ledger, taken_back, top_up, use

SIREN = "123456782"

Event = Request


def at(text: str) -> int:
    """The instant of a UTC time such as `2026-03-31T21:59`, in Unix ms."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


def booked(engine: Engine, day: str, *events: Event) -> None:
    """Book `events` at that instant."""
    with engine.begin() as connection:
        refused = [each for each in post(connection, BOOKS, events, booked_at=at(day)) if each.outcome != "posted"]
    assert refused == []


def spring(path: Path) -> Engine:
    """Three days: money by card and cash, two owners' uses, one of which is taken back, a free one, a debt."""
    engine = new_ledger(path)
    cash = TopUp(**{**_fields(top_up(2, 2_000, "acc-2")), "means": MeansOfPayment.CASH})  # type: ignore[arg-type]
    booked(engine, "2026-03-30T08:00", top_up(1), use(1), use(2, 1_001))
    booked(engine, "2026-03-31T21:59", cash, use(3, 2_500, "acc-2"), use(4, 0))
    booked(engine, "2026-03-31T22:01", taken_back("session:branch-2"), use(5, 333, pool=None))
    booked(engine, "2026-05-02T09:00", march_closed())
    return engine


def march_closed() -> Closing:
    """The owners' month: five euros of fee and a reserve, the rest to two owners, one of whom has a name to encode."""
    moved = {"pool:ceramics:1": 1_000, "fee:ceramics:lab": -500, "reserve:ceramics": -100}
    moved |= {"owner:ceramics:o1": -200, "owner:ceramics:Ville de Crest~1": -200}
    legs = tuple(Posting(account, cents) for account, cents in moved.items())
    return Closing(key="closing:agreement:ceramics:2026-03", event_at=at("2026-04-01T00:00"), content="{}", legs=legs)


def chart(folder: Path, text: str = f'[[entity]]\nbooks = "{BOOKS}"\nsiren = "{SIREN}"\n') -> Chart:
    """The shipped chart with the accountant's own words over it."""
    path = folder / "chart.toml"
    path.write_text(text)
    return load_chart(path)


def _fields(topup: TopUp) -> dict[str, object]:
    return {name: getattr(topup, name) for name in TopUp.__dataclass_fields__}
