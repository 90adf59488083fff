"""The accountant's chart: which number, journal and wording each account of the ledger has, and from which day on.

House rules: read from TOML and checked as a whole; what is missing is named, never guessed. A version holds from its
day to the next one's, so that an old year exports as it was.
"""

from __future__ import annotations

import tomllib
from datetime import date
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from controller.errors import Message, UserError, reason_of

SHIPPED = Path(__file__).with_name("chart.toml")

FILE_BYTES_MAX = 1_000_000
"""A chart is a few pages; a megabyte is another file given by mistake, and is refused."""

SIREN_DIGITS = 9
LABEL_FIELDS = frozenset({"journal", "day", "count", "first", "last"})

_Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\t|\r\n]+$")]
_Number = Annotated[str, Field(pattern=r"^[0-9]{3}[0-9A-Z]{0,17}$")]
Column = Literal[
    "day", "journal", "journal_label", "number", "account_label", "auxiliary", "piece", "label", "debit", "credit"
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Entity(_Part):
    """Whose books these are: `siren` names the file; `year_end` (MM-DD) closes the financial year."""

    books: str
    siren: str = ""
    year_end: Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")] = "12-31"
    time_zone: str = "Europe/Paris"

    @field_validator("siren")
    @classmethod
    def _siren(cls, siren: str) -> str:
        digits = siren.replace(" ", "")
        if digits and not is_siren(digits):
            raise ValueError(f"{siren!r} is no SIREN: nine digits whose check digit is right")
        return digits

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"{name!r} is no time zone")
        return name


class Journal(_Part):
    """A journal, and the roots of account numbers that send an entry to it; the first that fits counts."""

    code: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,6}$")]
    label: _Text
    roots: tuple[str, ...] = ()


class Account(_Part):
    """What an account of the ledger is called; with `auxiliary`, each holder has a line of their own."""

    ledger: str
    kinds: tuple[str, ...] = ()
    number: _Number
    label: _Text
    auxiliary: bool = False

    def fits(self, account: str, kind: str) -> bool:
        """Tell whether this names `account` in an entry of that kind."""
        named = account.startswith(self.ledger) if self.ledger.endswith(":") else account == self.ledger
        return named and (not self.kinds or kind in self.kinds)


class VatCategory(_Part):
    """The e-reporting category of one rate."""

    rate_bp: Annotated[int, Field(ge=0, le=10_000)]
    category: _Text


class Version(_Part):
    """The chart from one day on."""

    from_day: Annotated[date, Field(alias="from")]
    entry_label: _Text
    journals: Annotated[tuple[Journal, ...], Field(min_length=1, max_length=50)]
    accounts: Annotated[tuple[Account, ...], Field(min_length=1, max_length=1_000)]
    vat_categories: tuple[VatCategory, ...] = ()
    vat_category: _Text = "TPS1"

    @field_validator("entry_label")
    @classmethod
    def _label(cls, label: str) -> str:
        unknown = {name for _, name, _, _ in Formatter().parse(label) if name is not None} - LABEL_FIELDS
        if unknown:
            raise ValueError(f"{sorted(unknown)} are no fields; there are {sorted(LABEL_FIELDS)}")
        return label

    def account_of(self, account: str, kind: str) -> Account | None:
        """Return what `account` is called in an entry of that kind: the longest name first, then the kind's own."""
        fitting = [each for each in self.accounts if each.fits(account, kind)]
        return max(fitting, key=lambda each: (len(each.ledger), bool(each.kinds)), default=None)

    def journal_of(self, numbers: list[str]) -> Journal:
        """Return where an entry on these account numbers belongs; the last journal takes what fits nowhere."""
        for journal in self.journals:
            if any(number.startswith(journal.roots) for number in numbers):
                return journal
        return self.journals[-1]

    def category_of(self, rate_bp: int) -> str:
        """Return the e-reporting category of sales at one rate."""
        return next((each.category for each in self.vat_categories if each.rate_bp == rate_bp), self.vat_category)


class CsvForm(_Part):
    """The columns that the accountant's program takes, in their order, as [title, field]."""

    separator: Literal[";", ",", "\t", "|"] = ";"
    decimal: Literal[",", "."] = ","
    date: Annotated[str, Field(pattern=r"^[%dmYy/. -]+$")] = "%d/%m/%Y"
    columns: Annotated[tuple[tuple[str, Column], ...], Field(min_length=1, max_length=50)]


class Chart(_Part):
    """The whole file; before its first version, and where it has no form, the shipped one stands."""

    entity: tuple[Entity, ...] = ()
    chart: tuple[Version, ...] = ()
    csv: CsvForm | None = None

    def entity_of(self, books: str) -> Entity:
        """Return what is known of whose books these are; the defaults where nothing is."""
        return next((each for each in self.entity if each.books == books), Entity(books=books))

    def on(self, day: date) -> Version:
        """Return the version in force on a day; raise `UserError` when it is before the first."""
        versions = sorted((each for each in self.chart if each.from_day <= day), key=lambda each: each.from_day)
        if not versions:
            raise UserError(
                Message(f"aucun plan de comptes n'est en vigueur le {day}", f"no chart is in force on {day}"),
                cure=Message("ajoutez un [[chart]] plus ancien", "add an earlier [[chart]]"),
            )
        return versions[-1]

    def form(self) -> CsvForm:
        """Return the form of the mapped CSV."""
        if self.csv is None:
            raise ValueError("the shipped chart has a CSV form")
        return self.csv


def is_siren(digits: str) -> bool:
    """Tell whether nine digits carry their check digit (Luhn, as INSEE computes it)."""
    if len(digits) != SIREN_DIGITS or not digits.isdecimal() or not digits.isascii():
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(digits)]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004 - two digits


def load_chart(path: Path | None) -> Chart:
    """Read the chart at `path` over the shipped one; raise `UserError` naming the file, the place and why."""
    shipped = _shipped()
    if path is None:
        return shipped
    own = _read(path)
    return Chart.model_construct(entity=own.entity, chart=(*shipped.chart, *own.chart), csv=own.csv or shipped.csv)


@lru_cache(maxsize=1)
def _shipped() -> Chart:
    return _read(SHIPPED)


def _read(path: Path) -> Chart:
    try:
        data = path.read_bytes()
        if len(data) > FILE_BYTES_MAX:
            raise UserError(Message(f"{path} n'est pas un plan de comptes", f"{path} is no chart of accounts"))
        return Chart.model_validate(tomllib.loads(data.decode()))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(
            Message(f"{path} ne peut pas être lu", f"{path} cannot be read"),
            why=reason_of(error),
            cure=Message("donnez un plan de comptes en TOML", "give a chart of accounts in TOML"),
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place, said = ".".join(map(str, first["loc"])), first["msg"]
        raise UserError(
            Message(f"{path}, « {place} » : valeur refusée", f"{path}, '{place}': value refused"),
            why=Message(said, said),
            cure=Message(f"comparez avec {SHIPPED}", f"compare with {SHIPPED}"),
        ) from error
