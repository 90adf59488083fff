"""What somebody with the file and an SQL shell can do to the ledger, and how `verify` finds and locates it.

Each attacker drops the triggers first. The public key and, where a tail is cut, one witnessed head are all
that the verifier has.
"""

import json
import random
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select

from controller.cli import main
from controller.domain.ledger import seal
from controller.domain.posting import Reversal, SessionCharge, TopUp
from controller.office.ledger.rows import entries_by_key
from controller.office.ledger.signing import (
    SignedHead,
    create_key,
    last_head,
    load_key,
    load_public_key,
    public_pem,
    sign_head,
)
from controller.office.ledger.store import chain_end
from controller.office.ledger.tables import ledger_entry
from controller.office.ledger.verification import Verdict, verify
from tests.office.ledger_file import BOOKS, engine_for, new_ledger, posted, taken_back, top_up, use

LAST = 24


@dataclass(frozen=True)
class Office:
    """A ledger of 24 entries with heads signed at 6, 12, 18 and 24, and what outsiders hold of it."""

    path: Path
    public_key: Path
    heads: tuple[SignedHead, ...]

    def attack(self, *statements: str) -> None:
        """Run `statements` on the file without any guard."""
        with sqlite3.connect(self.path) as raw:
            guards = raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in guards:
                raw.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                raw.execute(statement)
        raw.close()

    def verdict(self, head: str | None = None) -> Verdict:
        """What a verifier finds who holds the public key and perhaps one head."""
        engine = engine_for(self.path)
        with engine.connect() as connection:
            result = verify(connection, load_public_key(self.public_key), head)
        engine.dispose()
        return result


def build(folder: Path) -> Office:
    """Post 24 entries, signing every sixth."""
    key = create_key(folder / "ledger.key")
    (folder / "ledger.pub").write_bytes(public_pem(key))
    engine = new_ledger(folder / "office.db")
    heads = []
    events: list[TopUp | SessionCharge | Reversal] = [
        top_up(1, 3_000),
        *(use(number, 100 + number) for number in range(1, 22)),
        use(22, 0),
        taken_back("session:branch-3"),
    ]
    with engine.begin() as connection:
        for number, event in enumerate(events, start=1):
            posted(connection, event)
            if number % 6 == 0 and (head := sign_head(connection, BOOKS, key, signed_at=number)):
                heads.append(head)
    engine.dispose()
    return Office(folder / "office.db", folder / "ledger.pub", tuple(heads))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An honest office."""
    return build(tmp_path)


def first_broken(verdict: Verdict) -> tuple[str, int | None]:
    """The first finding's code and place."""
    return verdict.findings[0].code, verdict.findings[0].seq


def test_an_honest_ledger_is_intact_up_to_its_last_head(office: Office) -> None:
    """Nothing is found, every head is told to be good, and each witnessed head is in the chain."""
    verdicts = [office.verdict(head.hash) for head in office.heads]

    assert all(verdict.ok for verdict in verdicts)
    assert verdicts[0].books[0].entries == LAST
    assert verdicts[0].books[0].signed_up_to == LAST


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE ledger_entry SET event_at = event_at + 1 WHERE seq = 8", ("changed", 8)),
        ("UPDATE ledger_entry SET details = details || ' ' WHERE seq = 8", ("changed", 8)),
        ("UPDATE ledger_entry SET machine = 'laser' WHERE seq = 8", ("changed", 8)),
        ("UPDATE ledger_entry SET hash = previous WHERE seq = 8", ("changed", 8)),
        ("UPDATE ledger_posting SET account = 'prepaid:acc-2' WHERE seq = 8 AND leg = 1", ("changed", 8)),
        ("UPDATE ledger_posting SET amount = amount * 2 WHERE seq = 8", ("changed", 8)),
        ("UPDATE ledger_posting SET amount = 'much' WHERE seq = 8 AND leg = 1", ("changed", 8)),
        ("UPDATE ledger_posting SET wheel_before = 0 WHERE seq = 8", ("changed", 8)),
        ("DELETE FROM ledger_posting WHERE seq = 8 AND leg = 2", ("changed", 8)),
        ("INSERT INTO ledger_posting VALUES ('workshop', 8, 9, 'a', 'EUR', 0, NULL)", ("changed", 8)),
        ("DELETE FROM ledger_entry WHERE seq = 8", ("unsealed", 8)),
        ("INSERT INTO ledger_posting VALUES ('workshop', 99, 1, 'a', 'EUR', 1, NULL)", ("unsealed", 99)),
        ("UPDATE ledger_head SET hash = 'ff' WHERE n = 2", ("head", 12)),
        ("UPDATE ledger_head SET signature = 'ff' WHERE n = 2", ("head", 12)),
        ("DELETE FROM ledger_head WHERE n = 2", ("head", 18)),
        ("DELETE FROM ledger_head", ("unsigned", 1)),
    ],
)
def test_a_changed_row_is_found_and_located(office: Office, statement: str, found: tuple[str, int]) -> None:
    """Any changed, dropped or added row is named by the number of its entry."""
    office.attack(statement)

    assert first_broken(office.verdict()) == found


def test_a_dropped_entry_is_found(office: Office) -> None:
    """An entry that disappears with all its legs leaves a hole at its number."""
    office.attack("DELETE FROM ledger_posting WHERE seq = 8", "DELETE FROM ledger_entry WHERE seq = 8")

    assert first_broken(office.verdict()) == ("missing", 8)


def test_swapped_entries_are_found(office: Office) -> None:
    """Two entries that change places no longer follow what was before them."""
    office.attack(
        *(
            f"UPDATE {table} SET seq = {new} WHERE seq = {old}"  # noqa: S608 - names of ours
            for old, new in ((8, 1_008), (9, 8), (1_008, 9))
            for table in ("ledger_posting", "ledger_entry")
        )
    )

    assert first_broken(office.verdict())[1] == 8


def test_an_inserted_entry_is_found(office: Office) -> None:
    """An entry that never happened moves every later one, and each then contradicts its hash."""
    office.attack(
        *(
            f"UPDATE {table} SET seq = seq {move} WHERE seq >= {first}"  # noqa: S608 - names of ours
            for table in ("ledger_posting", "ledger_entry")
            for move, first in (("+ 1000", 8), ("- 999", 1_000))
        ),
        "INSERT INTO ledger_entry SELECT books, 8, 'topup:x', kind, fingerprint, event_at, booked_at,"
        " machine, reason, reverses, details, 0, previous, hash FROM ledger_entry WHERE seq = 7",
    )

    assert first_broken(office.verdict())[1] == 8


def test_a_chain_recomputed_without_the_key_is_found_between_two_heads(office: Office) -> None:
    """Somebody who rewrites an entry and every hash after it cannot sign: the break lies after the last good
    head.
    """
    rewrite(office, changed=8)

    verdict = office.verdict()

    assert first_broken(verdict) == ("recomputed", 7)
    assert verdict.books[0].signed_up_to == 6


def test_an_entry_rewritten_with_its_own_hash_no_longer_fits_the_next(office: Office) -> None:
    """Who recomputes one entry's hash but not the chain after it is given away by the following entry."""
    rewrite(office, changed=8, until=8)

    assert first_broken(office.verdict()) == ("misplaced", 9)


def test_heads_signed_with_another_key_do_not_help(office: Office) -> None:
    """A rewritten chain with heads under the attacker's own key carries no signature of the office."""
    rewrite(office, changed=8)
    engine = engine_for(office.path)
    office.attack("DELETE FROM ledger_head")
    with engine.begin() as connection:
        sign_head(connection, BOOKS, Ed25519PrivateKey.generate(), signed_at=99)
    engine.dispose()

    assert first_broken(office.verdict())[0] == "head"
    assert not office.verdict().books[0].signed_up_to


def test_a_wheel_that_does_not_go_on_where_it_stopped_is_found(office: Office) -> None:
    """Even a chain written by the office itself is wrong when an owner's cent was skipped."""
    engine = engine_for(office.path)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE ledger_wheel SET position = position + 1")
        posted(connection, use(30))
    engine.dispose()

    assert first_broken(office.verdict()) == ("wheel", LAST + 1)


def test_a_cut_tail_is_found_against_a_witnessed_head(office: Office) -> None:
    """With its heads cut too, the rest is a good chain; anyone who kept a later head proves the cut."""
    office.attack(
        "DELETE FROM ledger_posting WHERE seq > 12",
        "DELETE FROM ledger_entry WHERE seq > 12",
        "DELETE FROM ledger_head WHERE seq > 12",
    )

    assert office.verdict().ok
    assert office.verdict(office.heads[1].hash).ok
    assert first_broken(office.verdict(office.heads[3].hash)) == ("witness", None)


def test_witnessed_heads_say_between_which_entries_the_chain_broke(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who kept the published heads learns which still stand, and where the others stopped standing."""
    heads = office.path.with_name("heads.jsonl")
    heads.write_text("".join(json.dumps(head.to_data()) + "\n" for head in office.heads))
    rewrite(office, changed=15)
    office.attack("DELETE FROM ledger_head")

    code = main(["verify", str(office.path), "--json", "--head", str(heads), "--head", f"9:{office.heads[0].hash}"])
    said = json.loads(capsys.readouterr().out)

    assert code == 1
    assert [each["entry"] for each in said["standing"]] == [6, 12]
    assert [(each["code"], each["entry"]) for each in said["findings"]] == [("witness", seq) for seq in (7, 13, 13)]
    assert "13 – 18" in said["findings"][-2]["fr"]


def test_a_cut_tail_is_found_by_its_own_signed_heads(office: Office) -> None:
    """Where the signed heads are left, no witness is needed."""
    office.attack("DELETE FROM ledger_posting WHERE seq > 15", "DELETE FROM ledger_entry WHERE seq > 15")

    assert first_broken(office.verdict()) == ("cut", 16)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """An honest office whose rows are read, never written."""
    return build(tmp_path_factory.mktemp("image"))


@given(st.integers(1, LAST), st.sampled_from(sorted(ledger_entry.c.keys())), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_any_changed_cell_of_an_entry_is_found(image: Office, seq: int, column: str, chance: random.Random) -> None:
    """Whatever column of whatever entry is changed to whatever else, the chain does not verify."""
    engine = engine_for(image.path)
    with engine.connect() as connection:
        for name in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql(
            f"UPDATE ledger_entry SET {column} = ? WHERE seq = ?",  # noqa: S608 - a column's name of ours
            (chance.randint(1_000_000, 2_000_000), seq),
        )

        verdict = verify(connection, load_public_key(image.public_key))
        connection.rollback()
    engine.dispose()

    assert not verdict.ok


def test_the_command_tells_what_it_found(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """`indivis verify --json` ends with 0 on an honest file, with 1, place and reason on another."""
    words = ["verify", str(office.path), "--public-key", str(office.public_key), "--json"]

    honest = main([*words, "--head", office.heads[1].hash])
    before = json.loads(capsys.readouterr().out)
    office.attack("UPDATE ledger_posting SET amount = amount * 2 WHERE seq = 8")
    tampered = main(words)
    after = json.loads(capsys.readouterr().out)

    assert (honest, before["ok"], before["first_broken"]) == (0, True, None)
    assert before["books"][0]["signed_up_to"] == LAST
    assert (tampered, after["ok"]) == (1, False)
    assert after["first_broken"] == {"books": "workshop", "entry": 8}
    assert {finding["code"] for finding in after["findings"]} == {"changed"}
    assert after["balances"]


def test_the_command_speaks_french_and_english(
    office: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --json the same verdict is a few lines in the reader's language."""
    said = []
    for lang in ("fr", "en"):
        monkeypatch.setenv("INDIVIS_LANG", lang)
        main(["verify", str(office.path)])
        said.append(capsys.readouterr().out)

    assert "Tout est intact." in said[0]
    assert "All is intact." in said[1]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nowhere.db"], 2, "nowhere.db"),
        (["office.db", "--head", "12ab"], 2, "12ab"),
        (["office.db", "--public-key", "office.db"], 2, "office.db"),
        (["ledger.key"], 65, "ledger.key"),
        (["empty.db"], 65, "empty.db"),
    ],
)
def test_the_command_answers_wrong_input_with_one_sentence(
    office: Office, capsys: pytest.CaptureFixture[str], words: list[str], code: int, said: str
) -> None:
    """A missing file, a bad hash, a file that is no key or no ledger: one sentence that names it, and its
    exit code.
    """
    folder = office.path.parent
    (folder / "empty.db").touch()
    words = [str(folder / word) if "." in word else word for word in words]

    exit_code = main(["verify", *words])

    told = capsys.readouterr().err
    assert exit_code == code
    assert said in told
    assert told.count("\n") == 1


def test_a_key_is_never_replaced(tmp_path: Path) -> None:
    """Making a key where one exists fails: the chain signed with the old one must stay verifiable."""
    key = create_key(tmp_path / "ledger.key")

    with pytest.raises(FileExistsError):
        create_key(tmp_path / "ledger.key")

    assert load_key(tmp_path / "ledger.key").private_bytes_raw() == key.private_bytes_raw()
    assert (tmp_path / "ledger.key").stat().st_mode & 0o077 == 0


def test_nothing_new_needs_no_new_head(tmp_path: Path) -> None:
    """An empty chain has no head, and the same end is signed once; a published head carries its own proof."""
    engine = new_ledger(tmp_path / "office.db")
    key = create_key(tmp_path / "ledger.key")
    with engine.begin() as connection:
        none = sign_head(connection, BOOKS, key, signed_at=1)
        posted(connection, top_up(1))
        first = sign_head(connection, BOOKS, key, signed_at=2)
        again = sign_head(connection, BOOKS, key, signed_at=3)

        assert none is None
        assert first is not None
        assert first == again == last_head(connection, BOOKS)
        assert (first.n, first.seq, first.hash) == (1, 1, chain_end(connection, BOOKS).hash)
    engine.dispose()
    forged = replace(first, seq=2)
    assert first.is_signed_by(public(key))
    assert not forged.is_signed_by(public(key))


def public(key: Ed25519PrivateKey) -> Ed25519PublicKey:
    """The half that is given away."""
    return key.public_key()


def rewrite(office: Office, changed: int, until: int = LAST) -> None:
    """Double the seconds of one entry and recompute the hashes from it on, as a skilled attacker would."""
    office.attack()
    engine: Engine = engine_for(office.path)
    with engine.begin() as connection:
        previous = None
        for seq, key in rows_between(connection, changed, until):
            entry = entries_by_key(connection, BOOKS, [key])[key]
            details = (
                entry.draft.details.replace('"seconds":600', '"seconds":1200')
                if seq == changed
                else entry.draft.details
            )
            entry = seal(replace(entry.draft, details=details), BOOKS, seq, previous or entry.previous)
            connection.exec_driver_sql(
                "UPDATE ledger_entry SET details = ?, previous = ?, hash = ? WHERE seq = ?",
                (details, entry.previous, entry.hash, seq),
            )
            previous = entry.hash
    engine.dispose()


def rows_between(connection: Connection, first: int, last: int) -> list[tuple[int, str]]:
    """(number, key) of the entries from `first` to `last`."""
    entry = ledger_entry.c
    rows = connection.execute(select(entry.seq, entry.key).where(entry.seq.between(first, last)).order_by(entry.seq))
    return [(row.seq, row.key) for row in rows]
