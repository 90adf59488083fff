"""The accountant's file: its form, what our own reader and an independent one find in it, what is refused."""

import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from fec_parser.parser import FECParser
from sqlalchemy import Engine

from controller.errors import UserError
from controller.office.export.chart import Chart, is_siren
from controller.office.export.fec import COLUMNS, FecReading, check_fec, fec_bytes, fec_name, fec_note
from controller.office.export.journal_lines import JournalLine, journal_lines
from controller.office.export.mapped_csv import csv_bytes
from controller.office.export.period import period_of
from tests.export.kit import SIREN, chart, spring
from tests.office.ledger_file import BOOKS

NAME = f"{SIREN}FEC20261231.txt"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the chart and the ledger are."""
    return tmp_path_factory.mktemp("fec")


@pytest.fixture(scope="module")
def books(folder: Path) -> Iterator[Engine]:
    """Three days in spring, only read here."""
    engine = spring(folder / "office.db")
    yield engine
    engine.dispose()


def lines_of(engine: Engine, charted: Chart, period: str = "2026") -> list[JournalLine]:
    """The journal lines of a period."""
    with engine.connect() as connection:
        return journal_lines(connection, BOOKS, period_of(period, charted.entity_of(BOOKS)), charted)


def checked(data: bytes, name: str = NAME) -> FecReading:
    """What our own reader finds."""
    return check_fec(name, data)


def test_the_file_has_the_eighteen_columns_of_the_law(books: Engine, folder: Path) -> None:
    """LPF A 47 A-1: order of columns, tabs, AAAAMMJJ, decimal comma, CR LF; every line the same number of cells."""
    lines = fec_bytes(lines_of(books, chart(folder))).decode("iso8859-15").split("\r\n")

    assert lines[0] == (
        "JournalCode\tJournalLib\tEcritureNum\tEcritureDate\tCompteNum\tCompteLib\tCompAuxNum\tCompAuxLib\tPieceRef\t"
        "PieceDate\tEcritureLib\tDebit\tCredit\tEcritureLet\tDateLet\tValidDate\tMontantdevise\tIdevise"
    )
    assert lines[1] == (
        "BQ\tBanque\t1\t20260330\t419100\tClients, crédit payé d'avance\t\t\tworkshop-BQ-20260330\t20260330\t"
        "Banque du 30/03/2026 (écritures du grand livre : 1)\t0,00\t50,00\t\t\t20260330\t\t"
    )
    assert {line.count("\t") for line in lines if line} == {17}


def test_both_readers_find_the_ledgers_own_sums(books: Engine, folder: Path) -> None:
    """Ours finds no fault and, per account, the ledger's cents; `fec_parser`, which is not ours, the same income."""
    data = fec_bytes(lines_of(books, chart(folder)))
    reading = checked(data)
    entries = list(FECParser.from_bytesio(io.BytesIO(data)).get_ecritures())

    assert reading.faults == ()
    assert reading.sums == {
        "512000": 5_000,
        "530000": 2_000,
        "419100": -5_000 - 2_000 + 600 + 2_000 + 333,
        "411000": 500,
        "445710": -(100 + 417 + 55),
        "706000": -278,
        "655100": 1_000 - 500,
        "458000": -400,
        "467100": -100,
        "706100": -(500 + 2_083),
    }
    income = sum(Decimal(each.credit) - Decimal(each.debit) for each in entries if each.compte_num.startswith("7"))
    assert (len(entries), income) == (reading.lines, Decimal("28.61"))


def test_a_day_is_the_workshops_own(books: Engine, folder: Path) -> None:
    """What was booked at one minute past midnight in Crest, still March in Greenwich, is April's."""
    march, april = (lines_of(books, chart(folder), month) for month in ("2026-03", "2026-04"))

    assert {f"{line.day}" for line in march} == {"2026-03-30", "2026-03-31"}
    assert {f"{line.day}" for line in april} == {"2026-04-01"}
    assert sum(line.debit_cents for line in march + april) == sum(
        line.debit_cents for line in lines_of(books, chart(folder)) if line.day.month != 5
    )


def test_a_closing_hands_the_owners_their_parts(books: Engine, folder: Path) -> None:
    """Income stays where it was posted; what goes to owners is a charge and a debt, the fee is neither."""
    lines = lines_of(books, chart(folder), "2026-05")

    assert [(line.journal, line.account, line.debit_cents, line.credit_cents) for line in lines] == [
        ("OD", "458000", 0, 400),
        ("OD", "467100", 0, 100),
        ("OD", "655100", 1_000, 0),
        ("OD", "655100", 0, 500),
    ]


def test_what_is_taken_back_stands_beside_what_was_posted(books: Engine, folder: Path) -> None:
    """Nothing is netted away: the refund debits the income of its own journal."""
    refund = [line for line in lines_of(books, chart(folder), "2026-04") if line.account == "706100"]

    assert [(line.journal, line.debit_cents, line.credit_cents) for line in refund] == [("VT", 834, 0)]


def test_the_accountant_may_call_everything_otherwise(books: Engine, folder: Path) -> None:
    """Numbers, labels, journals and the financial year are the chart's, from its date on."""
    own = chart(
        folder,
        f"""
        [[entity]]
        books = "{BOOKS}"
        siren = "{SIREN}"
        year_end = "03-31"
        [[chart]]
        from = 2026-01-01
        entry_label = "Jour {{day}}"
        journals = [{{ code = "AA", label = "Tout" }}]
        accounts = [{{ ledger = "unknown", number = "100", label = "Rien" }}]
        [[chart]]
        from = 2026-03-31
        entry_label = "Jour {{day}}"
        journals = [{{ code = "ZZ", label = "Tout" }}]
        accounts = [
            {{ ledger = "prepaid:", number = "4675", label = "Bons", auxiliary = true }},
            {{ ledger = "means:", number = "467", label = "Divers" }},
            {{ ledger = "receivable:", number = "411", label = "Clients" }},
            {{ ledger = "vat:2000", number = "44571", label = "TVA 20" }},
            {{ ledger = "pool:", number = "467", label = "Indivision" }},
            {{ ledger = "pool:", kinds = ["session"], number = "7067", label = "Indivision" }},
            {{ ledger = "revenue:", number = "706", label = "Ventes" }},
        ]
        """,
    )

    with pytest.raises(UserError, match="means:card"):
        lines_of(books, own, "2026")
    with pytest.raises(UserError, match="2019-12-31"):
        own.on(date(2019, 12, 31))
    assert [own.on(date(2026, month, 31)).entry_label[:4] for month in (1, 3)] == ["Jour", "Jour"]
    assert own.on(date(2025, 12, 31)) == chart(folder, "").on(date(2026, 5, 1))
    lines = lines_of(books, own, "2026-04")
    assert {(line.journal, line.label) for line in lines} == {("ZZ", "Jour 01/04/2026")}
    assert {line.auxiliary for line in lines if line.account == "4675"} == {"acc-1"}
    assert {line.account for line in lines if line.account_label == "Indivision"} == {"7067"}
    assert fec_name(own.entity_of(BOOKS), period_of("2027", own.entity_of(BOOKS)).last) == f"{SIREN}FEC20270331.txt"


def test_what_is_missing_is_named(books: Engine, folder: Path) -> None:
    """No SIREN, no such books, a period that is none, a chart with a slip: one sentence that says which."""
    with pytest.raises(UserError, match=r"SIREN.*workshop"):
        fec_name(chart(folder, "").entity_of(BOOKS), period_of("2026", chart(folder).entity_of(BOOKS)).last)
    with pytest.raises(UserError, match="2026-13"):
        period_of("2026-13", chart(folder).entity_of(BOOKS))
    with books.connect() as connection, pytest.raises(UserError, match=r"nowhere.*workshop"):
        journal_lines(connection, "nowhere", period_of("2026", chart(folder).entity_of(BOOKS)), chart(folder))
    for slip in (f'[[entity]]\nbooks = "{BOOKS}"\nsiren = "123456789"', "[[entity]]\nbook = 'x'", "[csv", "colour = 1"):
        with pytest.raises(UserError, match=r"chart\.toml"):
            chart(folder, slip)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (b"\t50,00\t", b"\t50,01\t", 2),
        (b"\t50,00\t", b"\t50.00\t", 2),
        (b"\t50,00\t", b"\t\t", 2),
        (b"20260330\t419100", b"20260332\t419100", 2),
        (b"20260330\t419100", b"20270330\t419100", 2),
        (b"\t419100\t", b"\t41\t", 2),
        (b"\t1\t20260330", b"\t7\t20260330", 2),
        (b"CompteNum", b"NumCompte", 1),
        (b"\tworkshop-BQ-20260330\t", b"\t\t", 2),
        (b"\tworkshop-BQ-20260330\t", b"\tworkshop|BQ\t\t", 2),
    ],
)
def test_our_reader_finds_what_is_wrong_and_where(
    books: Engine, folder: Path, old: bytes, new: bytes, line: int
) -> None:
    """Amounts, dates, numbers, columns: the fault names the line."""
    data = fec_bytes(lines_of(books, chart(folder)))

    assert line in {fault.line for fault in checked(data.replace(old, new, 1)).faults}


def test_our_reader_finds_a_wrong_name_and_a_wrong_order(books: Engine, folder: Path) -> None:
    """The name holds a SIREN and a day; entries stand in the order of their validation."""
    data = fec_bytes(lines_of(books, chart(folder)))
    header, *lines = data.split(b"\r\n")[:-1]

    assert [fault.line for fault in checked(data, "123456789FEC20261231.txt").faults] == [0]
    assert checked(b"\r\n".join([header, *reversed(lines), b""])).faults
    late = checked(data.replace(b"\t20260502\t\t\r\n", b"\t20260329\t\t\r\n"))
    assert {fault.message.en for fault in late.faults} == {"not in the order of validation"}


def test_letters_that_the_charset_lacks_are_written_otherwise(books: Engine, folder: Path) -> None:
    """ISO 8859-15 has œ and € but no Turkish ş and no curly quotes; UTF-8 keeps all, and the note says which it is."""
    label = "Coup d’œil à 5 € chez Ayşe\t|"
    line = [JournalLine(**{**_fields(lines_of(books, chart(folder))[0]), "label": label})]  # type: ignore[arg-type]

    assert "Coup d'œil à 5 € chez Ayse  \t" in fec_bytes(line).decode("iso8859-15")
    assert "Coup d’œil à 5 € chez Ayşe  \t" in fec_bytes(line, "utf-8").decode()
    assert "ISO 8859-15" in fec_note(NAME, "iso8859-15", BOOKS)


def test_the_mapped_table_has_the_accountants_columns(books: Engine, folder: Path) -> None:
    """Titles, order, separator, decimal mark and dates are settings; a label never becomes a formula."""
    own = chart(
        folder, '[csv]\nseparator = ","\ndecimal = "."\ndate = "%Y-%m-%d"\ncolumns = [["D", "day"], ["Dr", "debit"]]'
    )
    first = lines_of(books, own)[:1]
    spiked = [JournalLine(**{**_fields(first[0]), "label": "=1+1"})]  # type: ignore[arg-type]

    assert csv_bytes(first, own.form()) == "\ufeffD,Dr\r\n2026-03-30,0.00\r\n".encode()
    assert b";'=1+1;" in csv_bytes(spiked, chart(folder).form())


def test_a_siren_carries_its_check_digit() -> None:
    """INSEE's numbers pass; a slip of one digit does not."""
    assert is_siren("732829320")
    assert not is_siren("732829321")
    assert len(COLUMNS) == 18


def _fields(line: JournalLine) -> dict[str, object]:
    return {name: getattr(line, name) for name in JournalLine.__dataclass_fields__}
