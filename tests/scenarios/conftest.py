"""Where a lab's files lie: in memory where there is a place for that, for a disk that is late by chance rightly refuses
a start, and whether it is late is no news here. What a late disk does is told by the disk that hangs.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it


@pytest.fixture(scope="module")
def evening_place() -> Iterator[Path]:
    """A folder for one lab that several tests share."""
    with tempfile.TemporaryDirectory(prefix="lab-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder for a lab of one test."""
    with tempfile.TemporaryDirectory(prefix="lab-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)
