"""The one place where adapters are built from settings and joined: tests and programs start here.

House rule: importing a module opens nothing; everything is opened by the functions here, in the order they are written.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from controller.errors import Message, UserError, reason_of
from controller.exchange.dialogue import Broker, read_password
from controller.floor import process
from controller.floor.adapters.clock import ScaledClock, SystemClock
from controller.floor.adapters.gpio import GpioRelays, PinFactory, RelayWiring
from controller.floor.adapters.gpiod_pins import GpiodFactory, MockRelayFactory
from controller.floor.adapters.pin_map import PinMapWriter
from controller.floor.daemon import Floor, Outside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from controller.floor.ports import Clock, Relays
    from controller.settings import BrokerSettings, Settings


def floor_from(settings: Settings) -> Floor:
    """Build the program at the machines; `IndivisError` with one sentence when something is missing."""
    _make_folder(settings.controller.state_dir)
    here = settings.controller
    return Floor(
        settings,
        Outside(
            clock=lambda last_stamp_ms: clock_from(settings, last_stamp_ms),
            relays_for=lambda held, boot_id: _relays(settings, held, boot_id),
            exchange=broker_from(
                settings.exchange,
                username=here.exchange_username or here.id,
                password_file=here.exchange_password_file,
                client_id=f"indivis-x-{here.id}",
            ),
            public=broker_from(
                settings.mqtt,
                username=settings.mqtt.username,
                password_file=settings.mqtt.password_file,
                client_id=f"indivis-{here.id}",
            ),
            plugs=broker_from(
                settings.plugs,
                username=settings.plugs.username,
                password_file=settings.plugs.password_file,
                client_id=f"indivis-plugs-{here.id}",
            ),
            pins=lambda: _pin_factory(settings),
        ),
    )


def run_floor(settings: Settings, on_ready: Callable[[], None]) -> None:
    """Run the program at the machines until SIGTERM or SIGINT; power is off before it returns, held machines apart."""
    process.let_others_in_soon()
    floor = floor_from(settings)
    process.keep_what_is_loaded()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: floor.end())
    floor.run(on_ready)


def clock_from(settings: Settings, last_stamp_ms: int | None) -> Clock:
    """Return the computer's clock, or the demonstration's when the settings give its origin."""
    told = settings.clock
    if told.origin_wall_ms:
        return ScaledClock(origin_wall_ms=told.origin_wall_ms, origin_boot_ms=told.origin_boot_ms, speed=told.speed)
    return SystemClock(last_stamp_ms=last_stamp_ms)


def broker_from(broker: BrokerSettings, *, username: str, password_file: Path | None, client_id: str) -> Broker:
    """Return where a broker is and who we are there."""
    return Broker(
        host=broker.host,
        port=broker.port,
        client_id=client_id,
        username=username or None,
        password=None if password_file is None else read_password(password_file),
        ca_file=broker.ca_file,
    )


def _relays(settings: Settings, held: frozenset[str], boot_id: str) -> Relays:
    wirings = [
        RelayWiring(
            machine_id=channel.name,
            pin=channel.pin,
            active_high=channel.active_high,
            on_process_exit=channel.on_process_exit,
            hold_max_gap_ms=channel.hold_max_gap_s * 1000,
            feedback_pin=channel.feedback_pin,
            feedback_active_high=channel.feedback_active_high,
        )
        for channel in settings.channel
        if channel.pin is not None
    ]
    return GpioRelays(
        wirings,
        factory=_pin_factory(settings),
        pin_map=PinMapWriter(settings.controller.state_dir / "pins.json"),
        boot_id=boot_id,
        may_go_on=held,
    )


def _pin_factory(settings: Settings) -> PinFactory:
    if settings.gpio.factory == "mock":
        return MockRelayFactory()
    # Imported here: a computer without the library can still run the demonstration.
    from controller.floor.adapters.gpiod_lines import HEADER_CHIPS, GpiodLines  # noqa: PLC0415

    labels = (settings.gpio.chip_label,) if settings.gpio.chip_label else HEADER_CHIPS
    return GpiodFactory(GpiodLines(labels))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            Message(f"le dossier {folder} ne peut pas être créé", f"the folder {folder} cannot be made"),
            why=reason_of(error),
            cure=Message("corrigez state_dir dans les réglages", "mend state_dir in the settings"),
        ) from error
