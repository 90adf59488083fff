"""The PZEM meters of this controller: one thread each, off the path of every tap.

House rule: a meter that is not there costs nobody a use; its last sample grows old by itself.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from controller import logs
from controller.domain.metering import Sample
from firmware_bridge.transport import Connected, LineState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.floor.meters import Meters
    from controller.settings import Meter
    from firmware_bridge.pzem.meter import PzemMeter
    from firmware_bridge.pzem.registers import Reading

STOP_WITHIN_S = 2.0
"""How long a stop waits for all of them together: one question and its answer."""

_log = logs.get("meters")


class PzemMeters:
    """Starts and stops them; without one in the settings there is nothing, and its library is not loaded."""

    def __init__(self, meters: Iterable[Meter], samples: Meters) -> None:
        self._meters = [_made(meter, samples) for meter in meters]
        self._threads = [
            threading.Thread(target=meter.run, name=f"meter {index}", daemon=True)
            for index, meter in enumerate(self._meters)
        ]

    def start(self) -> None:
        """Begin to ask."""
        for thread in self._threads:
            thread.start()

    @property
    def alive(self) -> bool:
        """Whether every meter has its thread."""
        return all(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        """End them, all within `STOP_WITHIN_S`."""
        for meter in self._meters:
            meter.stop()
        give_up_at = time.monotonic() + STOP_WITHIN_S
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, give_up_at - time.monotonic()))


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
