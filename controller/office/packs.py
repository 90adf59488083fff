"""Packs of minutes at the desk: what is sold or included, what somebody has left, and the end of each on its day.

House rules: terms are those of the plan when it is sold, so a changed plan changes no pack. Included minutes are opened
once for each member and month, by a name that says which, however often it is looked. A pack ends by an entry of its
own, and waits for uses that began before its end and are not counted yet.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import and_, exists, func, insert, or_, select, update

from controller.domain.canonical import canonical, sha256_hex
from controller.domain.components import CENTS_LIMIT
from controller.domain.ids import AccountId, BooksId, MachineId
from controller.domain.ledger import MeansOfPayment
from controller.domain.pack_entries import PACK_END_PREFIX, PackEnd, PackSale
from controller.domain.packs import PACK_MACHINES_MAX, PACK_SECONDS_MAX, PACKS_MAX
from controller.errors import Message, ProgrammerError
from controller.office import legal
from controller.office.directory.balances import project_balances
from controller.office.directory.tables import account, books, machine, member
from controller.office.journal_tables import session
from controller.office.ledger.packs import owned_packs_of
from controller.office.ledger.store import post
from controller.office.ledger.tables import ledger_entry, ledger_pack
from controller.office.lots import DAYS_MAX, UNHEARD_MAX_MS, heard_up_to
from controller.office.money import NO_REFERENCE, post_one
from controller.office.pack_tables import pack_plan
from controller.office.refusals import ConflictError, InvalidError, no_such
from controller.office.settlement.periods import day_of, following, month_of, period
from controller.office.store import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from controller.office.store import Change

PLANS_MAX = 50
"""Plans of one books that are not ended: a desk's list that somebody still reads."""

CARRIED_MAX = 12
"""Months that included minutes may be carried over: a year; more of them are a pack without an end."""

AT_ONCE = 1_000
"""Packs opened or ended in one transaction: tenths of a second; the others follow in the next."""

Period = Literal["", "month"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Minutes that are sold (`period` empty) or included each local month for members of an `audience` (empty: all).

    `machines`: what for (none: all). `days` a sold pack holds (null: no end); `carried` months more an included one.
    `vat_point` null: the books'.
    """

    id: str
    books: str
    name: str
    seconds: int
    cents: int
    machines: tuple[str, ...] = ()
    days: int | None = None
    audience: str = ""
    period: Period = ""
    carried: int = 0
    vat_point: Literal["at_topup", "at_use"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes:
    """A pack of somebody: what is left, for which machines, through which day, and what that stands for."""

    pack: str
    name: str
    machines: tuple[str, ...]
    last_day: str | None
    left_s: int
    left_cents: int
    included: bool


def add_plan(change: Change, plan: Plan) -> None:
    """Offer a plan from now on; raise `InvalidError` for what is none and `ConflictError` for a name that is taken."""
    _check(change.tx, plan)
    if change.tx.execute(select(pack_plan.c.id).where(pack_plan.c.id == plan.id)).first():
        raise ConflictError(Message(f"« {plan.id} » existe déjà", f"'{plan.id}' exists already"))
    if len(plans_of(change.tx, plan.books)) >= PLANS_MAX:
        raise ConflictError(
            Message(f"il y a déjà {PLANS_MAX} forfaits", f"there are {PLANS_MAX} plans already"),
            cure=Message("arrêtez-en un", "end one of them"),
        )
    change.tx.execute(
        insert(pack_plan).values(
            id=plan.id,
            books=plan.books,
            name=plan.name,
            seconds=plan.seconds,
            cents=plan.cents,
            machines=canonical([*plan.machines]).decode(),
            days=plan.days,
            audience=plan.audience,
            period=plan.period,
            carried=plan.carried,
            vat_point=plan.vat_point,
            from_at=change.now_ms,
        )
    )
    change.audit("add_plan", plan.id, after={"seconds": plan.seconds, "cents": plan.cents, "period": plan.period})


def end_plan(change: Change, key: str) -> None:
    """Sell and include a plan no more; what was sold holds on. Raise `NotFoundError`."""
    plan_by_id(change.tx, key)
    change.tx.execute(update(pack_plan).where(pack_plan.c.id == key).values(ended_at=change.now_ms))
    change.audit("end_plan", key)


def plans_of(tx: Connection, in_books: str | None = None) -> list[Plan]:
    """Return the plans that are offered, of all books or of some."""
    plan = pack_plan.c
    query = select(pack_plan).where(plan.ended_at.is_(None)).order_by(plan.period, plan.name, plan.id)
    rows = tx.execute(query if in_books is None else query.where(plan.books == in_books))
    return [_plan(row) for row in rows]


def plan_by_id(tx: Connection, key: str) -> Plan:
    """Return a plan that is offered; raise `NotFoundError`."""
    row = tx.execute(select(pack_plan).where(pack_plan.c.id == key, pack_plan.c.ended_at.is_(None))).first()
    if row is None:
        raise no_such("le forfait", "plan", key)
    return _plan(row)


def sell(
    change: Change, payer: str, plan_id: str, means: MeansOfPayment, key: str | None = None, reference: str = ""
) -> str:
    """Sell an account a plan's minutes for money, and return the pack's id; `key` makes a repeated request sell once.

    Raises `NotFoundError`, and `InvalidError` for a plan of other books or one that is not sold.
    """
    plan = plan_by_id(change.tx, plan_id)
    in_books = books_of(change.tx, payer)
    if plan.period or plan.books != in_books:
        raise InvalidError(
            Message("ce forfait ne se vend pas à ce compte", "this plan is not sold to this account"),
            cure=Message("choisissez-en un de la liste", "choose one of the list"),
        )
    sale = _sale(change.tx, plan, payer, key or new_id("pk"), change.now_ms, means)
    entry = ledger_entry.c
    known = change.tx.execute(select(entry.event_at).where(entry.books == in_books, entry.key == sale.key)).scalar()
    if known is not None:  # a repetition is the same sale, not a later one
        sale = _sale(change.tx, plan, payer, sale.pack, known, means)
    if post_one(change, in_books, sale):
        project_balances(change.tx, [payer])
        said: dict[str, Any] = {"pack": sale.pack, "plan": plan.id, "cents": plan.cents, "means": means.value}
        change.audit("sell_pack", payer, after={**said, "reference": reference or NO_REFERENCE})
    return sale.pack


def books_of(tx: Connection, payer: str) -> str:
    """Return the books of an account; raise `NotFoundError`."""
    in_books = tx.execute(select(account.c.books).where(account.c.id == payer)).scalar()
    if in_books is None:
        raise no_such("le compte", "account", payer)
    return str(in_books)


def minutes_of(tx: Connection, payer: str) -> list[Minutes]:
    """Return what an account has left of packs, in the order in which they are spent."""
    in_books = books_of(tx, payer)
    owned = owned_packs_of(tx, BooksId(in_books), AccountId(payer))
    names = {row.id: row.name for row in tx.execute(select(pack_plan.c.id, pack_plan.c.name))}
    return [
        Minutes(
            pack=each.pack.pack,
            name=names.get(each.plan, each.plan),
            machines=each.pack.machines,
            last_day=None if each.pack.until_at is None else day_of(each.pack.until_at - 1),
            left_s=each.pack.left_s,
            left_cents=each.pack.left_cents,
            included=each.pack.included,
        )
        for each in owned
    ]


def any_due(tx: Connection, now_ms: int) -> bool:
    """Tell whether `include` or `end` has something to do."""
    return bool(_ended(tx, now_ms, 1) or _to_include(tx, now_ms, 1))


def include(change: Change, limit: int = AT_ONCE) -> int:
    """Open this month's included minutes of every member whose they are and has none yet; return how many."""
    due = _to_include(change.tx, change.now_ms, limit)
    touched: set[str] = set()
    for plan, payer, name, span in due:
        until = span
        for _ in range(plan.carried):
            until = period("month", following(until.name))
        sale = PackSale(
            pack=name,
            account=AccountId(payer),
            means=None,
            cents=0,
            seconds=plan.seconds,
            event_at=span.from_at,
            from_at=span.from_at,
            until_at=until.to_at,
            machines=tuple(MachineId(each) for each in plan.machines),
            plan=plan.id,
        )
        for result in post(change.tx, BooksId(plan.books), [sale], booked_at=change.now_ms):
            if result.outcome == "posted":
                touched.add(payer)
    project_balances(change.tx, sorted(touched))
    return len(touched)


def end(change: Change, limit: int = AT_ONCE) -> int:
    """Post the end of every pack that is over, as an entry of its own on its local day; return how many."""
    rows = _ended(change.tx, change.now_ms, limit)
    for row in rows:
        terms = change.tx.execute(select(books).where(books.c.id == row.books)).one()
        taxed = terms.vat_taxable and legal.value(change.tx, row.books, "expired_credit_vat", day_of(row.until_at))
        entry = ledger_entry.c
        place = and_(entry.books == row.books, entry.key.startswith(f"{PACK_END_PREFIX}{row.pack}:", autoescape=True))
        number = change.tx.execute(select(func.count()).select_from(ledger_entry).where(place)).scalar_one()
        request = PackEnd(
            pack=row.pack,
            account=AccountId(row.account),
            event_at=row.until_at,
            number=number + 1,
            vat_rate_bp=terms.vat_rate_bp if taxed else None,
        )
        for result in post(change.tx, BooksId(row.books), [request], booked_at=change.now_ms):
            if result.outcome != "posted":
                raise ProgrammerError(Message("un forfait n'a pas pris fin", "a pack did not end"))
    project_balances(change.tx, sorted({row.account for row in rows}))
    return len(rows)


def _check(tx: Connection, plan: Plan) -> None:
    known = set(tx.execute(select(machine.c.id).where(machine.c.books == plan.books)).scalars())
    wrong = (
        not plan.name.strip()
        or not 0 < plan.seconds <= PACK_SECONDS_MAX
        or (plan.cents > 0) == bool(plan.period)
        or not 0 <= plan.cents <= CENTS_LIMIT
        or (plan.days is not None and not 0 < plan.days <= DAYS_MAX)
        or not 0 <= plan.carried <= CARRIED_MAX
        or len(plan.machines) > PACK_MACHINES_MAX
    )
    if wrong:
        raise InvalidError(
            Message("ce forfait n'en est pas un", "this plan is none"),
            cure=Message(
                "un nom, des minutes, et un prix s'il se vend, une période s'il est inclus",
                "a name, minutes, and a price where it is sold, a period where it is included",
            ),
        )
    if unknown := sorted(set(plan.machines) - known):
        raise no_such("la machine", "machine", unknown[0])


def _sale(tx: Connection, plan: Plan, payer: str, name: str, now_ms: int, means: MeansOfPayment) -> PackSale:
    of_books = tx.execute(select(books).where(books.c.id == plan.books)).one()
    until_at = None
    if plan.days is not None:  # the midnight after its last local day
        until_at = period("day", day_of(now_ms + plan.days * 86_400_000)).to_at
    return PackSale(
        pack=name,
        account=AccountId(payer),
        means=means,
        cents=plan.cents,
        seconds=plan.seconds,
        event_at=now_ms,
        from_at=now_ms,
        until_at=until_at,
        machines=tuple(MachineId(each) for each in plan.machines),
        vat_point=plan.vat_point or of_books.vat_point,
        rate_bp=of_books.vat_rate_bp if of_books.vat_taxable else 0,
        plan=plan.id,
    )


def _to_include(tx: Connection, now_ms: int, limit: int) -> list[tuple[Plan, str, str, Any]]:
    found: list[tuple[Plan, str, str, Any]] = []
    span = period("month", month_of(now_ms))
    for plan in plans_of(tx):
        if not plan.period:
            continue
        who = [
            account.c.books == plan.books,
            member.c.status == "active",
            or_(member.c.membership_until_at.is_(None), member.c.membership_until_at > now_ms),
        ]
        if plan.audience:
            who.append(member.c.audience == plan.audience)
        rows = tx.execute(
            select(member.c.id, member.c.account).join(account, account.c.id == member.c.account).where(*who)
        ).all()
        names = {_name(plan.id, row.id, span.name): row.account for row in rows}
        for name in sorted(set(names) - _open(tx, plan.books, names)):
            if _count(tx, plan.books, names[name]) < PACKS_MAX:
                found.append((plan, names[name], name, span))
            if len(found) >= limit:
                return found
    return found


def _name(plan: str, member_id: str, month: str) -> str:
    """Return the one name of a member's included minutes of a month."""
    return f"q{sha256_hex(canonical([plan, member_id, month]))[:30]}"


def _open(tx: Connection, in_books: str, names: dict[str, str]) -> set[str]:
    found: set[str] = set()
    wanted = sorted(names)
    for start in range(0, len(wanted), 500):
        pack = ledger_pack.c
        place = and_(pack.books == in_books, pack.pack.in_(wanted[start : start + 500]))
        found |= set(tx.execute(select(pack.pack).where(place)).scalars())
    return found


def _count(tx: Connection, in_books: str, payer: str) -> int:
    pack = ledger_pack.c
    place = and_(pack.books == in_books, pack.account == payer, pack.left_s > 0)
    return int(tx.execute(select(func.count()).select_from(ledger_pack).where(place)).scalar_one())


def _ended(tx: Connection, now_ms: int, limit: int) -> Sequence[Any]:
    pack, use = ledger_pack.c, session.c
    waiting = exists().where(
        use.account == pack.account,
        use.state.in_(("open", "ended")),
        or_(use.opened_at.is_(None), use.opened_at < pack.until_at),
    )
    heard_at = heard_up_to(tx, now_ms)
    return tx.execute(
        select(ledger_pack)
        .where(pack.left_s > 0, pack.until_at <= heard_at, or_(~waiting, pack.until_at <= now_ms - UNHEARD_MAX_MS))
        .order_by(pack.books, pack.until_at, pack.pack)
        .limit(limit)
    ).all()


def _plan(row: Any) -> Plan:  # noqa: ANN401 - a row
    return Plan(
        id=row.id,
        books=row.books,
        name=row.name,
        seconds=row.seconds,
        cents=row.cents,
        machines=tuple(json.loads(row.machines)),
        days=row.days,
        audience=row.audience,
        period=row.period,
        carried=row.carried,
        vat_point=row.vat_point,
    )
