"""Ownership agreements as they are kept: goods, versions, and their reading as `domain.agreement` data."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from controller.domain.agreement import (
    Agreement,
    AgreementRefusedError,
    AgreementVersion,
    Line,
    OwnersShare,
    Terms,
    version_for,
)
from controller.domain.canonical import canonical
from controller.domain.deductions import Deductions
from controller.domain.ids import MachineId
from controller.domain.sessions import SessionKind
from controller.errors import Message
from controller.office.directory.tables import agreement, agreement_good, agreement_version, machine
from controller.office.directory.words import checked_id, checked_name
from controller.office.refusals import ConflictError, InvalidError, no_such
from controller.office.reposting import repost_since

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from controller.domain.canonical import Json
    from controller.office.store import Change


_VERSIONS_KEPT = 512
"""Versions that were read and are kept as they are, for each batch of uses asks for all of them; the least used goes
first and is read again."""


def create_agreement(
    change: Change,
    key: str,
    name: str,
    goods: Sequence[str],
    *,
    from_at: int,
    lines: Sequence[Line],
    terms: Terms,
) -> None:
    """Begin an agreement on machines of one books with its first version, in force from `from_at` on; uses that
    ended since are posted anew.

    Raises `InvalidError` when it contradicts itself, `ConflictError` when another agreement claims one of its
    machines.
    """
    if change.tx.execute(select(agreement.c.id).where(agreement.c.id == key)).first() is not None:
        raise ConflictError(Message(f"l'indivision « {key} » existe déjà", f"the agreement '{key}' exists already"))
    owners = {}
    for good in goods:
        owners[good] = change.tx.execute(select(machine.c.books).where(machine.c.id == good)).scalar()
        if owners[good] is None:
            raise no_such("la machine", "machine", good)
    if len(set(owners.values())) != 1:
        raise InvalidError(Message("il faut des machines d'un même compte", "machines of one books are needed"))
    first = _checked(key, 1, from_at, lines, terms)
    for known in agreements_of(change.tx, str(next(iter(owners.values())))):
        claimed = sorted(set(known.goods) & set(goods))
        last = known.versions[-1].to_at
        if claimed and (last is None or last > from_at):
            raise ConflictError(
                Message(
                    f"{claimed[0]} appartient déjà à l'indivision {known.agreement}",
                    f"{claimed[0]} belongs to the agreement {known.agreement} already",
                )
            )
    books = next(iter(owners.values()))
    change.tx.execute(insert(agreement).values(id=checked_id(key), books=books, name=checked_name(name)))
    change.tx.execute(insert(agreement_good), [{"agreement": key, "machine": good} for good in sorted(set(goods))])
    _store(change, first)
    again = repost_since(change, str(books), sorted(set(goods)), from_at, agreements_of(change.tx, str(books)))
    change.audit("create_agreement", key, after={**first.to_data(), "posted_anew": again})


def create_version(change: Change, key: str, *, from_at: int, lines: Sequence[Line], terms: Terms | None = None) -> int:
    """Agree on something new from `from_at` on; the version before it ends at that instant, and uses that ended
    since are posted anew. Return its number.

    Raises `InvalidError` when `from_at` is not behind the beginning of the last version.
    """
    known = agreement_by_id(change.tx, key)
    last = known.versions[-1]
    fresh = proposed_version(known, from_at, lines, terms or last.terms)
    ended = replace(last, to_at=from_at)
    change.tx.execute(
        update(agreement_version)
        .where(agreement_version.c.agreement == key, agreement_version.c.version == last.version)
        .values(body=canonical(ended.to_data()).decode())
    )
    _store(change, fresh)
    books = agreement_place(change.tx, key)[0]
    again = repost_since(change, books, known.goods, from_at, agreements_of(change.tx, books))
    change.audit("create_version", key, before=last.to_data(), after={**fresh.to_data(), "posted_anew": again})
    return fresh.version


def proposed_version(known: Agreement, from_at: int, lines: Sequence[Line], terms: Terms) -> AgreementVersion:
    """Return the version that would follow the last one; raise `InvalidError` when none can begin then."""
    last = known.versions[-1]
    if from_at <= last.from_at:
        raise InvalidError(
            Message(
                f"la version {last.version} commence à {last.from_at}, la suivante doit commencer après",
                f"version {last.version} begins at {last.from_at}, the next must begin later",
            )
        )
    return _checked(known.agreement, last.version + 1, from_at, lines, terms)


def agreement_by_id(tx: Connection, key: str) -> Agreement:
    """Return an agreement with all its versions; raise `NotFoundError`."""
    goods = tx.execute(select(agreement_good.c.machine).where(agreement_good.c.agreement == key)).scalars().all()
    bodies = tx.execute(
        select(agreement_version.c.body)
        .where(agreement_version.c.agreement == key)
        .order_by(agreement_version.c.version)
    ).scalars()
    versions = tuple(_version_of(body) for body in bodies)
    if not versions:
        raise no_such("l'indivision", "agreement", key)
    return Agreement(agreement=key, goods=tuple(MachineId(good) for good in sorted(goods)), versions=versions)


def agreements_of(tx: Connection, books: str | None = None) -> list[Agreement]:
    """Return the agreements of one books, or all."""
    query = select(agreement.c.id).order_by(agreement.c.id)
    if books is not None:
        query = query.where(agreement.c.books == books)
    keys = tx.execute(query).scalars().all()
    good, version = agreement_good.c, agreement_version.c
    goods: dict[str, list[MachineId]] = {key: [] for key in keys}
    versions: dict[str, list[AgreementVersion]] = {key: [] for key in keys}
    for row in tx.execute(select(good.agreement, good.machine).order_by(good.agreement, good.machine)):
        if row.agreement in goods:
            goods[row.agreement].append(MachineId(row.machine))
    for row in tx.execute(select(version.agreement, version.body).order_by(version.agreement, version.version)):
        if row.agreement in versions:
            versions[row.agreement].append(_version_of(row.body))
    return [Agreement(agreement=key, goods=tuple(goods[key]), versions=tuple(versions[key])) for key in keys]


def agreement_place(tx: Connection, key: str) -> tuple[str, str]:
    """Return (books, name) of an agreement; raise `NotFoundError`."""
    row = tx.execute(select(agreement.c.books, agreement.c.name).where(agreement.c.id == key)).first()
    if row is None:
        raise no_such("l'indivision", "agreement", key)
    return row.books, row.name


def version_from(data: dict[str, Json]) -> AgreementVersion:
    """Rebuild a version from `AgreementVersion.to_data`."""
    fields: dict[str, object] = {**data}
    terms: dict[str, object] = {**data["terms"]}  # type: ignore[dict-item]
    kinds: dict[str, str] = terms["kinds"]  # type: ignore[assignment]
    terms["kinds"] = {SessionKind(kind): OwnersShare(share) for kind, share in kinds.items()}
    if "deductions" in terms:
        terms["deductions"] = Deductions(**terms["deductions"])  # type: ignore[arg-type]
    terms["kept_components"] = tuple(terms.get("kept_components", ()))  # type: ignore[arg-type]
    fields["lines"] = tuple(Line(**line) for line in data["lines"])  # type: ignore[arg-type, union-attr]
    fields["terms"] = Terms(**terms)  # type: ignore[arg-type]
    return AgreementVersion(**fields)  # type: ignore[arg-type]


@lru_cache(maxsize=_VERSIONS_KEPT)
def _version_of(body: str) -> AgreementVersion:
    return version_from(json.loads(body))


def _checked(key: str, number: int, from_at: int, lines: Sequence[Line], terms: Terms) -> AgreementVersion:
    try:
        return AgreementVersion(
            agreement=key, version=number, from_at=from_at, to_at=None, lines=tuple(lines), terms=terms
        )
    except (AgreementRefusedError, ValueError) as error:
        raise InvalidError(
            Message(f"l'indivision se contredit ({error})", f"the agreement contradicts itself ({error})")
        ) from error


def _store(change: Change, version: AgreementVersion) -> None:
    change.tx.execute(
        insert(agreement_version).values(
            agreement=version.agreement, version=version.version, body=canonical(version.to_data()).decode()
        )
    )


__all__ = [
    "agreement_by_id",
    "agreement_place",
    "agreements_of",
    "create_agreement",
    "create_version",
    "proposed_version",
    "version_for",
    "version_from",
]
