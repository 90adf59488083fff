"""The copy of the directory: file and fake answer alike, a look sees one revision, and a switch is one step."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from controller.domain.ids import AccountId, BooksId, BranchId, ControllerId, MachineId, MemberId
from controller.domain.now import ClockState, Now
from controller.errors import DataError, OperatingError
from controller.exchange.messages import Contained, Entry
from controller.floor.replica import Replica
from controller.floor.replica_memory import MemoryReplica
from controller.floor.replica_view import Contact, age_ms, credit_age_ms
from tests.floor.directory_kit import HERE, LASER, POLICY, Copy, fill, folder_of, gone, lock, maker, put, token

CONTACT = Contact(boot_id="boot-1", boot_ms=1_000, wall_ms=5_000_000)


@pytest.fixture(params=["file", "memory"])
def copy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Copy]:
    """An empty copy: the real one, then the fake."""
    made: Copy = Replica(tmp_path / "replica.db") if request.param == "file" else MemoryReplica()
    yield made
    made.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the real one is."""
    return tmp_path / "replica.db"


def test_a_new_copy_is_empty_and_says_so(copy: Copy) -> None:
    """Nothing came down yet: no revision, nobody, and never heard."""
    reader = copy.reader()
    with reader.view() as view:
        assert (view.empty, view.needs_upgrade, view.badge(token(1)), view.machines(HERE)) == (True, False, None, ())
    reader.close()

    assert (copy.incarnation(), copy.revision(), copy.entries(), copy.contact()) == (None, 0, 0, None)


def test_a_tap_finds_in_one_look_what_the_whole_view_finds(copy: Copy) -> None:
    """Who carries the badge, with rights and balance, and the machine with its books; nobody else's."""
    fill(copy, LASER, POLICY, *maker(1), lock(), *maker(11), revision=3)
    reader = copy.reader()

    tap = reader.tap(token(1), LASER.machine)
    stranger = reader.tap(token(7), MachineId("mill"))

    with reader.view() as view:
        for of_tap, of_view in (
            (tap.badge(token(1)), view.badge(token(1))),
            (tap.member(MemberId("m-1")), view.member(MemberId("m-1"))),
            (tap.rights_of(MemberId("m-1")), view.rights_of(MemberId("m-1"))),
            (tap.balance(AccountId("acc-1")), view.balance(AccountId("acc-1"))),
            (tap.machine(LASER.machine), LASER),
            (tap.policy(LASER.books), view.policy(LASER.books)),
            (tap.state, view.state),
        ):
            assert of_tap is not None
            assert of_tap == of_view
        assert len(tap.rights_of(MemberId("m-1"))) == 1
    assert (stranger.badge(token(7)), stranger.machine(MachineId("mill"))) == (None, None)
    assert (stranger.state, stranger.empty) == (tap.state, False)
    reader.close()


def test_every_question_is_answered_from_what_came_down(copy: Copy) -> None:
    """Each kind of entry comes back as the typed value it was."""
    member, badge, right, balance = maker(1)
    fill(copy, LASER, POLICY, member, badge, right, balance, lock(), *maker(11), revision=3)

    reader = copy.reader()
    with reader.view() as view:
        assert view.member_by_token(token(1)) == member
        assert view.badge(token(1)) == badge
        assert view.rights_of(MemberId("m-1")) == (right,)
        assert view.balance(AccountId("acc-1")) == balance
        assert view.machine(MachineId("laser")) == LASER
        assert view.machines(HERE) == (LASER,)
        assert view.machines(ControllerId("pi-west")) == ()
        assert view.policy(BooksId("workshop")) == POLICY
        assert view.locks() == (lock(),)
        assert view.contained(BranchId("b")) == 30
        assert (view.empty, view.needs_upgrade, view.state.revision) == (False, False, 3)
    reader.close()
    assert (copy.incarnation(), copy.revision(), copy.entries()) == ("office-1", 3, 11)


def test_a_tombstone_takes_its_entry_away(copy: Copy) -> None:
    """What the office withdrew is gone, and nothing else is."""
    fill(copy, lock("lock-1"), lock("lock-2"))

    copy.apply_changes(incarnation="office-1", to_revision=2, entries=(gone(lock("lock-1"), 2),), vector=())

    reader = copy.reader()
    with reader.view() as view:
        assert view.locks() == (lock("lock-2"),)
        assert view.contained(BranchId("b")) == 10
    reader.close()


def test_a_look_that_has_begun_keeps_its_revision(copy: Copy) -> None:
    """Member, rights and balance of one tap are never of two revisions."""
    fill(copy, *maker(1, balance_cents=2_000))
    reader = copy.reader()

    with reader.view() as view:
        before = view.balance(AccountId("acc-1"))
        fill(copy, *maker(1, balance_cents=0), revision=2)
        assert view.balance(AccountId("acc-1")) == before
        assert view.state.revision == 1

    with reader.view() as view:
        after = view.balance(AccountId("acc-1"))
        assert after is not None
        assert (after.balance_cents, view.state.revision) == (0, 2)
    reader.close()


def test_an_entry_that_cannot_be_read_is_reported_and_not_skipped_in_silence(copy: Copy) -> None:
    """A field from the future may be a restriction: the look says "needs upgrade"."""
    (known,) = put(lock())
    assert known.body is not None
    newer = Entry(kind="lock", key="lock-9", body={**known.body, "lock": "lock-9", "floor": 2}, revision=2)
    copy.apply_changes(incarnation="office-1", to_revision=2, entries=(known, newer), vector=())

    reader = copy.reader()
    with reader.view() as view:
        assert view.locks() == (lock(),)
        assert view.needs_upgrade
    reader.close()


def test_a_stop_before_something_unknown_lasts_until_a_change_is_understood(copy: Copy) -> None:
    """The exchange stopped applying: every look says so until application went on."""
    fill(copy, *maker(1))
    copy.stop_at("entries of kind 'curfew' are not known here", "1.0")
    reader = copy.reader()

    with reader.view() as view:
        assert view.needs_upgrade
    stopped = (copy.stopped("1.0"), copy.stopped("1.1"))
    fill(copy, *maker(2), revision=2)
    with reader.view() as view:
        assert not view.needs_upgrade
    reader.close()
    assert (stopped, copy.stopped("1.0")) == ((True, False), False)


def test_the_last_contact_is_known_to_every_look(copy: Copy) -> None:
    """The age of the copy counts from the last time the office confirmed it."""
    copy.heard(CONTACT)

    reader = copy.reader()
    with reader.view() as view:
        assert view.state.contact == CONTACT
    reader.close()
    assert copy.contact() == CONTACT


@pytest.mark.parametrize(
    ("contact", "boot_id", "boot_ms", "wall_ms", "expected"),
    [
        (None, "boot-1", 4_000, 9, None),
        (CONTACT, "boot-1", 4_000, 1, 3_000),
        (CONTACT, "boot-2", 4_000, 5_007_000, 7_000),
        (CONTACT, "boot-2", 4_000, None, None),
        (CONTACT, "boot-2", 4_000, 4_000_000, 0),
    ],
)
def test_the_age_comes_from_the_boot_clock_and_else_from_the_date(
    contact: Contact | None, boot_id: str, boot_ms: int, wall_ms: int | None, expected: int | None
) -> None:
    """Within one boot no step of the wall clock changes it; without either clock nobody can tell."""
    now = Now(boot_id=boot_id, boot_ms=boot_ms, wall_ms=wall_ms, clock="unknown" if wall_ms is None else "synced")

    assert age_ms(contact, now) == expected


def test_the_copy_survives_a_restart(path: Path) -> None:
    """What was applied and when the office was heard are on disk."""
    first = Replica(path)
    fill(first, LASER, *maker(1), revision=4)
    first.heard(CONTACT)
    first.close()

    second = Replica(path)
    reader = second.reader()
    with reader.view() as view:
        assert view.member_by_token(token(1)) is not None
        assert (view.state.revision, view.state.contact) == (4, CONTACT)
    reader.close()
    second.close()


@pytest.mark.parametrize(
    ("boot_id", "clock", "expected"), [("boot-1", "floor", 1_000), ("boot-2", "floor", None), ("boot-2", "synced", 500)]
)
def test_a_balance_is_fresh_only_by_a_clock_that_is_sure(boot_id: str, clock: ClockState, expected: int | None) -> None:
    """After a power cut without network the date is the least it can be: last week's balance must not look new."""
    now = Now(boot_id=boot_id, boot_ms=2_000, wall_ms=5_000_500, clock=clock)

    assert credit_age_ms(CONTACT, now) == expected


def test_the_offices_word_about_a_card_survives_a_restart(path: Path) -> None:
    """And what a newer version may have written there means no."""
    copy = Replica(path)
    new = copy.standing()
    copy.stands("accepted")
    copy.close()
    again = Replica(path)
    kept = again.standing()
    again.close()
    with closing(sqlite3.connect(path.resolve())) as connection, connection:
        connection.execute("UPDATE exchange_state SET standing = 'suspended'")
    strange = Replica(path)

    assert (new, kept, strange.standing()) == ("open", "accepted", "quarantined")
    strange.close()


def test_a_failed_change_leaves_everything_as_it_was(path: Path) -> None:
    """Entries, revision and vector are one transaction."""
    copy = Replica(path)
    fill(copy, *maker(1))
    good, bad = put(*maker(2), revision=2)[0], Entry(kind="lock", key="x", body={"reason": 1.5}, revision=2)  # type: ignore[dict-item]

    with pytest.raises(ValueError, match="float"):
        copy.apply_changes(incarnation="office-1", to_revision=2, entries=(good, bad), vector=())

    assert (copy.revision(), copy.entries()) == (1, 4)
    copy.close()


def test_a_damaged_copy_is_set_aside_and_an_empty_one_stands_in(path: Path) -> None:
    """The copy can come again from the office; until then an empty one refuses every start. The bytes are kept."""
    first = Replica(path)
    fill(first, *maker(1))
    first.close()
    path.resolve().write_bytes(b"no database at all" * 1_000)

    second = Replica(path)

    assert second.set_aside is not None
    assert second.set_aside.read_bytes().startswith(b"no database")
    assert (second.revision(), second.set_aside.name in folder_of(path)) == (0, True)
    second.close()


def test_a_copy_of_a_newer_version_is_refused_untouched(path: Path) -> None:
    """A downgrade says one sentence and destroys nothing."""
    Replica(path).close()
    raw = sqlite3.connect(path)
    raw.execute("UPDATE alembic_version SET version_num = 'replica_99'")
    raw.commit()
    raw.close()

    with pytest.raises(DataError, match="replica_99"):
        Replica(path)

    assert path.exists()


def test_a_second_writer_is_refused(path: Path) -> None:
    """One writer for each file."""
    first = Replica(path)

    with pytest.raises(OperatingError):
        Replica(path)

    first.close()


def test_what_a_power_cut_left_beside_the_copy_is_swept_away(path: Path) -> None:
    """A half-built snapshot takes no room for ever."""
    Replica(path).close()
    path.with_name("replica-7.db").write_bytes(b"half")

    Replica(path).close()

    assert folder_of(path) == ["replica-1.db", "replica.db"]


def test_a_revision_and_its_entries_come_together_or_not_at_all(path: Path) -> None:
    """A write that fails at its last row leaves the whole revision before it, not a badge without its date."""
    copy = Replica(path)
    fill(copy, lock("lock-1"), revision=1)
    with closing(sqlite3.connect(path)) as spoiler:
        spoiler.execute("CREATE TRIGGER spoilt BEFORE INSERT ON contained BEGIN SELECT RAISE(ABORT, 'spoilt'); END")

    with pytest.raises(sqlite3.IntegrityError, match="spoilt"):
        copy.apply_changes(
            incarnation="office-1",
            to_revision=2,
            entries=(*put(lock("lock-2"), revision=2), gone(lock("lock-1"), 2)),
            vector=(Contained(branch=BranchId("b"), n=99),),
        )

    reader = copy.reader()
    with reader.view() as view:
        found = (view.locks(), view.state.revision, view.contained(BranchId("b")))
    reader.close()
    copy.close()
    assert found == ((lock("lock-1"),), 1, 10)
