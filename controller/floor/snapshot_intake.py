"""A snapshot on its way into force: spooled, built by a child process, switched to.

House rules: used by the exchange's thread, which never waits for the child; what was spent here is worked out before
the switch and settled after it, so no tap sees less; whatever fails leaves the copy that is there.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from controller.floor.replica_build import Build, Built, SnapshotSpool

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from controller.exchange.messages import Contained, SnapshotOffer
    from controller.floor.folding import Folding
    from controller.floor.replica import Replica


class SnapshotIntake:
    """`begin`, `keep` each chunk, `build`, then `look` until it says what became of it."""

    def __init__(self, spool: Path, replica: Replica, folding: Folding) -> None:
        """Nothing is spooled yet."""
        self._spool, self._replica, self._folding = SnapshotSpool(spool), replica, folding
        self._building: tuple[Build, Sequence[Contained]] | None = None

    @property
    def building(self) -> bool:
        """Whether a child is at work."""
        return self._building is not None

    def begin(self, offer: SnapshotOffer) -> None:
        """Start anew for this offer; `OSError` when the disk refuses."""
        self._spool.begin(offer)

    def keep(self, data: str) -> None:
        """Add a chunk; `OSError`, or `DamagedSnapshotError` when nothing was begun."""
        self._spool.keep(data)

    def build(self, offer: SnapshotOffer) -> None:
        """Start the child on what is spooled; `OSError` when it cannot be started."""
        self._building = (self._spool.build(self._replica.next_file()), offer.vector)

    def look(self) -> Built | None:
        """Return what became of the snapshot, in force already if it was built; `None` while nobody knows.

        What goes wrong with the switch goes up, and the old copy stays.
        """
        if self._building is None:
            return None
        build, vector = self._building
        built = build.result()
        if built is not None:
            self._building = None
        if built is not None and built.outcome == "built":
            self._switch(build.target, vector)
        return built

    def close(self) -> None:
        """Give up what is under way; it is asked for again."""
        if self._building is not None:
            self._building[0].end()
        with suppress(OSError):
            self._spool.close()

    def _switch(self, target: Path, vector: Sequence[Contained]) -> None:
        try:
            self._folding.prepare(vector)
            self._replica.switch_to(target)
        except BaseException:
            self._folding.give_up()
            raise
        self._folding.settle()
