"""Power cuts and kills at any byte: what was called stored is there, what is there holds together, and it starts."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from tests.floor.journal_kit import ended, journal, opened, proof, refused, settled

ROOT = Path(__file__).parents[2]
SECTOR = 512


@dataclass(frozen=True, slots=True)
class Image:
    """A journal's two files as the disk held them, and the log's length after each commit."""

    main: bytes
    log: bytes
    commits: tuple[int, ...]

    def facts_at(self, length: int) -> int:
        """How many facts a log of that length holds: one in the main file, one with each whole commit."""
        return 1 + sum(1 for end in self.commits if end <= length)

    def start_from(self, folder: Path, log: bytes) -> tuple[int, int]:
        """Start on this log; return how many facts were found and how many verify afterwards."""
        folder.mkdir()
        path = folder / "journal.db"
        path.write_bytes(self.main)
        path.with_name("journal.db-wal").write_bytes(log)
        made, start = journal(path, seed=9)
        made.close()
        found = proof(path)
        assert found.broken_n is None
        shutil.rmtree(folder)
        return start.held.head.n, found.checked


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Seven commits that are only in the log."""
    path = tmp_path_factory.mktemp("image") / "journal.db"
    journal(path)[0].close()
    made, _ = journal(path, seed=2)
    log = path.with_name("journal.db-wal")
    commits = [log.stat().st_size]
    for fact in (opened(1), refused(), ended(1), opened(2), refused(), ended(2)):
        settled(made, fact)
        commits.append(log.stat().st_size)
    # Copied by another process: closing a file here would drop SQLite's locks on it.
    subprocess.run(["cp", path, log, path.parent.parent], check=True)
    made.close()
    copied = path.parent.parent / "journal.db"
    return Image(copied.read_bytes(), copied.with_name("journal.db-wal").read_bytes(), tuple(commits))


def check_cut(image: Image, folder: Path, length: int) -> None:
    """A cut there leaves exactly the commits before it."""
    found, verified = image.start_from(folder, image.log[:length])

    assert found == image.facts_at(length), f"the log cut at {length}"
    assert verified == found + 1, f"the log cut at {length}"


def test_a_log_cut_anywhere_holds_exactly_the_commits_before_the_cut(image: Image, tmp_path: Path) -> None:
    """At each commit, a byte before it, and at a sample of sectors."""
    sectors = Random(7).sample(range(0, len(image.log), SECTOR), 12)

    for length in (0, *sectors, *(end - 1 for end in image.commits), *image.commits):
        check_cut(image, tmp_path / "cut", length)

    assert image.facts_at(len(image.log)) == 8


@pytest.mark.soak
def test_a_log_cut_at_every_sector_holds_exactly_the_commits_before_the_cut(image: Image, tmp_path: Path) -> None:
    """All of them."""
    for length in range(0, len(image.log), SECTOR):
        check_cut(image, tmp_path / "cut", length)

    assert len(image.log) > 0


@pytest.mark.parametrize("seed", range(4))
def test_a_log_that_ends_in_noise_holds_the_commits_before_it(image: Image, tmp_path: Path, seed: int) -> None:
    """Torn sectors with other bytes in them are no commit."""
    chance = Random(seed)
    length = chance.randrange(32, len(image.log))
    noise = image.log[:length] + chance.randbytes(len(image.log) - length)

    found, verified = image.start_from(tmp_path / "noise", noise)

    assert (found, verified) == (image.facts_at(length), image.facts_at(length) + 1)


def check_kills(path: Path, seed: int, kills: int) -> None:
    """Kill the writing program again and again, after some of its answers: each start finds all it had told."""
    chance = Random(seed)
    told = 0
    for _ in range(kills):
        with subprocess.Popen(
            [sys.executable, "-m", "tests.floor.journal_writer", str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            for _ in range(chance.randrange(1, 60)):
                told = int(child.stdout.readline())
            child.kill()
        made, start = journal(path, seed=chance.randrange(2**32))
        made.close()
        assert start.held.head.n >= told
        assert len(start.held.open_sessions) <= 1
    assert proof(path).broken_n is None


def test_what_was_called_stored_survives_a_kill(tmp_path: Path) -> None:
    """No start is refused and nothing told is lost, over a few kills at random answers."""
    check_kills(tmp_path / "journal.db", seed=1, kills=3)


@pytest.mark.soak
def test_what_was_called_stored_survives_two_hundred_kills(tmp_path: Path) -> None:
    """The same for long."""
    check_kills(tmp_path / "journal.db", seed=2, kills=200)
