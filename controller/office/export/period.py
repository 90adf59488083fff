"""Which days an export is about: a financial year or a calendar month, in the books' own time zone."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from controller.errors import Message, UserError

if TYPE_CHECKING:
    from controller.office.export.chart import Entity

_PERIOD = re.compile(r"(?P<year>20[0-9]{2})(-(?P<month>0[1-9]|1[0-2]))?")
_LEAP_YEAR = 2024


@dataclass(frozen=True, slots=True)
class Period:
    """From the first to the last day, both included; the instants are Unix ms, the second one excluded."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def from_ms(self) -> int:
        """Midnight before the first day."""
        return midnight_ms(self.first, self.zone)

    @property
    def to_ms(self) -> int:
        """Midnight after the last day."""
        return midnight_ms(self.last + timedelta(days=1), self.zone)

    def day_of(self, at_ms: int) -> date:
        """Return the local day of an instant."""
        return local_day(at_ms, self.zone)


def midnight_ms(day: date, zone: ZoneInfo) -> int:
    """Return the instant at which a local day begins."""
    return int(datetime.combine(day, time(), zone).timestamp()) * 1000


def local_day(at_ms: int, zone: ZoneInfo) -> date:
    """Return the day that it is in `zone` at an instant."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(zone).date()


def period_of(text: str, entity: Entity) -> Period:
    """Read `2026` (the financial year that ends in 2026) or `2026-03`; raise `UserError`."""
    found = _PERIOD.fullmatch(text.strip())
    if found is None:
        raise UserError(
            Message(f"« {text} » n'est pas une période", f"'{text}' is no period"),
            cure=Message("écrivez un exercice (2026) ou un mois (2026-03)", "write a year (2026) or a month (2026-03)"),
        )
    year, zone = int(found["year"]), ZoneInfo(entity.time_zone)
    if found["month"]:
        month = int(found["month"])
        return Period(date(year, month, 1), date(year, month, monthrange(year, month)[1]), zone)
    return Period(_year_end(entity, year - 1) + timedelta(days=1), _year_end(entity, year), zone)


def _year_end(entity: Entity, year: int) -> date:
    """Return the last day of the financial year that ends in `year`; a year that ends with February, on its last."""
    month, day = map(int, entity.year_end.split("-"))
    longest = monthrange(_LEAP_YEAR, month)[1]
    last = monthrange(year, month)[1]
    return date(year, month, last if day >= longest else min(day, last))
