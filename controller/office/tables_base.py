"""The one metadata on which every table of the office is declared, so that migrations and checks see them
all, and the column types that they share.

House rules: instants are Unix milliseconds in columns ending in `_at`; `controller.office.tables` imports
every module that declares tables, so whoever needs them all imports that one.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, MetaData, String
from sqlalchemy.types import TypeEngine

from controller.domain.ids import ID_LENGTH_MAX

metadata = MetaData()

HASH_LENGTH = 64
NAME_LENGTH = 120
"""Characters of a name of a machine, site, training or badge: what a display or a label can still show."""

TEXT_LENGTH = 500
"""Characters of a note or a reason: a sentence, not a document; a longer one is refused where it enters."""

SERIAL: TypeEngine[int] = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database counts up by itself: SQLite does so for INTEGER only."""


def id_column(name: str, *, key: bool = False, optional: bool = False) -> Column[str]:
    """Return a column that holds an id: part of the primary key, or required unless `optional`."""
    return Column(name, String(ID_LENGTH_MAX), primary_key=key, nullable=optional and not key)


def instant_column(name: str, *, optional: bool = False) -> Column[int]:
    """Return a column that holds an instant in Unix milliseconds."""
    return Column(name, BigInteger, nullable=optional)
