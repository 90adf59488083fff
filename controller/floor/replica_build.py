"""A snapshot becomes a file: spooled as it comes, then built by a child process that gives way to everything else.

House rules: the controller's own process never parses a snapshot, for that would hold the interpreter for seconds; the
child reads the spool line by line and writes a file that nobody sees before it is whole. What it found is told by its
exit code and one line of text. Whether a snapshot is wanted is the exchange's decision.

    python -m controller.floor.replica_build SPOOL TARGET
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

from controller.domain.canonical import canonical
from controller.domain.codec import encode
from controller.domain.directory import NeedsUpgradeError, entry_from
from controller.exchange.messages import SnapshotOffer
from controller.exchange.wire import entries_of
from controller.floor.replica import PUT_CONTAINED, PUT_ENTRY, SET_STATE, transaction
from controller.floor.store_file import COMPANIONS, connect_writer, create

NICE = 19
LINE_MAX = 4 * 2**20
"""A chunk's text is cut at about 64 kB; a line beyond 4 MB is no chunk, and is refused before it fills the memory."""

DETAIL_MAX = 200
"""Characters of a reason: enough to name an entry and a field, and far less than a pipe holds unread."""

Outcome = Literal["built", "needs_upgrade", "damaged", "failed"]
EXIT_CODES: dict[Outcome, int] = {"built": 0, "failed": 1, "needs_upgrade": 3, "damaged": 4}
_OUTCOMES: dict[int, Outcome] = {code: outcome for outcome, code in EXIT_CODES.items()}


@dataclass(frozen=True, slots=True)
class Built:
    """What became of a snapshot; `detail` says why it is no directory for us."""

    outcome: Outcome
    detail: str


class DamagedSnapshotError(ValueError):
    """The spool does not hold what its offer says."""


class SnapshotSpool:
    """Takes an offer and its chunks as they come; the last offer replaces what was there."""

    def __init__(self, path: Path) -> None:
        """Nothing is spooled yet."""
        self._path = path
        self._file: TextIO | None = None

    def begin(self, offer: SnapshotOffer) -> None:
        """Start anew for this offer."""
        self.close()
        # An older snapshot must never be taken for this one, should the disk refuse from here on.
        self._path.unlink(missing_ok=True)
        self._file = self._path.open("w", encoding="utf-8")
        self._file.write(canonical(encode(offer)).decode() + "\n")

    def keep(self, data: str) -> None:
        """Add a chunk's text, unread; canonical JSON has no line breaks."""
        if self._file is None or "\n" in data:
            raise DamagedSnapshotError("a chunk is one line of canonical JSON after an offer")
        self._file.write(data + "\n")

    def build(self, target: Path) -> Build:
        """Start the child on what is spooled."""
        self.close()
        return Build(self._path, target)

    def close(self) -> None:
        """Write out what was taken."""
        file, self._file = self._file, None
        if file is not None:
            file.close()


class Build:
    """A child at work. `result` never waits; `end` gives it up."""

    def __init__(self, spool: Path, target: Path) -> None:
        self.target = target
        self._child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "controller.floor.replica_build", str(spool), str(target)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def result(self) -> Built | None:
        """Tell what became of it, `None` while it works."""
        if self._child.poll() is None:
            return None
        said, _ = self._child.communicate()
        return Built(_OUTCOMES.get(self._child.returncode, "failed"), said.strip())

    def end(self) -> None:
        """Stop it and remove what it left."""
        self._child.kill()
        self._child.communicate()
        for companion in COMPANIONS:
            self.target.with_name(self.target.name + companion).unlink(missing_ok=True)


def build(spool: Path, target: Path) -> None:
    """Write the file; raise `NeedsUpgradeError` or `DamagedSnapshotError` and leave none."""
    with spool.open(encoding="utf-8") as lines:
        offer = json.loads(lines.readline(LINE_MAX))
        create(target, "replica")
        connection = connect_writer(target)
        try:
            # Whole or not at all comes from the switch, not from a log: half the writes, and flushed in small parts,
            # for one great flush would hold up the journal's on the same card.
            connection.execute("PRAGMA journal_mode = OFF")
            total = 0
            for line in _lines(lines):
                rows = list(_rows(line))
                with transaction(connection):
                    connection.executemany(PUT_ENTRY, rows)
                total += len(rows)
            if total != offer["total"]:
                raise DamagedSnapshotError(f"{total} entries instead of {offer['total']}")
            with transaction(connection):
                connection.executemany(PUT_CONTAINED, [(one["branch"], one["n"]) for one in offer["vector"]])
                connection.execute(SET_STATE, (offer["incarnation"], offer["revision"]))
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()


def _lines(lines: TextIO) -> Iterator[str]:
    while line := lines.readline(LINE_MAX):
        if not line.endswith("\n"):
            raise DamagedSnapshotError("a chunk is cut or too long")
        yield line.rstrip("\n")


def _rows(chunk: str) -> Iterator[tuple[str, str, str, int]]:
    for entry in entries_of(chunk):
        if entry.body is None:
            raise DamagedSnapshotError("a snapshot holds no tombstones")
        entry_from(entry.kind, entry.key, entry.body)
        yield entry.kind, entry.key, canonical(entry.body).decode(), entry.revision


def main(arguments: list[str]) -> int:
    """Build, say what happened in one line, return the exit code."""
    os.nice(NICE)
    spool, target = map(Path, arguments)
    outcome: Outcome = "built"
    said = ""
    try:
        build(spool, target)
    except NeedsUpgradeError as error:
        outcome, said = "needs_upgrade", str(error)
    except ValueError as error:
        outcome, said = "damaged", str(error)
    except Exception as error:  # noqa: BLE001 - a child tells its parent how it ended, whatever it was
        outcome, said = "failed", type(error).__name__
    if outcome != "built":
        for companion in COMPANIONS:
            target.with_name(target.name + companion).unlink(missing_ok=True)
    sys.stdout.write(said[:DETAIL_MAX] + "\n")
    return EXIT_CODES[outcome]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
