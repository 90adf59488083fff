"""The figures of the office for Prometheus: one short read of its database a scrape.

House rules: sums and states only, nothing of a member or of an account; what is counted in the database goes on over
restarts by itself. Names begin with `indivis_office_`, for the controllers count some of the same uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from sqlalchemy import func, select

from controller.office.directory.tables import alarm, controller
from controller.office.journal_tables import journal_fact, machine_hours
from controller.office.overview import BACKUP_NOTE
from controller.office.tables import office_meta

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.core import Metric
    from sqlalchemy import Connection

    from controller.office.store import OfficeStore

_COUNTERS = {
    "indivis_office_uses": ("uses", 1, "Uses that the office has counted."),
    "indivis_office_powered_seconds": ("powered_s", 1, "Time with power."),
    "indivis_office_working_seconds": ("busy_s", 1, "Time at work, as metered."),
    "indivis_office_energy_joules": ("energy_wh", 3_600, "Energy drawn in uses, as metered."),
}


class OfficeMetrics:
    """Reads the database when somebody scrapes."""

    def __init__(self, store: OfficeStore, version: str) -> None:
        """Only remembers both; nothing is read yet."""
        self._store, self._version = store, version

    def collect(self) -> Iterator[Metric]:
        """Give the figures as they are now."""
        yield InfoMetricFamily("indivis", "The program.", value={"version": self._version, "program": "office"})
        with self._store.read() as tx:
            yield from _machines(tx)
            yield from _controllers(tx)
            yield from _to_look_at(tx)


def _machines(tx: Connection) -> Iterator[Metric]:
    rows = tx.execute(select(machine_hours).order_by(machine_hours.c.machine)).mappings().all()
    for name, (column, times, what) in _COUNTERS.items():
        counter = CounterMetricFamily(name, what, labels=("machine",))
        for row in rows:
            counter.add_metric((row["machine"],), row[column] * times)
        yield counter


def _controllers(tx: Connection) -> Iterator[Metric]:
    heard = GaugeMetricFamily(
        "indivis_office_controller_heard_timestamp_seconds", "When a controller spoke last.", labels=("controller",)
    )
    for row in tx.execute(select(controller.c.id, controller.c.heard_at).order_by(controller.c.id)):
        if row.heard_at is not None:
            heard.add_metric((row.id,), row.heard_at / 1000)
    yield heard


def _to_look_at(tx: Connection) -> Iterator[Metric]:
    in_tray = tx.execute(select(func.count()).where(journal_fact.c.state == "tray")).scalar_one()
    yield GaugeMetricFamily(
        "indivis_office_tray_facts", "What could not be posted and waits for a person.", value=in_tray
    )
    alarms = GaugeMetricFamily("indivis_office_alarms", "Alarms that nobody has cleared, by kind.", labels=("kind",))
    open_ones = select(alarm.c.kind, func.count()).where(alarm.c.cleared_at.is_(None)).group_by(alarm.c.kind)
    for kind, count in sorted(tuple(row) for row in tx.execute(open_ones)):
        alarms.add_metric((kind,), count)
    yield alarms
    noted = tx.execute(select(office_meta.c.value).where(office_meta.c.name == BACKUP_NOTE)).scalar()
    if noted is not None:
        name, what = "indivis_office_backup_timestamp_seconds", "When the last verified backup was made."
        yield GaugeMetricFamily(name, what, value=int(noted) / 1000)
