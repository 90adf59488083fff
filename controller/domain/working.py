"""Whether a machine works, by what its meter says: busy and idle time of a use apart.

House rules: pure; idle means below the machine's own threshold, standby included, with hysteresis, so that a motor that
breathes is no change. A meter that is missing, silent or old says neither: such time is unmeasured, never idle and
never busy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from controller.domain.metering import FRESH_MS, Metered, Sample

if TYPE_CHECKING:
    from controller.domain.directory import MachineEntry

NOMINAL_V = 230
"""The public network's nominal voltage (EN 50160): what a meter that counts current alone is taken to work at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How a use has worked so far. `running` is null while no meter tells; it was told last at `told_ms` and counted up
    to `since_ms`. The machine idles since `idle_since_ms`; its use ends for that at `ends_ms` (0: not warned of yet).
    """

    running: bool | None
    told_ms: int
    since_ms: int
    idle_since_ms: int
    ends_ms: int = 0
    busy_ms: int = 0
    idle_ms: int = 0

    def proven(self, boot_ms: int) -> bool:
        """Whether the meter's last word still says something about `boot_ms`."""
        return self.running is not None and boot_ms - self.told_ms <= FRESH_MS


def load_mw(sample: Sample) -> int | None:
    """Return what the machine draws: its power, or what its current would be worth (apparent power)."""
    if sample.power_mw is not None:
        return sample.power_mw
    return None if sample.current_ma is None else sample.current_ma * NOMINAL_V


def begun(
    policy: MachineEntry, metered: Metered | None, started_ms: int, *, runs_on: bool | None = None
) -> Work | None:
    """Begin to count; nothing where the machine names no threshold. What had no power before its start ran nothing."""
    if not policy.running_above_w:
        return None
    work = Work(running=None, told_ms=started_ms, since_ms=started_ms, idle_since_ms=started_ms)
    load = None if metered is None or not metered.fresh(started_ms) else load_mw(metered.sample)
    if metered is None or load is None:
        return work
    return replace(work, running=_runs(policy, load, before=bool(runs_on)), told_ms=metered.at_ms)


def after(work: Work, policy: MachineEntry, metered: Metered) -> Work:
    """Take a new sample in: what the machine did until now, and what it does from now on."""
    work = counted(work, metered.at_ms)
    load = load_mw(metered.sample)
    if load is None or not policy.running_above_w:
        return work
    before = work.running if work.proven(metered.at_ms) else None
    running = _runs(policy, load, before=before)
    if running or before is not False:
        work = replace(work, idle_since_ms=metered.at_ms, ends_ms=0)
    return replace(work, running=running, told_ms=metered.at_ms)


def counted(work: Work, boot_ms: int) -> Work:
    """Count up to `boot_ms`, as far as the last sample says anything."""
    until_ms = min(boot_ms, work.told_ms + FRESH_MS)
    more_ms = max(0, until_ms - work.since_ms) if work.running is not None else 0
    return replace(
        work,
        since_ms=max(work.since_ms, boot_ms),
        busy_ms=work.busy_ms + (more_ms if work.running else 0),
        idle_ms=work.idle_ms + (0 if work.running else more_ms),
    )


def busy_and_idle_s(work: Work | None, elapsed_ms: int, seconds: int, boot_ms: int) -> tuple[int | None, int | None]:
    """Return the whole seconds that a use of `seconds` was busy and idle; less than all of them where the meter was
    silent, and nothing at all where none told.
    """
    if work is None:
        return None, None
    work = counted(work, boot_ms)
    if not work.busy_ms and not work.idle_ms:
        return None, None
    busy_s = min(work.busy_ms // 1000, seconds)
    if elapsed_ms - work.busy_ms - work.idle_ms < 1000:  # noqa: PLR2004 - a second: what rounding may hide
        return busy_s, seconds - busy_s
    return busy_s, min(work.idle_ms // 1000, seconds - busy_s)


def _runs(policy: MachineEntry, load: int, *, before: bool | None) -> bool:
    """Between the two thresholds a machine does what it did; one that nobody has seen yet counts as running."""
    if load >= 1000 * policy.running_above_w:
        return True
    if load <= 1000 * policy.running_below_w:
        return False
    return before is not False
