"""The PZEM meters of this controller: one thread each, off the path of every tap.

House rule: a meter that is not there costs nobody a use; its last sample grows old by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller import logs
from controller.domain.metering import Sample
from controller.floor.line_threads import LineThreads
from firmware_bridge.transport import Connected, LineState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.floor.meters import Meters
    from controller.settings import Meter
    from firmware_bridge.pzem.meter import PzemMeter
    from firmware_bridge.pzem.registers import Reading

_log = logs.get("meters")


def pzem_threads(meters: Iterable[Meter], samples: Meters) -> LineThreads:
    """Make a thread for each; without one in the settings there is nothing, and its library is not loaded."""
    return LineThreads("meter", [_made(meter, samples) for meter in meters])


def _made(meter: Meter, samples: Meters) -> PzemMeter:
    from firmware_bridge.pzem.meter import PzemMeter  # noqa: PLC0415 - a controller without one does not load it

    def on_reading(reading: Reading) -> None:
        sample = Sample(
            power_mw=reading.milliwatts, current_ma=reading.milliamperes, energy_mwh=reading.milliwatt_hours
        )
        samples.take(meter.channel, sample)

    def on_state(state: LineState) -> None:
        if isinstance(state, Connected):
            _log.info("meter connected", meter=meter.name)
        else:
            _log.warning("meter lost", meter=meter.name, why=state.error.sentence("en"))

    return PzemMeter(meter.path, on_reading=on_reading, on_state=on_state, address=meter.address)
