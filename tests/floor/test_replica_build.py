"""A snapshot is built by a child process beside the copy in force, and put in its place whole or not at all."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from controller.domain.canonical import Json
from controller.domain.ids import BranchId
from controller.domain.now import Now
from controller.exchange.messages import Contained, Entry, SnapshotOffer
from controller.exchange.wire import chunk_of
from controller.floor.own_facts import OwnFacts
from controller.floor.replica import Replica
from controller.floor.replica_build import Build, Built, SnapshotSpool, build
from controller.floor.replica_view import Contact
from controller.floor.resolver import Resolver
from tests.floor.directory_kit import HERE, LASER, POLICY, fill, folder_of, maker, put, token
from tests.waiting import wait_until


def offer(total: int, chunks: int, revision: int = 9) -> SnapshotOffer:
    """An offer of another incarnation."""
    return SnapshotOffer(
        incarnation="office-2",
        revision=revision,
        chunks=chunks,
        total=total,
        sha256="0" * 64,
        vector=(Contained(branch=BranchId("b"), n=77),),
        confirmed=False,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the copy is."""
    return tmp_path / "replica.db"


def spooled(path: Path, offered: SnapshotOffer, *chunks: str) -> SnapshotSpool:
    """A spool beside the copy, filled."""
    spool = SnapshotSpool(path.with_name("snapshot.spool"))
    spool.begin(offered)
    for chunk in chunks:
        spool.keep(chunk)
    return spool


def finished(build: Build) -> Built:
    """Wait for the child."""
    built = wait_until(build.result, 60.0, "the child that builds the snapshot")
    assert built is not None
    return built


def test_a_snapshot_replaces_the_copy_in_one_step(path: Path) -> None:
    """A reader that is open goes on with the new file; nothing of the old one stays."""
    copy = Replica(path)
    fill(copy, *maker(1))
    reader = copy.reader()
    with reader.view() as view:
        assert view.member_by_token(token(1)) is not None
    entries = put(LASER, *maker(2), revision=9)
    build = spooled(path, offer(5, 2), chunk_of(entries[:3]), chunk_of(entries[3:])).build(copy.next_file())

    assert finished(build) == Built("built", "")
    copy.switch_to(build.target)

    with reader.view() as view:
        assert view.member_by_token(token(1)) is None
        assert view.member_by_token(token(2)) is not None
        assert (view.state.incarnation, view.state.revision, view.contained(BranchId("b"))) == ("office-2", 9, 77)
    reader.close()
    fill(copy, *maker(3), revision=10, incarnation="office-2")
    assert (copy.revision(), copy.entries()) == (10, 9)
    copy.close()
    assert folder_of(path) == ["replica-2.db", "replica.db", "snapshot.spool"]


def test_a_look_that_spans_the_switch_sees_the_old_file_to_its_end(path: Path) -> None:
    """No reader ever sees half of either."""
    copy = Replica(path)
    fill(copy, *maker(1))
    build = spooled(path, offer(4, 1), chunk_of(put(*maker(2), revision=9))).build(copy.next_file())
    assert finished(build).outcome == "built"
    reader = copy.reader()

    with reader.view() as view:
        assert view.badge(token(1)) is not None
        copy.switch_to(build.target)
        assert view.badge(token(1)) is not None
        assert view.badge(token(2)) is None

    with reader.view() as view:
        assert view.badge(token(2)) is not None
    reader.close()
    copy.close()


def test_badges_put_to_readers_while_snapshots_come_into_force_are_each_judged_by_one_of_them(path: Path) -> None:
    """Whatever the instant of the switch: holder, rights and balance are of one revision, and nobody is left out."""
    copy = Replica(path)
    fill(copy, LASER, POLICY, *maker(1, balance_cents=1_000))
    copy.heard(Contact(boot_id="boot-1", boot_ms=0, wall_ms=None))
    own = OwnFacts()
    own.start_anew((), ())
    own.settled(())
    instant = Now(boot_id="boot-1", boot_ms=1_000, wall_ms=None, clock="unknown")
    resolver = Resolver(copy.reader(), own, controller=HERE, now=lambda: instant, deliver=lambda _tap, _ns: None)
    seen: list[tuple[int, int | None]] = []
    ending = threading.Event()

    def taps() -> None:
        while not ending.is_set():
            tap = resolver.resolve(LASER.machine, token(1))
            seen.append((tap.reading.revision, None if tap.holder is None else tap.holder.credit.available_cents))

    thread = threading.Thread(target=taps)
    thread.start()
    for revision in range(2, 7):
        entries = put(LASER, POLICY, *maker(1, balance_cents=revision * 1_000), revision=revision)
        spooled(path, offer(len(entries), 1, revision), chunk_of(entries)).close()
        build(path.with_name("snapshot.spool"), copy.next_file())
        copy.switch_to(copy.next_file())
        last = len(seen)
        wait_until(lambda last=last: len(seen) > last + 1, 20.0, "a tap after the switch")  # type: ignore[misc]
    ending.set()
    thread.join()
    copy.close()

    assert {cents for revision, cents in seen if cents != revision * 1_000 - 100} == set()
    assert {revision for revision, _ in seen} >= set(range(2, 7))


def test_a_copy_that_was_replaced_does_not_look_never_heard_after_a_crash(path: Path) -> None:
    """The office was heard before the switch; killed right after it, the floor starts on a copy that still says so."""
    contact = Contact(boot_id="boot-1", boot_ms=5_000, wall_ms=1_900_000_000_000)
    copy = Replica(path)
    fill(copy, *maker(1))
    copy.heard(contact)
    build = spooled(path, offer(4, 1), chunk_of(put(*maker(2), revision=9))).build(copy.next_file())
    assert finished(build).outcome == "built"

    copy.switch_to(build.target)
    copy.close()

    again = Replica(path)
    assert (again.revision(), again.contact()) == (9, contact)
    again.close()


def unknown_kind() -> str:
    """A chunk with a kind of entry from the future."""
    return chunk_of([Entry(kind="curfew", key="c-1", body={"from": 1}, revision=9)])


@pytest.mark.parametrize(
    ("total", "chunk", "expected"),
    [
        (1, unknown_kind(), Built("needs_upgrade", "entries of kind 'curfew' are not known here")),
        (5, chunk_of(put(*maker(2), revision=9)), Built("damaged", "4 entries instead of 5")),
    ],
    ids=["unknown kind", "wrong count"],
)
def test_what_is_no_directory_for_us_leaves_the_old_copy(path: Path, total: int, chunk: str, expected: Built) -> None:
    """Rejected as a whole: nothing is applied and no file is left."""
    copy = Replica(path)
    fill(copy, *maker(1))

    built = finished(spooled(path, offer(total, 1), chunk).build(copy.next_file()))

    assert built == expected
    assert copy.revision() == 1
    copy.close()
    assert folder_of(path) == ["replica-1.db", "replica.db", "snapshot.spool"]


@pytest.mark.parametrize("damage", ['[{"kind":"lock"}]', "[", "17"])
def test_a_chunk_that_does_not_parse_is_damage(path: Path, damage: str) -> None:
    """Whatever the spool holds, the child ends with an answer."""
    copy = Replica(path)

    built = finished(spooled(path, offer(1, 1), damage).build(copy.next_file()))

    assert built.outcome == "damaged"
    copy.close()


def test_a_build_that_is_given_up_leaves_nothing(path: Path) -> None:
    """A newer offer came: the child ends and its file goes."""
    copy = Replica(path)
    build = spooled(path, offer(4, 1), chunk_of(put(*maker(2), revision=9))).build(copy.next_file())

    build.end()

    copy.close()
    assert folder_of(path) == ["replica-1.db", "replica.db", "snapshot.spool"]


def test_a_tombstone_in_a_snapshot_is_damage(path: Path) -> None:
    """A snapshot is what there is; a null body in it was made by somebody else."""
    body: dict[str, Json] | None = None
    chunk = chunk_of([Entry(kind="lock", key="lock-1", body=body, revision=9)])
    copy = Replica(path)

    built = finished(spooled(path, offer(1, 1), chunk).build(copy.next_file()))

    assert built == Built("damaged", "a snapshot holds no tombstones")
    copy.close()
