"""The tick: the newest whole record counts, whatever became of the other slot and of the disk."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from controller.domain.canonical import canonical
from controller.domain.ids import SessionId
from controller.domain.now import Now
from controller.floor.tick import LENGTH_BYTES, SLOT_BYTES, USES_MAX, Tick, TickFile, read_last

SETTLED_S = 20.0


def now(second: int) -> Now:
    """An instant without a date."""
    return Now(boot_id="boot-1", boot_ms=second * 1_000, wall_ms=None, clock="unknown")


def uses(*elapsed_ms: int) -> tuple[tuple[SessionId, int], ...]:
    """Open uses, each so old."""
    return tuple((SessionId(f"b-{number}"), ms) for number, ms in enumerate(elapsed_ms, start=1))


def ticked(path: Path, *seconds: int) -> None:
    """Write one record after the other, one use each."""
    file = TickFile(path)
    for second in seconds:
        file.write(uses(second * 1_000), now(second))
        assert file.settle(SETTLED_S)
    file.close()


def test_a_whole_record_of_another_version_proves_nothing(path: Path) -> None:
    """Its digest is right and its fields are not ours: the program starts, and bills nothing it cannot read."""
    record = canonical({"sequence": 9, "boot_id": "boot-1", "boot_ms": 1, "wall_ms": None, "uses": [], "since": 3})
    slot = hashlib.sha256(record).digest() + len(record).to_bytes(LENGTH_BYTES, "big") + record
    ticked(path, 30)
    with path.open("r+b") as file:
        file.write(slot)

    last = read_last(path)

    assert last is not None
    assert last.boot_ms == 30_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the tick is."""
    return tmp_path / "tick"


def test_the_newest_record_is_read_back(path: Path) -> None:
    """Boot, instant and every open use."""
    file = TickFile(path)
    file.write(uses(30_000), now(30))
    assert file.settle(SETTLED_S)
    file.write(uses(60_000, 5_000), now(60))
    file.close()

    assert read_last(path) == Tick(sequence=2, boot_id="boot-1", boot_ms=60_000, wall_ms=None, uses=uses(60_000, 5_000))


def test_there_is_no_record_before_the_first(path: Path) -> None:
    """A missing file and a new one prove nothing."""
    missing = read_last(path)
    TickFile(path).close()

    assert missing is None
    assert read_last(path) is None


@pytest.mark.parametrize("keep", [0, 1, 40, 100])
def test_a_torn_write_leaves_the_record_before_it(path: Path, keep: int) -> None:
    """The power went in the middle of the newest slot: the other slot counts."""
    ticked(path, 30, 60, 90)
    newest = 3 % 2 * SLOT_BYTES
    content = bytearray(path.read_bytes())
    content[newest + keep : newest + SLOT_BYTES] = b"\xff" * (SLOT_BYTES - keep)
    path.write_bytes(content)

    last = read_last(path)

    assert last is not None
    assert (last.sequence, last.boot_ms) == (2, 60_000)


def test_a_restart_goes_on_in_the_other_slot(path: Path) -> None:
    """The last proof of the process before is not the first thing to be overwritten."""
    ticked(path, 30)
    ticked(path, 60)
    content = bytearray(path.read_bytes())
    content[0:SLOT_BYTES] = bytes(SLOT_BYTES)
    path.write_bytes(content)

    last = read_last(path)

    assert last is not None
    assert last.sequence == 1


@pytest.mark.parametrize("length", [0, 10, SLOT_BYTES, 2 * SLOT_BYTES - 1])
def test_a_file_that_was_cut_gives_what_is_whole_or_nothing(path: Path, length: int) -> None:
    """A damaged file never stops a start and never proves what it does not hold."""
    ticked(path, 30, 60)
    path.write_bytes(path.read_bytes()[:length])

    last = read_last(path)

    assert last is None or last.sequence == 2


def test_a_hung_disk_delays_nobody_and_only_the_newest_record_waits(path: Path) -> None:
    """Records that piled up behind a hung flush are worth nothing: the newest is written next."""
    arrived, healed = threading.Event(), threading.Event()

    def hang(_descriptor: int) -> None:
        arrived.set()
        healed.wait(SETTLED_S)

    file = TickFile(path, flush=hang)
    file.write(uses(30_000), now(30))
    assert arrived.wait(SETTLED_S)

    file.write(uses(60_000), now(60))
    file.write(uses(90_000), now(90))
    healed.set()
    file.close(SETTLED_S)

    last = read_last(path)
    assert last is not None
    assert (last.sequence, last.boot_ms) == (2, 90_000)


def test_a_failed_write_is_followed_by_one_in_the_same_slot(path: Path) -> None:
    """The other slot holds the last proof that is sure; it is not overwritten until there is a newer one."""
    failing = [False, True, False]

    def flush(_descriptor: int) -> None:
        if failing.pop(0):
            raise OSError(5, "Input/output error")

    file = TickFile(path, flush=flush)
    for second in (30, 60, 90):
        file.write(uses(second * 1_000), now(second))
        assert file.settle(SETTLED_S)
    file.close()

    last = read_last(path)
    assert last is not None
    assert (last.sequence, last.boot_ms, failing) == (2, 90_000, [])


def test_the_largest_record_fits_its_slot(path: Path) -> None:
    """64 uses with long names are proven; more are cut off rather than written over the next slot."""
    long = tuple((SessionId(f"{number:0>80}"), 10**9) for number in range(USES_MAX + 6))
    file = TickFile(path)
    file.write(long, now(30))
    file.close()

    last = read_last(path)

    assert last is not None
    assert last.uses == long[:USES_MAX]
