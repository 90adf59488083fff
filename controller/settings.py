"""The wiring of one place, read once from one TOML file: pins, ports, brokers, where the secrets are.

House rules: people, rights, prices and policies are in the database, never here. Unknown keys are errors with a
suggestion; every problem is reported, each with file, line, key, why and cure. A secret is named by its file, never
written here; a service finds it where systemd hands it over (`controller.credentials`).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from controller.errors import Message, UserError, reason_of
from controller.settings_reading import Problem, Reading, syntax_problem
from controller.settings_reading import SettingsError as SettingsError  # noqa: PLC0414 - load raises it
from controller.settings_wiring import check_wiring
from controller.toml_places import places_in

FILE_BYTES_MAX = 1_000_000
"""A settings file is a page of text; a megabyte is another file given by mistake."""

_PIN = {"low": 2, "high": 27, "what": ("une broche BCM", "a BCM pin")}

SPEED_MAX = 1_000
"""Beyond a thousand-fold, a demonstration's commit budget of 250 ms would pass between two steps of the engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """`[site]`: where this is, and whose books its machines belong to."""

    id: str = field(metadata={"id": True})
    books: str = field(metadata={"id": True})
    name: str = ""
    quiet: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerSettings:
    """`[controller]`: this Pi."""

    id: str = field(metadata={"id": True})
    state_dir: Path = Path("/var/lib/indivis")
    badge_key_file: Path = field(default=Path("/etc/indivis/keys/badge.key"), metadata={"secret": True})
    exchange_username: str = ""
    exchange_password_file: Path | None = field(default=None, metadata={"secret": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpio:
    """`[gpio]`: the pins' factory; `mock` is gpiozero's own, for computers without pins."""

    factory: Literal["gpiod", "mock"] = "gpiod"
    chip_label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """`[[channel]]`: one relay, on a pin or far away (`switch`). Pins are BCM numbers; 9 to 27 are pulled down at
    power-up and suit active-high relays.
    """

    name: str = field(metadata={"id": True})
    pin: int | None = field(default=None, metadata=_PIN)
    switch: str = ""
    active_high: bool = True
    feedback_pin: int | None = field(default=None, metadata=_PIN)
    feedback_active_high: bool = False
    extend_pin: int | None = field(default=None, metadata=_PIN)
    danger_pin: int | None = field(default=None, metadata=_PIN)
    red_pin: int | None = field(default=None, metadata=_PIN)
    green_pin: int | None = field(default=None, metadata=_PIN)
    blue_pin: int | None = field(default=None, metadata=_PIN)
    buzzer_pin: int | None = field(default=None, metadata=_PIN)
    lamp_active_high: bool = True
    speaker: str = ""
    on_process_exit: Literal["off", "hold"] = "off"
    hold_max_gap_s: int = field(default=0, metadata={"low": 0, "high": 600, "what": ("une durée en s", "a time in s")})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """`[[reader]]`: one badge reader: a device path that does not change, or `socket://host:port`. Another device than
    `identity` is not used there.
    """

    name: str = field(metadata={"id": True})
    path: str = field(metadata={"filled": True})
    channel: str = field(metadata={"id": True})
    protocol: Literal["em4100", "pn532", "osdp", "board"] = "em4100"
    model: Literal["rdm6300", "id12"] = "rdm6300"
    identity: str = ""
    address: int = field(default=0, metadata={"low": 0, "high": 126, "what": ("une adresse OSDP", "an OSDP address")})
    key_file: Path | None = field(default=None, metadata={"secret": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plug:
    """`[[plug]]`: a smart plug on the broker `[plugs]`: the meter of a channel, and its switch where that says so.
    `topic` is the plug's own: a Shelly's prefix, a Tasmota's topic.
    """

    name: str = field(metadata={"id": True})
    channel: str = field(metadata={"id": True})
    kind: Literal["shelly", "tasmota"]
    topic: str = field(metadata={"filled": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """`[[meter]]`: a PZEM-004T version 3 that measures a channel, on a serial port of its own."""

    name: str = field(metadata={"id": True})
    path: str = field(metadata={"filled": True})
    channel: str = field(metadata={"id": True})
    address: int = field(default=248, metadata={"low": 1, "high": 248, "what": ("une adresse", "an address")})


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """`[exchange]` and `[plugs]`, and in `[mqtt]`: a broker; the three may be one."""

    host: str = field(default="127.0.0.1", metadata={"filled": True})
    port: int = field(default=1883, metadata={"low": 1, "high": 65535, "what": ("un port TCP", "a TCP port")})
    ca_file: Path | None = None
    username: str = ""
    password_file: Path | None = field(default=None, metadata={"secret": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSettings(BrokerSettings):
    """`[mqtt]`: the public tree's broker, and what everybody with a dashboard's account may know."""

    revenue: bool = False
    home_assistant: bool = True
    home_assistant_prefix: str = field(default="homeassistant", metadata={"id": True})
    home_assistant_language: Literal["fr", "en"] = "fr"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeSettings:
    """`[office]`: the pages, the database and its keys."""

    host: str = field(default="127.0.0.1", metadata={"filled": True})
    port: int = field(default=8080, metadata={"low": 0, "high": 65535, "what": ("un port TCP", "a TCP port")})
    state_dir: Path = Path("/var/lib/indivis-office")
    database: str = ""
    vault_key_file: Path = field(default=Path("/etc/indivis/keys/vault.key"), metadata={"secret": True})
    chain_key_file: Path = field(default=Path("/etc/indivis/keys/chain.key"), metadata={"secret": True})
    chart_file: Path | None = None
    close_day_wait_h: int = field(default=6, metadata={"low": 0, "high": 23, "what": ("des heures", "hours")})
    exchange_username: str = "office"
    exchange_password_file: Path | None = field(default=None, metadata={"secret": True})
    controllers: tuple[str, ...] = field(default=(), metadata={"id": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSettings:
    """`[metrics]`: where Prometheus reads the two programs' figures; port 0: nowhere."""

    host: str = field(default="127.0.0.1", metadata={"filled": True})
    controller_port: int = field(default=0, metadata={"low": 0, "high": 65535, "what": ("un port TCP", "a TCP port")})
    office_port: int = field(default=0, metadata={"low": 0, "high": 65535, "what": ("un port TCP", "a TCP port")})


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingFeed:
    """`[[booking_feed]]`: the iCalendar feed of one machine: a file, or an address, which stands in a file of its own
    because most of them hold a secret.
    """

    machine: str = field(metadata={"id": True})
    path: Path | None = None
    url_file: Path | None = field(default=None, metadata={"secret": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSettings:
    """`[messages]`: the servers by which people who asked are told: a mail server, an ntfy server, both or none."""

    smtp_host: str = ""
    smtp_port: int = field(default=587, metadata={"low": 1, "high": 65535, "what": ("un port TCP", "a TCP port")})
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_ca_file: Path | None = None
    smtp_username: str = ""
    smtp_password_file: Path | None = field(default=None, metadata={"secret": True})
    sender: str = ""
    ntfy_url: str = ""
    ntfy_token_file: Path | None = field(default=None, metadata={"secret": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSettings:
    """`[clock]`: for demonstrations only: time that runs faster, from one origin for both programs."""

    speed: int = field(default=1, metadata={"low": 1, "high": SPEED_MAX, "what": ("un facteur", "a factor")})
    origin_wall_ms: int = 0
    origin_boot_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole file."""

    site: Site
    controller: ControllerSettings
    gpio: Gpio = Gpio()
    exchange: BrokerSettings = BrokerSettings()
    mqtt: PublicSettings = PublicSettings()
    plugs: BrokerSettings = BrokerSettings()
    office: OfficeSettings = OfficeSettings()
    metrics: MetricsSettings = MetricsSettings()
    messages: MessageSettings = MessageSettings()
    clock: ClockSettings = ClockSettings()
    channel: tuple[Channel, ...] = ()
    reader: tuple[Reader, ...] = ()
    plug: tuple[Plug, ...] = ()
    meter: tuple[Meter, ...] = ()
    booking_feed: tuple[BookingFeed, ...] = ()


def load(path: Path) -> Settings:
    """Read a file; raise `SettingsError` with all its problems, or `UserError` when there is nothing to read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(
            Message(f"{path} ne peut pas être lu", f"{path} cannot be read"),
            why=reason_of(error),
            cure=Message("donnez un fichier TOML par --config", "give a TOML file by --config"),
        ) from error
    if len(data) > FILE_BYTES_MAX:
        raise UserError(Message(f"{path} n'est pas un fichier de réglages", f"{path} is not a settings file"))
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        save_as = Message("enregistrez le fichier en UTF-8", "save the file as UTF-8")
        raise SettingsError(path, [Problem(line=line, key="", why=reason_of(error), cure=save_as)]) from error
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(path, [syntax_problem(text, str(error))]) from error
    reading = Reading(places_in(text))
    settings = reading.table(Settings, raw, "")
    reading.cross_check(raw)
    check_wiring(reading, raw)
    if reading.problems or settings is None:
        raise SettingsError(path, reading.problems)
    return settings
