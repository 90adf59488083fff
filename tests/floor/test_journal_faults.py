"""The journal on a disk that hangs, fails or is full: nobody waits, nothing is lost or called stored too early."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.domain.ids import BranchId
from controller.errors import DataError
from controller.floor.disk import GatedDisk
from controller.floor.journal import BATCH_MAX, CHECKPOINT_ANYWAY_FACTS, QUEUE_KEPT_FOR_ENDS, QUEUE_MAX, Journal
from controller.floor.journal_file import JournalFile
from controller.floor.journal_room import RoomLimits
from controller.floor.store_file import prepare
from tests.floor.journal_kit import (
    CONTROLLER,
    SETTLED_S,
    abandoned,
    ended,
    journal,
    kinds,
    now,
    opened,
    proof,
    refused,
    settled,
)
from tests.waiting import wait_until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal is."""
    return tmp_path / "journal.db"


@pytest.fixture
def disk() -> Iterator[GatedDisk]:
    """A disk that is mended at the end, so that no thread stays behind."""
    made = GatedDisk()
    yield made
    made.mends()


def test_nobody_waits_for_a_hung_disk_and_nothing_is_called_stored(path: Path, disk: GatedDisk) -> None:
    """While the flush hangs, appending returns, what waits is counted, and no callback comes; then all is written."""
    made, _ = journal(path, disk=disk)
    stored: list[int] = []
    disk.hangs()
    made.append(opened(1), lambda _begin, _end: stored.append(1))
    assert disk.await_trouble()

    made.append(ended(1), lambda _begin, _end: stored.append(2))
    while_hung = (made.pending, list(stored), len(kinds(path)))
    disk.mends()

    assert made.settle(SETTLED_S)
    made.close()
    assert while_hung == (2, [], 1)
    assert stored == [1, 2]
    assert kinds(path) == ["branch_opened", "session_opened", "session_ended"]


def test_how_long_the_oldest_fact_waits_is_known_while_the_disk_hangs(path: Path, disk: GatedDisk) -> None:
    """What the engine refuses starts by: milliseconds since the oldest was handed over; none once it is stored."""
    clock_ns = [0]
    made = Journal(path, controller=CONTROLLER, software="0.0.1", clock_ns=lambda: clock_ns[0], disk=disk)
    made.open(now())
    disk.hangs()
    made.append(opened(1))
    clock_ns[0] = 200_000_000
    made.append(ended(1))
    clock_ns[0] = 300_000_000
    while_hung = made.pending_ms()

    disk.mends()

    assert made.settle(SETTLED_S)
    assert (while_hung, made.pending_ms()) == (300, 0)
    made.close()


def test_the_log_is_copied_into_the_file_though_no_quiet_moment_comes(path: Path) -> None:
    """A floor that never rests must not fill the card with its log: it is copied after so many facts all the same."""
    made, _ = journal(path)
    sizes = [path.stat().st_size]
    left = [CHECKPOINT_ANYWAY_FACTS + BATCH_MAX]

    def more(_begin: int, _end: int) -> None:
        """In the writer's own thread, before it could find its queue empty."""
        if left[0] <= 0:
            sizes.append(path.stat().st_size)
            return
        left[0] -= BATCH_MAX
        for second in range(BATCH_MAX - 1):
            made.append(refused(second))
        made.append(refused(), more)

    made.append(ended(1), more)

    wait_until(lambda: len(sizes) == 2, SETTLED_S, "the last of so many facts")
    made.close()
    assert sizes[1] > sizes[0] + CHECKPOINT_ANYWAY_FACTS * 100


def test_a_failed_write_is_tried_until_it_is_written_and_is_written_once(path: Path, disk: GatedDisk) -> None:
    """Three failures and more: the same facts, once each, in order, and a chain that verifies."""
    made, _ = journal(path, disk=disk)
    stored: list[int] = []
    disk.fails()
    made.append(opened(1), lambda _begin, _end: stored.append(1))
    for _ in range(3):
        assert disk.await_trouble()
    made.append(ended(1))
    troubled = (made.state.trouble, list(stored))

    disk.mends()

    assert made.settle(SETTLED_S)
    assert made.state.trouble is None
    made.close()
    assert troubled == ("disk I/O error", [])
    assert disk.failures >= 3
    assert stored == [1]
    assert kinds(path) == ["branch_opened", "session_opened", "session_ended"]
    assert proof(path).broken_n is None


def test_a_write_that_failed_and_is_there_all_the_same_is_written_over(path: Path, disk: GatedDisk) -> None:
    """After an error nobody knows what the disk kept: the same sealed facts go over it and become one."""
    prepare(path, "journal")
    file = JournalFile(path, CONTROLLER, disk, bytes)
    sealed = file.seal_all([opened(1)], BranchId("b"))
    file.write([opened(1)], sealed)

    file.reopen()
    file.write([opened(1)], sealed, again=True)

    assert file.head.n == 1
    file.close()
    assert proof(path).checked == 1


def test_a_fact_of_somebody_else_in_our_place_is_never_written_over(path: Path, disk: GatedDisk) -> None:
    """The same number with other content is a fork, not a leftover of ours."""
    prepare(path, "journal")
    file = JournalFile(path, CONTROLLER, disk, bytes)
    other = file.seal_all([ended(1)], BranchId("b"))
    ours = file.seal_all([opened(1)], BranchId("b"))
    file.write([ended(1)], other)

    with pytest.raises(sqlite3.DatabaseError, match="somebody else"):
        file.write([opened(1)], ours, again=True)

    file.close()
    assert kinds(path) == ["session_ended"]


def test_the_last_places_are_kept_for_ends(path: Path, disk: GatedDisk) -> None:
    """Behind a hung disk, refusals stop being taken before ends do; what is refused is counted."""
    made, _ = journal(path, disk=disk)
    disk.hangs()
    made.append(refused())
    assert disk.await_trouble()

    for _ in range(QUEUE_MAX):
        made.append(refused())
    after_refusals = (made.pending, made.refused)
    for number in range(QUEUE_KEPT_FOR_ENDS):
        made.append(ended(number))
    after_ends = (made.pending, made.refused)
    made.append(ended(999))

    disk.mends()
    assert made.settle(SETTLED_S)
    counted = made.refused
    made.close()
    room = QUEUE_MAX - QUEUE_KEPT_FOR_ENDS
    assert after_refusals == (room, QUEUE_KEPT_FOR_ENDS + 1)
    assert after_ends == (QUEUE_MAX, QUEUE_KEPT_FOR_ENDS + 1)
    assert counted == QUEUE_KEPT_FOR_ENDS + 2
    assert len(kinds(path)) == 1 + QUEUE_MAX


def test_a_full_journal_refuses_starts_and_still_writes_ends(path: Path) -> None:
    """At its limit the journal takes no start and no refusal; every end is written."""
    made, _ = journal(path, limits=RoomLimits(size_max=1, free_min=0, reserve=4_096))

    settled(made, opened(1), refused(), ended(1), abandoned(2))

    assert (made.full, made.refused) == (True, 2)
    made.close()
    assert kinds(path) == ["branch_opened", "session_ended", "start_abandoned"]


def test_a_disk_with_little_room_refuses_starts_until_there_is_room_again(path: Path, disk: GatedDisk) -> None:
    """Starts stop while there is still room for ends, and go on by themselves."""
    made, _ = journal(path, disk=disk)
    disk.fills_up(1_000_000)
    settled(made, opened(1))
    wait_until(lambda: made.full)
    settled(made, opened(2), ended(1))

    disk.fills_up(10**9)
    settled(made, abandoned(9))
    wait_until(lambda: not made.full)
    settled(made, opened(3))

    assert made.refused == 1
    made.close()
    assert kinds(path)[1:] == ["session_opened", "session_ended", "start_abandoned", "session_opened"]


def test_the_reserve_gives_way_when_the_disk_is_full(path: Path, disk: GatedDisk) -> None:
    """The first write that finds no room deletes the reserve; it comes back when there is room for it."""
    reserve = path.with_name("journal.db.reserve")
    made, _ = journal(path, disk=disk)
    kept = reserve.stat().st_size
    disk.fills_up()
    disk.fails("database or disk is full")
    made.append(ended(1))
    for _ in range(2):
        assert disk.await_trouble()
    gone = (reserve.exists(), made.full)

    disk.mends()
    assert made.settle(SETTLED_S)
    settled(made, ended(2))
    still_gone = reserve.exists()
    disk.fills_up(2**40)
    settled(made, ended(3))

    made.close()
    assert kept == RoomLimits().reserve
    assert (gone, still_gone, reserve.exists()) == ((False, True), False, True)
    assert kinds(path).count("session_ended") == 3


def test_a_reserve_that_cannot_be_deleted_ends_no_writer(path: Path, disk: GatedDisk) -> None:
    """A card that became read-only when it was full: the facts wait, and are written when it takes them again."""
    reserve = path.with_name("journal.db.reserve")
    made, _ = journal(path, disk=disk)
    reserve.unlink()
    reserve.mkdir()
    disk.fails("database or disk is full")
    made.append(ended(1))
    assert disk.await_trouble()

    disk.mends()
    written = made.settle(SETTLED_S)
    alive = made.alive
    made.close()

    assert (written, alive, kinds(path).count("session_ended")) == (True, True, 1)


def test_closing_does_not_wait_for_a_hung_disk(path: Path, disk: GatedDisk) -> None:
    """The end of the process gives up what a dead disk never took, and says so."""
    made, _ = journal(path, disk=disk)
    disk.hangs()
    made.append(ended(1))
    assert disk.await_trouble()

    written = made.close(deadline_s=0.01)

    disk.mends()
    assert not written
    assert made.close(SETTLED_S)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda _content: b"", id="empty"),
        pytest.param(lambda content: bytes(len(content)), id="zeros"),
        pytest.param(lambda content: content[:4_096], id="truncated"),
        pytest.param(lambda content: content[:100] + b"\x5a" * 4_000 + content[4_100:], id="first page random"),
        pytest.param(lambda content: content[:-4_096] + b"\x5a" * 4_096, id="last page random"),
    ],
)
def test_a_damaged_journal_is_set_aside_and_never_replaced_by_an_empty_one(path: Path, damage: object) -> None:
    """The first start says what happened and keeps the bytes; the next one refuses too, until it is restored."""
    made, _ = journal(path)
    settled(made, *(opened(number) for number in range(40)))
    made.close()
    healthy = path.read_bytes()
    assert callable(damage)
    path.write_bytes(damage(healthy))

    with pytest.raises(DataError, match=r"journal\.db\.damaged-") as first:
        journal(path)
    with pytest.raises(DataError, match=r"journal\.db\.damaged-"):
        journal(path)
    kept = list(path.parent.glob("journal.db.damaged-*"))
    path.write_bytes(healthy)
    restored, start = journal(path, seed=3)
    restored.close()

    assert "indivis restore" in first.value.sentence("en")
    assert [one.read_bytes() for one in kept] == [damage(healthy)]
    assert start.opening.n == 42


def test_a_damaged_page_far_from_the_end_is_found_at_the_start(path: Path) -> None:
    """Every page of an ordinary journal is looked at, not only what a start reads."""
    made, _ = journal(path)
    settled(made, *(refused() for _ in range(400)))
    made.close()
    content = path.read_bytes()
    middle = len(content) // 8_192 * 4_096
    path.write_bytes(content[:middle] + b"\x5a" * 4_096 + content[middle + 4_096 :])

    with pytest.raises(DataError, match=r"journal\.db\.damaged-"):
        journal(path)

    assert not path.exists()


def test_a_tail_that_does_not_hold_together_is_damage(path: Path) -> None:
    """A fact rewritten near the end is found at the start, before anything is built on it."""
    made, _ = journal(path)
    settled(made, opened(1), ended(1))
    made.close()
    raw = sqlite3.connect(path)
    raw.execute("UPDATE fact SET prev = ? WHERE n = 3", ("f" * 64,))
    raw.commit()
    raw.close()

    with pytest.raises(DataError, match="fact 3"):
        Journal(path, controller=CONTROLLER, software="0.0.1")

    assert not path.exists()
