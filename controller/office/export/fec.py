"""The *fichier des écritures comptables*: eighteen columns, for the accountant to import.

Source: LPF art. A 47 A-1 (columns and their order, one separator throughout, dates AAAAMMJJ, decimal comma, entries
in the order of validation) and BOI-CF-IOR-60-40-20. The year's own FEC is the accountant's; ours holds the journals
that the ledger feeds. House rules: written in ISO 8859-15 unless asked otherwise, a character that it lacks is
transliterated; `check_fec` reads a file as a tax inspector's program does and trusts nothing of what wrote it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from controller.errors import Message, UserError
from controller.office.export.amounts import decimal_of
from controller.office.export.chart import is_siren

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from controller.office.export.chart import Entity
    from controller.office.export.journal_lines import JournalLine

COLUMNS = (
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
)
Charset = Literal["iso8859-15", "utf-8"]
FAULTS_LIMIT = 50
"""Faults told of one file, later ones are dropped: a wrong separator makes one for each line."""

_NAME = re.compile(r"(?P<siren>[0-9]{9})FEC(?P<day>[0-9]{8})\.txt")
_AMOUNT = re.compile(r"-?[0-9]+(,[0-9]{1,2})?")
_ACCOUNT = re.compile(r"[0-9]{3}[0-9A-Z]*")
_FILLED = ("JournalCode", "JournalLib", "EcritureNum", "CompteNum", "CompteLib", "PieceRef", "EcritureLib")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line (1 is the header; 0 is the file itself)."""

    line: int
    message: Message


@dataclass(frozen=True, slots=True)
class FecReading:
    """What a file holds: lines without the header, entries, the sum of each account in cents (debit positive)."""

    lines: int
    entries: int
    sums: dict[str, int]
    faults: tuple[Fault, ...]


def fec_name(entity: Entity, closing: date) -> str:
    """Return the file's legal name; raise `UserError` when the SIREN is not known."""
    if not entity.siren:
        raise UserError(
            Message(
                f"le SIREN des comptes « {entity.books} » manque", f"the SIREN of books '{entity.books}' is missing"
            ),
            why=Message("le nom d'un FEC commence par lui", "the name of a FEC begins with it"),
            cure=Message(
                f'écrivez [[entity]] books = "{entity.books}", siren = "…" dans le plan de comptes (--chart)',
                f'write [[entity]] books = "{entity.books}", siren = "…" in the chart of accounts (--chart)',
            ),
        )
    return f"{entity.siren}FEC{closing:%Y%m%d}.txt"


def fec_bytes(lines: Iterable[JournalLine], charset: Charset = "iso8859-15") -> bytes:
    """Return the file: tabs between columns, CR LF after each line, the header first."""
    rows = [COLUMNS, *(_row(line) for line in lines)]
    text = "".join("\t".join(_clean(cell) for cell in row) + "\r\n" for row in rows)
    return text.encode() if charset == "utf-8" else "".join(map(_written, text)).encode("iso8859-15")


def fec_note(name: str, charset: Charset, books: str) -> str:
    """Return the description that goes with the file (LPF A 47 A-1, VII)."""
    said = "ISO 8859-15" if charset == "iso8859-15" else "UTF-8"
    return (
        f"{name}\r\n"
        f"Jeu de caractères : {said}. Séparateur de colonnes : tabulation. Fin de ligne : CR LF.\r\n"
        "Première ligne : noms des colonnes. Dates : AAAAMMJJ. Montants : Debit et Credit, en euros, virgule.\r\n"
        "Une écriture par jour et par journal, somme d'écritures du grand livre d'Indivis, où est le détail ;\r\n"
        f"PieceRef le nomme : comptes, journal, jour (par exemple {books}-VT-20260331).\r\n"
        "ValidDate : jour de l'enregistrement au grand livre ; les écritures y sont enchaînées et ne changent plus.\r\n"
    )


def check_fec(name: str, data: bytes) -> FecReading:
    """Read a FEC and say what is wrong with it: name, columns, cells, balance of each entry, numbers, order."""
    return _Checker(name, data).reading()


def _row(line: JournalLine) -> tuple[str, ...]:
    day = f"{line.day:%Y%m%d}"
    debit, credit = decimal_of(line.debit_cents, ","), decimal_of(line.credit_cents, ",")
    return (
        line.journal,
        line.journal_label,
        str(line.number),
        day,
        line.account,
        line.account_label,
        line.auxiliary,
        line.auxiliary,
        line.piece,
        day,
        line.label,
        debit,
        credit,
        "",
        "",
        day,
        "",
        "",
    )


def _clean(cell: str) -> str:
    """Return the cell without what separates columns and lines."""
    return re.sub(r"[\t|\r\n]", " ", cell)


def _written(character: str) -> str:
    """Return what stands for a character in ISO 8859-15."""
    try:
        character.encode("iso8859-15")
    except UnicodeEncodeError:
        plain = {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u202f": " "}.get(character)
        return plain or unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode() or "?"
    return character


class _Checker:
    """One reading of one file."""

    def __init__(self, name: str, data: bytes) -> None:
        self._name = name
        self._data = data
        self._faults: list[Fault] = []
        self._sums: dict[str, int] = {}
        self._closing = ""
        self._entries = 0
        self._lines = 0

    def reading(self) -> FecReading:
        self._check_name()
        rows = self._rows()
        number, valid, balance, first_line, day = 0, "", 0, 2, ""
        for line, row in rows:
            cells = dict(zip(COLUMNS, row, strict=True))
            amount = self._check_cells(line, cells)
            if cells["EcritureNum"] != str(number):
                self._balanced(first_line, number, balance)
                if cells["EcritureNum"] != str(number + 1):
                    self._find(line, f"écriture {number + 1} attendue", f"entry {number + 1} was expected")
                number = int(cells["EcritureNum"]) if cells["EcritureNum"].isdecimal() else number + 1
                balance, first_line, day = 0, line, cells["EcritureDate"]
                self._entries += 1
            if cells["EcritureDate"] != day:
                self._find(line, "une écriture à deux dates", "one entry under two dates")
            if cells["ValidDate"] < valid:
                self._find(line, "pas dans l'ordre de validation", "not in the order of validation")
            valid = cells["ValidDate"]
            balance += amount
            self._lines += 1
            self._sums[cells["CompteNum"]] = self._sums.get(cells["CompteNum"], 0) + amount
        self._balanced(first_line, number, balance)
        return FecReading(self._lines, self._entries, self._sums, tuple(self._faults))

    def _check_name(self) -> None:
        found = _NAME.fullmatch(self._name)
        if found is None or not is_siren(found["siren"]) or not _is_day(found["day"]):
            self._find(0, f"« {self._name} » n'est pas SIREN FEC AAAAMMJJ .txt", f"'{self._name}' is no FEC's name")
        else:
            self._closing = found["day"]

    def _rows(self) -> list[tuple[int, list[str]]]:
        try:
            text = self._data.decode()
        except UnicodeDecodeError:
            text = self._data.decode("iso8859-15")
        lines = text.split("\r\n") if "\r\n" in text else text.split("\n")
        if lines and not lines[-1]:
            lines.pop()
        separator = "\t" if lines and "\t" in lines[0] else "|"
        if not lines or tuple(lines[0].split(separator)) != COLUMNS:
            self._find(1, "les dix-huit colonnes ne sont pas celles du FEC", "the columns are not the FEC's eighteen")
            return []
        rows = []
        for number, line in enumerate(lines[1:], start=2):
            cells = line.split(separator)
            if len(cells) == len(COLUMNS):
                rows.append((number, cells))
            else:
                self._find(number, f"{len(cells)} colonnes au lieu de 18", f"{len(cells)} columns instead of 18")
        return rows

    def _check_cells(self, line: int, cells: dict[str, str]) -> int:
        for column in _FILLED:
            if not cells[column].strip():
                self._find(line, f"{column} est vide", f"{column} is empty")
        for column in ("EcritureDate", "PieceDate", "ValidDate"):
            if not _is_day(cells[column]):
                said = cells[column]
                self._find(line, f"{column} : « {said} » n'est pas un jour", f"{column}: '{said}' is no day")
            elif self._closing and cells[column] > self._closing:
                self._find(line, f"{column} après la clôture", f"{column} after the closing")
        if not _ACCOUNT.fullmatch(cells["CompteNum"]):
            said = cells["CompteNum"]
            self._find(line, f"« {said} » n'est pas un compte", f"'{said}' is no account number")
        cents = []
        for column in ("Debit", "Credit"):
            if not _AMOUNT.fullmatch(cells[column]):
                said = cells[column]
                self._find(line, f"{column} : « {said} » n'est pas un montant", f"{column}: '{said}' is no amount")
                cents.append(0)
            else:
                cents.append(_cents(cells[column]))
        if (cents[0] != 0) == (cents[1] != 0):
            self._find(line, "ni débit ni crédit, ou les deux", "neither debit nor credit, or both")
        return cents[0] - cents[1]

    def _balanced(self, line: int, number: int, balance: int) -> None:
        if balance:
            off = decimal_of(balance, ",")
            self._find(line, f"l'écriture {number} n'est pas équilibrée ({off})", f"entry {number} is off by {off}")

    def _find(self, line: int, fr: str, en: str) -> None:
        if len(self._faults) < FAULTS_LIMIT:
            self._faults.append(Fault(line, Message(fr, en)))


def _is_day(text: str) -> bool:
    try:
        return len(text) == 8 and bool(datetime.strptime(text, "%Y%m%d"))  # noqa: DTZ007, PLR2004 - a day, AAAAMMJJ
    except ValueError:
        return False


def _cents(text: str) -> int:
    euros, _, rest = text.lstrip("-").partition(",")
    cents = int(euros) * 100 + int(rest.ljust(2, "0") or 0)
    return -cents if text.startswith("-") else cents
