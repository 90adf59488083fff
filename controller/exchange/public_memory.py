"""What the public tree must know across restarts, in one small file: how far its events are told, and of which machines
something may be kept at the broker.

House rules: it is a convenience, never a proof: lost or damaged, events begin with this start of the program. It is
written in one step (a new file in the old one's place), and not flushed: after a power cut some events are told again,
under the same ids.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from controller import logs
from controller.exchange.contract import DISCOVERY, topic_of

if TYPE_CHECKING:
    from controller.exchange.ports import Journal

_log = logs.get("public")

FILE_BYTES_MAX = 64 * 1024
"""A site and its machines are a page of text; what is longer is not this file, and is not read."""


@dataclass(slots=True)
class PublicMemory:
    """The file `path`; `None` remembers nothing beyond this process. `told` is a fact's number with its hash."""

    path: Path | None = None
    told: tuple[int, str] | None = None
    machines: set[tuple[str, str]] = field(default_factory=set)
    """(site, machine): where something may be kept at the broker."""
    announced: set[str] = field(default_factory=set)
    """Topics where Home Assistant's discovery may be kept at the broker."""

    @classmethod
    def read(cls, path: Path) -> PublicMemory:
        """Return what was kept, or nothing."""
        kept = cls(path)
        with suppress(OSError, ValueError, KeyError, TypeError):
            if path.stat().st_size <= FILE_BYTES_MAX:
                said = json.loads(path.read_text("utf-8"))
                n, digest = said["told"]
                machines = {(str(site), str(machine)) for site, machine in said["machines"]}
                kept.told, kept.machines = (int(n), str(digest)), machines
                announced = {str(topic) for topic in said.get("announced", ())}
                kept.announced = {topic for topic in announced if topic_of(topic) is DISCOVERY}
        return kept

    def first_to_tell(self, journal: Journal) -> int:
        """Return the number of the first fact that is not told yet; where nothing is known, this start's first."""
        return next_n(journal, self.told, otherwise=_of_this_start(journal))

    def write(self) -> None:
        """Keep what is known; a disk that will not is logged, and costs a repetition."""
        if self.path is None or self.told is None:
            return
        beside = self.path.with_suffix(".new")
        try:
            kept = {"told": self.told, "machines": sorted(self.machines), "announced": sorted(self.announced)}
            beside.write_text(json.dumps(kept), "utf-8")
            beside.replace(self.path)
        except OSError as error:
            _log.warning("how far events are told could not be kept", why=str(error))


def next_n(journal: Journal, last: tuple[int, str] | None, *, otherwise: int) -> int:
    """Return the number after the fact `last` (number, hash); `otherwise` where none is known. In another journal than
    it was in (a backup was put back) that is this start's first.
    """
    if last is None:
        return otherwise
    n, digest = last
    if n < journal.oldest_n() - 1:
        return journal.oldest_n()  # what was between is trimmed; the office's ledger has it
    return n + 1 if journal.hash_at(n) == digest else _of_this_start(journal)


def _of_this_start(journal: Journal) -> int:
    return journal.lineage()[0].parent_n + 1
