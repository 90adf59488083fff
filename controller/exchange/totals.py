"""What a controller has counted of each of its machines, for dashboards: uses by how they ended, time, energy,
refusals.

House rules: counted from the journal, each fact once, whether or not a broker is there; kept in one small file, so that
a counter never goes back at a restart. The figures that count are in the office; these are for curves on a screen.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from controller import logs
from controller.domain.codec import MalformedFactError, UnknownFactError, fact_from
from controller.domain.facts import FaultRaised, SessionEnded, TapRefused
from controller.domain.metering import drawn_wh
from controller.domain.workshop import InUse, Workshop
from controller.exchange.public_memory import next_n

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.facts import Fact
    from controller.domain.ids import MachineId
    from controller.domain.now import Now
    from controller.exchange.ports import Journal

FILE_BYTES_MAX = 1_000_000
"""Some hundred machines with every reason there is; what is longer is not this file, and is not read."""

LASTED_S = (60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800)
"""Between a minute and a day of work: what a histogram of uses shows."""

WRITE_MS = 60_000
"""How often the totals are kept: what a crash forgets is counted again."""

BATCH_MAX = 200
"""Facts of one look: some milliseconds, after which states and taps have their turn."""

_log = logs.get("public")


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Of one machine, over all that this controller remembers; `energy_wh` is null where no meter ever told."""

    seconds: int = 0
    energy_wh: int | None = None
    ended: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)
    faults: int = 0
    lasted: Mapping[str, int] = field(default_factory=dict)
    """Ended uses by the first of LASTED_S that they do not exceed; longer ones are in none."""

    last: str = ""
    """The use that ended last: the workshop that is looked at may still show it as open."""

    @property
    def sessions(self) -> int:
        """Return how many uses have ended."""
        return sum(self.ended.values())

    def at_least(self, shown: Totals) -> Totals:
        """Return them, never below what was shown: between a use's end and its counting a curve would fall."""
        known = [each for each in (self.energy_wh, shown.energy_wh) if each is not None]
        return replace(self, seconds=max(self.seconds, shown.seconds), energy_wh=max(known, default=None))

    def plus(self, fact: Fact) -> Totals:
        """Return them with one more fact."""
        match fact:
            case SessionEnded():
                energy_wh = self.energy_wh if fact.energy_wh is None else (self.energy_wh or 0) + fact.energy_wh
                within = next((limit for limit in LASTED_S if fact.seconds <= limit), None)
                return replace(
                    self,
                    seconds=self.seconds + fact.seconds,
                    energy_wh=energy_wh,
                    ended=_one_more(self.ended, fact.reason),
                    lasted=self.lasted if within is None else _one_more(self.lasted, str(within)),
                    last=fact.session,
                )
            case TapRefused():
                return replace(self, refused=_one_more(self.refused, fact.reason))
            case FaultRaised():
                return replace(self, faults=self.faults + 1)
            case _:
                return self

    def with_open_use(self, workshop: Workshop, machine: MachineId, now: Now) -> Totals:
        """Return them with what an open use has taken so far, so that a day at the kiln is no jump at its end."""
        situation = workshop.machines[machine].situation
        if not isinstance(situation, InUse) or situation.opened.session == self.last:
            return self
        drawn = drawn_wh(situation.metered_first, situation.metered_last, now.boot_ms)
        return replace(
            self,
            seconds=self.seconds + situation.counted_ms(now.boot_ms) // 1000,
            energy_wh=self.energy_wh if drawn is None else (self.energy_wh or 0) + drawn,
        )


class Counting:
    """The totals of one journal, in the file `path`; `None` remembers nothing beyond this process.

    `look` and `write` belong to one thread; `of` and `snapshot` may be asked from any.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._counted: tuple[int, str] | None = None
        self._next_n: int | None = None
        self._machines: dict[str, Totals] = {}
        self._changed = False
        if path is not None:
            with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
                self._read(path)

    def of(self, machine: str) -> Totals:
        """Return a machine's totals."""
        return self._machines.get(machine, Totals())

    def snapshot(self) -> Mapping[str, Totals]:
        """Return every machine's totals, as they are now."""
        return dict(self._machines)

    def look(self, journal: Journal) -> frozenset[str]:
        """Count a batch of what is new; return whose totals changed."""
        if self._next_n is None:
            self._next_n = next_n(journal, self._counted, otherwise=journal.oldest_n())
        changed: set[str] = set()
        for link in journal.read(self._next_n, BATCH_MAX):
            with suppress(UnknownFactError, MalformedFactError):
                fact = None if link.body is None else fact_from(link.kind, link.schema, link.body)
                if isinstance(fact, SessionEnded | TapRefused | FaultRaised):
                    self._machines[fact.machine] = self.of(fact.machine).plus(fact)
                    changed.add(fact.machine)
            self._counted, self._next_n = (link.n, link.hash), link.n + 1
            self._changed = True
        return frozenset(changed)

    def behind(self, journal: Journal) -> bool:
        """Whether there is something that is not counted yet."""
        return self._counted is None or self._counted[0] < journal.head().n

    def write(self) -> None:
        """Keep what is counted; a disk that will not is logged, and costs another count after a restart."""
        if self._path is None or not self._changed:
            return
        beside = self._path.with_suffix(".new")
        machines = {name: asdict(totals) for name, totals in sorted(self._machines.items())}
        try:
            beside.write_text(json.dumps({"counted": self._counted, "machines": machines}), "utf-8")
            beside.replace(self._path)
        except OSError as error:
            _log.warning("the machines' totals could not be kept", why=str(error))
        else:
            self._changed = False

    def _read(self, path: Path) -> None:
        if path.stat().st_size > FILE_BYTES_MAX:
            return
        said = json.loads(path.read_text("utf-8"))
        n, digest = said["counted"]
        machines = {str(name): _totals_from(kept) for name, kept in said["machines"].items()}
        self._counted, self._machines = (int(n), str(digest)), machines


def _one_more(counts: Mapping[str, int], reason: str) -> Mapping[str, int]:
    return {**counts, str(reason): counts.get(str(reason), 0) + 1}


def _totals_from(kept: Mapping[str, object]) -> Totals:
    read = Totals(**kept)  # type: ignore[arg-type]  # each is looked at below
    whole = (
        read.seconds,
        read.faults,
        *read.ended.values(),
        *read.refused.values(),
        *read.lasted.values(),
        read.energy_wh or 0,
    )
    if type(read.last) is not str or not all(type(each) is int and each >= 0 for each in whole):
        raise ValueError("a total is no whole number")
    return read
