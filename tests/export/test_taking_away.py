"""A treasurer at the terminal and at the API: the files, VAT by day, and what is answered when something is missing."""

import io
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import text

from controller.cli import main
from controller.errors import DataError
from controller.office.accounts import Role
from controller.office.export.fec import check_fec
from controller.office.export.period import period_of
from controller.office.export.vat_days import vat_days
from controller.office.ledger.store import balance
from tests.export.kit import SIREN, booked, chart, spring
from tests.office.door import Door
from tests.office.ledger_file import BOOKS, new_ledger, top_up, use


def test_vat_by_day_is_what_each_receipt_says(tmp_path: Path) -> None:
    """Three receipts of 1 cent's rounding each stay three; a day holds what it gave back; free uses are no receipt."""
    engine = spring(tmp_path / "office.db")
    own = chart(tmp_path)
    whole = period_of("2026", own.entity_of(BOOKS))
    with engine.connect() as connection:
        days = vat_days(connection, BOOKS, whole, own, frozenset({"acc-2"}))
        due = -balance(connection, BOOKS, "vat:2000")
    engine.dispose()

    assert [(f"{d.day}", d.organisation, d.category, d.receipts, d.net_cents, d.vat_cents) for d in days] == [
        ("2026-03-30", False, "TPS1", 2, 500 + 834, 100 + 167),
        ("2026-03-31", True, "TPS1", 1, 2_083, 417),
        ("2026-04-01", False, "TPS1", 0, 278 - 834, 55 - 167),
    ]
    assert sum(each.vat_cents for each in days) == due


def test_vat_on_credit_falls_due_when_it_is_paid_in(tmp_path: Path) -> None:
    """A single-purpose voucher: the top-up is taxed, the uses that it pays are not taxed again."""
    engine = new_ledger(tmp_path / "office.db")
    own = chart(tmp_path)
    fields = {name: getattr(top_up(1), name) for name in type(top_up(1)).__dataclass_fields__}
    paid_in = type(top_up(1))(**{**fields, "vat_point": "at_topup", "rate_bp": 2000})
    booked(engine, "2026-01-05T10:00", paid_in, use(1, vat_point="at_topup"))
    with engine.connect() as connection:
        days = vat_days(connection, BOOKS, period_of("2026", own.entity_of(BOOKS)), own, frozenset())
    engine.dispose()

    assert [(each.receipts, each.net_cents, each.vat_cents) for each in days] == [(1, 4_167, 833)]


def test_receipts_that_the_ledger_does_not_confirm_are_refused(tmp_path: Path) -> None:
    """A receipt that somebody changed in the file is no VAT to be declared."""
    engine = spring(tmp_path / "office.db")
    own = chart(tmp_path)
    with engine.begin() as connection:
        for name in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text("UPDATE ledger_entry SET details = replace(details, '500,100', '480,120')"))
    with engine.connect() as connection, pytest.raises(DataError, match=r"592 .* 572"):
        vat_days(connection, BOOKS, period_of("2026", own.entity_of(BOOKS)), own, frozenset())
    engine.dispose()


def test_a_treasurer_takes_the_files_away_at_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The FEC under its legal name with its description; taken twice it is the same; `check` finds it whole."""
    spring(tmp_path / "office.db").dispose()
    chart(tmp_path)
    words = [str(tmp_path / "office.db"), "--period", "2026", "--chart", str(tmp_path / "chart.toml")]

    codes = [main(["export", "fec", *words, "--to", str(tmp_path)])]
    file = tmp_path / f"{SIREN}FEC20261231.txt"
    first = file.read_bytes()
    codes += [main(["export", what, *words, "--to", str(tmp_path)]) for what in ("fec", "csv")]
    codes.append(main(["export", "check", str(file)]))
    said = capsys.readouterr().out

    assert codes == [0, 0, 0, 0]
    assert file.read_bytes() == first
    assert {path.name for path in tmp_path.iterdir()} >= {
        f"{SIREN}FEC20261231-description.txt",
        "workshop-journaux-2026.csv",
    }
    assert "706100" in said
    file.write_bytes(first.replace(b"\t50,00\t", b"\t50,01\t", 1))
    assert main(["export", "check", str(file)]) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fec", "office.db"], "--period"),
        (["fec", "office.db", "--period", "2026"], "SIREN"),
        (["csv", "office.db", "--period", "26"], "26"),
        (["csv", "nowhere.db", "--period", "2026"], "nowhere.db"),
        (["csv", "office.db", "--period", "2026", "--books", "other"], "workshop"),
        (["csv", "office.db", "--period", "2026", "--to", "nowhere"], "--to"),
        (["check", "nowhere.txt"], "nowhere.txt"),
    ],
)
def test_what_is_missing_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    """It names the thing, and no traceback is shown."""
    spring(tmp_path / "office.db").dispose()
    monkeypatch.chdir(tmp_path)

    code = main(["export", *words])

    told = capsys.readouterr().err
    assert code in {2, 69}
    assert said in told
    assert told.count("\n") == 1


def test_the_api_gives_the_same_files_to_a_treasurer_alone(tmp_path: Path) -> None:
    """A real member's top-up comes out as a bank line; a stranger gets nothing; a missing SIREN is said."""
    door = Door.opened(tmp_path)
    treasurer = door.signed_in(Role.TREASURER)
    year = period_of("2026", chart(tmp_path).entity_of("lab")).day_of(door.shop.now_ms).year
    path = f"/api/v1/books/lab/exports/%s?period={year}"

    missing = treasurer.get(path % "fec")
    object.__setattr__(door.office, "chart_file", _lab_chart(tmp_path))
    table, packed, tax = (treasurer.get(path % sort) for sort in ("csv", "fec", "vat"))
    with zipfile.ZipFile(io.BytesIO(packed.content)) as files:
        names = files.namelist()
        reading = check_fec(names[0], files.read(names[0]))
    door.shop.store.close()

    assert (missing.status_code, "SIREN" in missing.text) == (422, True)
    assert door.stranger().get(path % "csv").status_code == 401
    assert ";512000;Banque;" in table.text or ";530000;Caisse;" in table.text
    assert (reading.faults, sum(reading.sums.values()), reading.sums["419100"]) == ((), 0, -5_000)
    assert len(names) == 2
    assert tax.text.startswith("\ufeffJour;Client;")


def _lab_chart(folder: Path) -> Path:
    chart(folder, f'[[entity]]\nbooks = "lab"\nsiren = "{SIREN}"\n')
    return folder / "chart.toml"
