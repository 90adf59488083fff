"""How much room the journal has: its own limit, the disk's, and a reserve that lets ends be written on a full disk.

House rules: starts are refused while there is still room for every end; the reserve is a file that exists only to be
deleted when the disk is full, and is made again when there is room.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from controller.floor.disk import Disk


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomLimits:
    """Bytes. At `size_max` (some 500,000 facts: years of a busy workshop whose office never answers) or with less than
    `free_min` left on the disk, starts are refused; `reserve` holds about 200 ends.
    """

    size_max: int = 512 * 2**20
    free_min: int = 16 * 2**20
    reserve: int = 2 * 2**20


class Sized(Protocol):
    """What tells how much the facts take."""

    def used_bytes(self) -> int: ...


class JournalRoom:
    """Watches the room of one journal; used by the journal's thread."""

    def __init__(self, path: Path, file: Sized, disk: Disk, limits: RoomLimits) -> None:
        """Touch nothing yet."""
        self._folder = path.parent
        self._reserve = path.with_name(path.name + ".reserve")
        self._file = file
        self._disk = disk
        self._limits = limits

    def is_full(self) -> bool:
        """Say whether starts are to be refused; make the reserve again when there is room for it. `OSError` goes up."""
        free = self._disk.free_bytes(self._folder)
        kept = self._reserve.exists()
        full = free < self._limits.free_min or self._file.used_bytes() >= self._limits.size_max
        if not kept and free >= self._limits.free_min + self._limits.reserve:
            self._keep_reserve()
        return full

    def give_way(self) -> None:
        """Delete the reserve, so that ends find room."""
        self._reserve.unlink(missing_ok=True)

    def _keep_reserve(self) -> None:
        descriptor = os.open(self._reserve, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            os.posix_fallocate(descriptor, 0, self._limits.reserve)
        finally:
            os.close(descriptor)
