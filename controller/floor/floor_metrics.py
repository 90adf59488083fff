"""The figures of a controller for Prometheus, from what its other parts know already.

House rules: read on the door's thread from what never changes under one's hands (a workshop, a copy of the totals);
no relay, no journal and no reader is asked. Totals go on over restarts; label values are machines and closed lists.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily

from controller.domain.workshop import InUse, MachineWord
from controller.exchange.totals import LASTED_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from prometheus_client.core import Metric

    from controller.domain.now import Now
    from controller.domain.workshop import Workshop
    from controller.exchange.totals import Totals

JOULES_OF_A_WH = 3_600
"""Prometheus keeps to base units; a board divides by 3,600,000 for kilowatt-hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorMetrics:
    """What is asked when somebody scrapes: each is safe from any thread and waits for nobody. `folder` is on the disk
    whose room counts.
    """

    version: str
    started_ms: int | None
    folder: Path
    workshop: Callable[[], Workshop]
    totals: Callable[[], Mapping[str, Totals]]
    public_connected: Callable[[], bool]
    now: Callable[[], Now]

    def collect(self) -> Iterator[Metric]:
        """Give the figures as they are now."""
        workshop, now = self.workshop(), self.now()
        yield from self._program(now)
        yield from _machines(workshop, now)
        yield from _totals(self.totals())

    def _program(self, now: Now) -> Iterator[Metric]:
        yield InfoMetricFamily("indivis", "The program.", value={"version": self.version, "program": "controller"})
        if self.started_ms is not None:
            yield _gauge("indivis_start_time_seconds", "When the program began, Unix time.", self.started_ms / 1000)
        yield _gauge("indivis_clock_synced", "1 while the date is known to be right.", now.clock == "synced")
        connected = "1 while the public tree's broker is connected."
        yield _gauge("indivis_mqtt_connected", connected, self.public_connected())
        free = shutil.disk_usage(self.folder).free
        yield _gauge("indivis_disk_free_bytes", "Room on the disk of the journal.", free)


def _machines(workshop: Workshop, now: Now) -> Iterator[Metric]:
    state = GaugeMetricFamily("indivis_machine_state", "1 for the state a machine is in.", labels=("machine", "state"))
    reader = GaugeMetricFamily("indivis_reader_ready", "1 while its badge readers are well.", labels=("machine",))
    power = GaugeMetricFamily("indivis_power_watts", "What a machine draws, by a fresh reading.", labels=("machine",))
    elapsed = GaugeMetricFamily("indivis_session_elapsed_seconds", "Of the open use.", labels=("machine",))
    for name, machine in sorted(workshop.machines.items()):
        is_now = workshop.word(name)
        for word in get_args(MachineWord):
            state.add_metric((name, word), word == is_now)
        if (said := workshop.reader_word(name)) is not None:
            reader.add_metric((name,), said == "ready")
        metered = workshop.meters.get(machine.policy.channel)
        if metered is not None and metered.fresh(now.boot_ms) and metered.sample.power_mw is not None:
            power.add_metric((name,), metered.sample.power_mw / 1000)
        if isinstance(machine.situation, InUse):
            elapsed.add_metric((name,), machine.situation.elapsed_ms(now.boot_ms) // 1000)
    yield from (state, reader, power, elapsed)


def _totals(totals: Mapping[str, Totals]) -> Iterator[Metric]:
    ended = CounterMetricFamily("indivis_sessions", "Ended uses, by what ended them.", labels=("machine", "reason"))
    denied = CounterMetricFamily("indivis_access_denied", "Refused taps, by why.", labels=("machine", "reason"))
    faults = CounterMetricFamily("indivis_faults", "Faults that were raised.", labels=("machine",))
    energy = CounterMetricFamily("indivis_energy_joules", "Drawn in ended uses, as metered.", labels=("machine",))
    lasted = HistogramMetricFamily("indivis_session_seconds", "How long ended uses lasted.", labels=("machine",))
    for name, each in sorted(totals.items()):
        for reason, count in sorted(each.ended.items()):
            ended.add_metric((name, reason), count)
        for reason, count in sorted(each.refused.items()):
            denied.add_metric((name, reason), count)
        faults.add_metric((name,), each.faults)
        if each.energy_wh is not None:
            energy.add_metric((name,), each.energy_wh * JOULES_OF_A_WH)
        below = [
            (f"{limit}.0", sum(each.lasted.get(str(low), 0) for low in LASTED_S if low <= limit)) for limit in LASTED_S
        ]
        lasted.add_metric((name,), [*below, ("+Inf", each.sessions)], sum_value=each.seconds)
    yield from (ended, denied, faults, energy, lasted)


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value=float(value))
