"""A ledger that a command looks at and never changes: an office.db opened read-only, or a database by its URL."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from controller.errors import DataError, Message, OperatingError, UserError, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection


@contextmanager
def opened_ledger(place: str | Path) -> Iterator[Connection]:
    """Yield a connection; raise `UserError` for what is no file and `DataError` for what holds no ledger."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import ArgumentError, DatabaseError, InterfaceError

    path = Path(place)
    if "://" in str(place):
        try:
            engine = create_engine(str(place))
        except (ArgumentError, ModuleNotFoundError) as error:
            raise UserError(
                Message("cette adresse de base ne convient pas", "this database address does not do"),
                why=reason_of(error),
            ) from error
    elif path.is_file():
        uri = f"file:{quote(str(path.resolve()))}?mode=ro"
        engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True))
    else:
        raise UserError(
            Message(f"{path} n'est pas un fichier", f"{path} is no file")
            if path.exists()
            else Message(f"{path} n'existe pas", f"{path} does not exist"),
            cure=Message("donnez le chemin d'un office.db", "give the path of an office.db"),
        )
    try:
        with engine.connect() as connection:
            yield connection
    except InterfaceError as error:
        raise OperatingError(
            Message("cette base ne répond pas", "this database does not answer"),
            why=reason_of(error.orig or error),
            cure=Message("vérifiez l'adresse et le serveur", "check the address and the server"),
        ) from error
    except DatabaseError as error:
        raise DataError(
            Message(f"{path.name} ne contient pas de grand livre lisible", f"{path.name} holds no readable ledger"),
            why=reason_of(error.orig or error),
            cure=Message(
                "donnez un office.db de cette version ou une sauvegarde intacte",
                "give an office.db of this version or an intact backup",
            ),
        ) from error
    finally:
        engine.dispose()
