"""A year that leaves the office: whoever has the file and the public key finds any byte that is not the office's."""

import io
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from controller.cli import main
from controller.domain.canonical import canonical
from controller.domain.chain import GENESIS_HASH
from controller.domain.ledger import seal
from controller.errors import DataError, UserError
from controller.office.export.archive import archive_lines, entry_data, line_hash
from controller.office.export.archive_reading import entry_of, verify_archive
from controller.office.export.chart import Entity
from controller.office.export.period import Period, period_of
from controller.office.ledger.signing import create_key, public_pem, sign_head
from controller.office.ledger.verification import Finding, Verdict
from controller.office.ledger.witnesses import Witness, Witnesses
from tests.export.kit import at, booked, march_closed
from tests.office.ledger_file import BOOKS, new_ledger, taken_back, top_up, use

NEXT_SPRING = at("2027-04-01T00:00")


@dataclass(frozen=True)
class Office:
    """Two years of a ledger with heads signed each month, and the second year's archive."""

    folder: Path
    engine: Engine
    key: Ed25519PrivateKey
    archive: bytes

    def archived(self, year: str = "2026", now_ms: int = NEXT_SPRING, books: str = BOOKS) -> bytes:
        """The archive of a year."""
        with self.engine.connect() as connection:
            return b"".join(archive_lines(connection, books, a_year(year), self.key, now_ms))

    def verdict(self, data: bytes, *witnesses: Witness) -> Verdict:
        """What somebody finds who has the file and the public key."""
        return verify_archive(io.BytesIO(data), self.key.public_key(), Witnesses(witnesses))

    def first(self, data: bytes) -> Finding:
        """The first thing that is wrong."""
        return self.verdict(data).findings[0]


def a_year(year: str) -> Period:
    """A calendar year in Crest."""
    return period_of(year, Entity(books=BOOKS))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """2025 with two entries, 2026 with twenty and the owners' closing, then a day of 2027."""
    folder = tmp_path_factory.mktemp("archive")
    key = create_key(folder / "chain.key")
    (folder / "chain.pub").write_bytes(public_pem(key))
    engine = new_ledger(folder / "office.db")
    booked(engine, "2025-05-01T10:00", top_up(1, 2_000), use(1, 250))
    for month in range(1, 11):
        booked(engine, f"2026-{month:02}-01T10:00", use(10 + month, 100 + month), top_up(10 + month, 333))
        if month % 3 == 0:
            with engine.begin() as connection:
                sign_head(connection, BOOKS, key, signed_at=at(f"2026-{month:02}-02T10:00"))
    booked(engine, "2026-11-01T10:00", march_closed(), taken_back("session:branch-12", "arrêt oublié"))
    booked(engine, "2026-12-31T22:59", use(40, 700))
    booked(engine, "2026-12-31T23:01", use(41, 800))
    made = Office(folder, engine, key, b"")
    whole = replace(made, archive=made.archived())
    (folder / "workshop-archive-2026.jsonl").write_bytes(whole.archive)
    return whole


def lines_of(data: bytes) -> list[bytes]:
    """The lines with their ends."""
    return data.splitlines(keepends=True)


def line_with(data: bytes, name: str, nth: int = 0) -> int:
    """The index of the nth line that holds such data."""
    return [i for i, line in enumerate(lines_of(data)) if name in json.loads(line)["data"]][nth]


def relinked(data: list[Any]) -> bytes:
    """Lines with that data, numbered and chained anew as an attacker can, who has no key."""
    written, before = [], GENESIS_HASH
    for number, each in enumerate(data, start=1):
        before = line_hash(before, each)
        written.append(canonical({"data": each, "line": number, "sha256": before}) + b"\n")
    return b"".join(written)


def test_an_honest_archive_needs_nothing_but_the_public_key(office: Office) -> None:
    """Every entry of the local year is there, proven to its last one, which no head had signed."""
    verdict = office.verdict(office.archive)

    assert verdict.findings == ()
    assert (verdict.books[0].entries, verdict.books[0].signed_up_to) == (23, 25)
    assert verdict.signatures_checked


def test_made_again_a_year_later_it_is_the_same_bytes(office: Office) -> None:
    """What happens afterwards changes nothing in a year that is over."""
    assert office.archived(now_ms=NEXT_SPRING + 31_536_000_000) == office.archive


def test_years_follow_each_other_without_a_gap(office: Office) -> None:
    """One year's last hash is what the next begins on, one year's balances are the next one's opening."""
    before, after = (
        [json.loads(line)["data"] for line in lines_of(each)] for each in (office.archived("2025"), office.archive)
    )
    ended = next(each["end"] for each in before if "end" in each)
    begun = after[0]["archive"]
    closed = [
        (account, unit, balance) for account, unit, *_, balance in (e["closing"] for e in before if "closing" in e)
    ]

    assert (begun["first_seq"], begun["previous"]) == (ended["last_seq"] + 1, ended["hash"])
    assert closed == [tuple(each["opening"]) for each in after if "opening" in each]


@given(st.data())
@settings(max_examples=40)
def test_any_changed_byte_is_found_in_its_line(office: Office, data: st.DataObject) -> None:
    """Whatever byte becomes whatever other byte, the first finding names the line it is in."""
    place = data.draw(st.integers(0, len(office.archive) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != office.archive[place]))
    changed = office.archive[:place] + bytes([other]) + office.archive[place + 1 :]

    assert office.first(changed).line == office.archive.count(b"\n", 0, place) + 1


@pytest.mark.soak
def test_every_byte_counts(office: Office) -> None:
    """Every seventh byte of the file in turn, with its lowest bit turned and taken out."""
    missed = [
        place
        for place in range(0, len(office.archive), 7)
        for instead in (bytes([office.archive[place] ^ 1]), b"")
        if office.verdict(office.archive[:place] + instead + office.archive[place + 1 :]).ok
    ]

    assert missed == []


@given(st.data())
@settings(max_examples=40)
def test_lines_dropped_inserted_swapped_or_cut_are_found(office: Office, data: st.DataObject) -> None:
    """The first finding names the first line that is not what it was."""
    lines = lines_of(office.archive)
    place = data.draw(st.integers(0, len(lines) - 2))
    damage = data.draw(st.sampled_from(["drop", "repeat", "swap", "cut"]))
    if damage == "drop":
        found = lines[:place] + lines[place + 1 :]
    elif damage == "repeat":
        found = lines[: place + 1] + lines[place:]
    elif damage == "swap":
        found = [*lines[:place], lines[place + 1], lines[place], *lines[place + 2 :]]
    else:
        found = lines[: place + 1]
    first = office.first(b"".join(found))

    assert first.line == place + (1 if damage in {"drop", "swap"} else 2)


def test_whoever_rewrites_the_year_without_the_key_is_found(office: Office) -> None:
    """An entry changed, and every hash after it computed anew: the break lies before the first head that is not so."""
    data = [json.loads(line)["data"] for line in lines_of(office.archive)]
    previous = None
    for each in (each for each in data if "entry" in each):
        entry = entry_of(BOOKS, each["entry"])
        if previous is None and entry.seq == 12:
            entry = replace(entry, draft=replace(entry.draft, event_at=entry.draft.event_at + 1))
            previous = entry.previous
        if previous is not None:
            entry = seal(entry.draft, entry.books, entry.seq, previous)
            previous = entry.hash
            each["entry"] = entry_data(entry)
    data[line_with(office.archive, "end")]["end"]["hash"] = previous

    findings = office.verdict(relinked(data)).findings

    assert [(each.code, each.seq) for each in findings] == [("recomputed", 9), ("recomputed", 9), ("signature", None)]


@pytest.mark.parametrize(("name", "code"), [("opening", "totals"), ("closing", "totals"), ("head", "head")])
def test_a_line_that_contradicts_the_entries_is_found(office: Office, name: str, code: str) -> None:
    """Balances are added up again, heads are looked at one by one, even where the lines were chained anew."""
    data = [json.loads(line)["data"] for line in lines_of(office.archive)]
    said = data[line_with(office.archive, name)]
    said[name] = {**said[name], "signed_at": 1} if name == "head" else [*said[name][:-1], said[name][-1] + 1]

    assert code in {finding.code for finding in office.verdict(relinked(data)).findings}


def test_another_keys_archive_is_not_the_offices(office: Office) -> None:
    """Signed by a stranger it verifies as a whole file, and is refused by whoever holds the office's key."""
    forged = replace(office, key=Ed25519PrivateKey.generate()).archived()

    assert verify_archive(io.BytesIO(forged), None).ok
    assert not verify_archive(io.BytesIO(forged), None).signatures_checked
    assert office.first(forged).code == "signature"


def test_a_witnessed_hash_is_still_in_the_chain_or_told_where_it_broke(office: Office) -> None:
    """A bare hash, a published head, the hash that the year begins on; and one that was never there."""
    entries = [json.loads(line)["data"]["entry"] for line in lines_of(office.archive) if b'"entry":' in line]
    begun = json.loads(lines_of(office.archive)[0])["data"]["archive"]["previous"]
    good = office.verdict(
        office.archive, Witness(entries[4]["hash"]), Witness(entries[9]["hash"], 12), Witness(begun, 2)
    )
    broken = office.verdict(office.archive, Witness(entries[4]["hash"], 7), Witness("ab" * 32, 15), Witness("cd" * 32))

    assert ([each.seq for each in good.standing], good.ok) == ([2, 7, 12], True)
    assert [(each.code, each.seq) for each in broken.findings] == [("witness", None), ("witness", 8)]


def test_whoever_keeps_the_signed_heads_is_a_witness(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """The heads leave the office in one file, and `verify` finds each of them in the year's archive."""
    folder = office.folder
    codes = [main(["export", "heads", str(folder / "office.db"), "--to", str(folder)])]
    heads = capsys.readouterr().out.strip()
    codes.append(main(["verify", str(folder / "workshop-archive-2026.jsonl"), "--head", heads, "--json"]))
    found = json.loads(capsys.readouterr().out)

    assert codes == [0, 0]
    assert [each["entry"] for each in found["standing"]] == [8, 14, 20]
    assert not found["signatures_checked"]


def test_what_cannot_be_archived_is_said(office: Office) -> None:
    """A year that goes on, a year of nothing, books that are none."""
    with pytest.raises(UserError, match="2026-12-31"):
        office.archived(now_ms=at("2026-12-31T22:59"))
    with pytest.raises(UserError, match="2020-12-31"):
        office.archived("2020")
    with pytest.raises(UserError, match="workshop"):
        office.archived(books="other")


def test_a_ledger_with_a_hole_is_not_archived_as_if_it_were_whole(tmp_path: Path) -> None:
    """The archive stops with the number of the entry that is missing."""
    engine = new_ledger(tmp_path / "office.db")
    booked(engine, "2026-01-01T10:00", top_up(1), use(1), use(2))
    with engine.begin() as connection:
        for name in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
            connection.execute(text(f"DROP TRIGGER {name}"))
        for table in ("ledger_posting", "ledger_entry"):
            connection.execute(text(f"DELETE FROM {table} WHERE seq = 2"))  # noqa: S608 - names of ours
    with engine.connect() as connection, pytest.raises(DataError, match="2"):
        list(archive_lines(connection, BOOKS, a_year("2026"), Ed25519PrivateKey.generate(), NEXT_SPRING))
    engine.dispose()


def test_a_treasurer_archives_and_verifies_at_the_terminal(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """The command writes it; `verify` finds it whole, and a changed one by its line; without a key there is none."""
    folder = office.folder
    key, public = str(folder / "chain.key"), str(folder / "chain.pub")
    words = ["export", "archive", str(folder / "office.db"), "--period", "2025", "--to", str(folder)]

    codes = [main([*words, "--key", key]), main(words)]
    path = Path(capsys.readouterr().out.strip())
    codes.append(main(["verify", str(path), "--public-key", public, "--json"]))
    honest = json.loads(capsys.readouterr().out)
    path.write_bytes(
        path.read_bytes().replace(b'"amount_cents":2000', b'"amount_cents":3000').replace(b"2000,", b"3000,", 1)
    )
    codes.append(main(["verify", str(path), "--public-key", public, "--json"]))
    tampered = json.loads(capsys.readouterr().out)

    assert codes == [0, 2, 0, 1]
    assert (path.name, honest["ok"], honest["books"][0]["signed_up_to"]) == ("workshop-archive-2025.jsonl", True, 2)
    assert tampered["first_broken"]["line"] == 2
