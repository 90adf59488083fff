"""What invoices say of the parties and of the law: each word from a day on, for the law and addresses change.

House rules: a subject is books or an organisation's account. A shipped wording holds until another one is said; nothing
here is advice. An issued invoice keeps the words of its day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from controller.domain.iban import IbanRefusedError, iban
from controller.errors import Message
from controller.office.directory.tables import account, books
from controller.office.directory.words import checked_note
from controller.office.export.chart import is_siren
from controller.office.invoicing.tables import invoice_word
from controller.office.refusals import InvalidError, no_such

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from controller.office.store import Change

_PLACE = re.compile(r"[A-Z]{2}")
_DAYS = re.compile(r"[0-9]{1,2}")
_SERIES = re.compile(r"[A-Z][A-Z0-9-]{0,8}")
_VAT_NUMBER = re.compile(r"[A-Z]{2}[0-9A-Z]{2,13}")
_POST = frozenset({"356000000"})
"""La Poste's establishments alone do not carry the check digit of fourteen (INSEE)."""


@dataclass(frozen=True, slots=True)
class _Word:
    said: Message
    of_books: str | None = ""
    of_payer: str | None = ""
    needed: bool = False


WORDS: dict[str, _Word] = {
    "name": _Word(Message("raison sociale", "name"), needed=True),
    "siret": _Word(Message("SIRET", "SIRET")),
    "vat_number": _Word(Message("numéro de TVA", "VAT number")),
    "street": _Word(Message("rue", "street"), needed=True),
    "postcode": _Word(Message("code postal", "postcode"), needed=True),
    "city": _Word(Message("ville", "city"), needed=True),
    "country": _Word(Message("pays", "country"), "FR", "FR"),
    "legal_form": _Word(Message("forme et capital", "legal form and capital"), of_payer=None),
    "iban": _Word(Message("IBAN", "IBAN"), of_payer=None),
    "series": _Word(Message("série des factures", "series of invoices"), "FA", None),
    "credit_series": _Word(Message("série des avoirs", "series of credit notes"), "AV", None),
    # Code de commerce L 441-10: thirty days, unless agreed otherwise; the rate of delay, and forty euros.
    "due_days": _Word(Message("délai de paiement en jours", "days until payment"), "30", None),
    "penalties": _Word(
        Message("pénalités de retard", "penalties of delay"),
        "Pénalités de retard : trois fois le taux de l'intérêt légal. Indemnité forfaitaire pour frais de"
        " recouvrement : 40 €. Pas d'escompte pour paiement anticipé.",
        None,
    ),
    # CIBS L 223-1 and following since 1 September 2026; the old reference is tolerated until the end of 2027.
    "exemption": _Word(
        Message("mention de franchise", "mention of exemption"),
        "TVA non applicable, articles L. 223-1 et suivants du CIBS (ancien article 293 B du CGI).",
        None,
    ),
    "nature": _Word(Message("nature de l'opération", "nature of what is sold"), "Prestations de services.", None),
    "service_code": _Word(Message("code service (Chorus Pro)", "service code (Chorus Pro)"), of_books=None),
}
"""What can be said; a word of `None` is not for such a subject, a needed one must be there before an invoice."""


def put_word(change: Change, subject: str, name: str, from_day: str, value: str) -> None:
    """Say a word of books or of an organisation from a day on; raise `InvalidError` for what is none."""
    of_books = _is_books(change.tx, subject)
    word = WORDS.get(name)
    if word is None or (word.of_books if of_books else word.of_payer) is None:
        raise InvalidError(Message(f"« {name[:40]} » n'est pas une mention", f"'{name[:40]}' is no such word"))
    try:
        day = date.fromisoformat(from_day).isoformat()
    except ValueError as error:
        raise InvalidError(
            Message(f"« {from_day[:20]} » n'est pas un jour", f"'{from_day[:20]}' is no day"),
            cure=Message("écrivez-le comme 2026-10-31", "write it like 2026-10-31"),
        ) from error
    said = _checked(name, checked_note(value))
    row = invoice_word.c
    change.tx.execute(delete(invoice_word).where(row.subject == subject, row.name == name, row.from_day == day))
    change.tx.execute(
        insert(invoice_word).values(
            subject=subject, name=name, from_day=day, value=said, set_by=change.actor, set_at=change.now_ms
        )
    )
    change.audit("set_invoice_word", subject, after={"name": name, "from_day": day, "value": said})


def words_on(tx: Connection, subject: str, day: str) -> dict[str, str]:
    """Return what is said of a subject on a day: its own words, or the shipped ones."""
    of_books = _is_books(tx, subject)
    shipped = {name: word.of_books if of_books else word.of_payer for name, word in WORDS.items()}
    row = invoice_word.c
    rows = tx.execute(
        select(row.name, row.value).where(row.subject == subject, row.from_day <= day).order_by(row.from_day)
    )
    found = {name: said for name, said in shipped.items() if said is not None}
    found.update({each.name: each.value for each in rows if each.name in found})
    return found


def word_views(tx: Connection, subject: str) -> list[dict[str, Any]]:
    """Return every word that was said of a subject, by name and day."""
    row = invoice_word.c
    query = select(row.name, row.from_day, row.value).where(row.subject == subject).order_by(row.name, row.from_day)
    return [dict(each) for each in tx.execute(query).mappings()]


def check_complete(words: dict[str, str], of_whom: Message, *more: str) -> None:
    """Raise `InvalidError` naming what an invoice must say, `more` included, and nobody has written down."""
    missing = [word.said for name, word in WORDS.items() if (word.needed or name in more) and not words[name]]
    if missing:
        fr, en = (", ".join(said.text(lang) for said in missing) for lang in ("fr", "en"))
        raise InvalidError(
            Message(f"il manque, {of_whom.fr} : {fr}", f"missing, {of_whom.en}: {en}"),
            cure=Message("écrivez-les dans les mentions des factures", "write them down among the words of invoices"),
        )


def is_siret(digits: str) -> bool:
    """Tell whether fourteen digits carry their check digit (Luhn, as INSEE computes it) behind a right SIREN."""
    if len(digits) != 14 or not digits.isdecimal() or not digits.isascii() or not is_siren(digits[:9]):  # noqa: PLR2004
        return False
    doubled = [int(digit) * (1 if place % 2 else 2) for place, digit in enumerate(digits)]
    luhn = sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004 - two digits
    return luhn or digits[:9] in _POST


def _checked(name: str, said: str) -> str:
    plain = said.replace(" ", "").upper()
    rules: dict[str, Callable[[str], object]] = {
        "siret": is_siret,
        "vat_number": _VAT_NUMBER.fullmatch,
        "iban": _is_iban,
        "country": _PLACE.fullmatch,
        "due_days": _DAYS.fullmatch,
        "series": _SERIES.fullmatch,
        "credit_series": _SERIES.fullmatch,
    }
    if name not in rules:
        return said
    if plain and not rules[name](plain):
        word = WORDS[name].said
        raise InvalidError(Message(f"{word.fr} : « {said[:40]} » est faux", f"{word.en}: '{said[:40]}' is wrong"))
    return plain


def _is_iban(text: str) -> bool:
    try:
        return iban(text) == text
    except IbanRefusedError:
        return False


def _is_books(tx: Connection, subject: str) -> bool:
    if tx.execute(select(books.c.id).where(books.c.id == subject)).first() is not None:
        return True
    kind = tx.execute(select(account.c.kind).where(account.c.id == subject)).scalar()
    if kind != "organisation":
        raise no_such("l'organisme", "organisation", subject)
    return False
