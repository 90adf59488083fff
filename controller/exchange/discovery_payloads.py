"""What Home Assistant's device discovery holds, as frozen dataclasses: of its format what we use of it, and no more.

House rules: names, and what may be left out, are Home Assistant's own (homeassistant/components/mqtt, device
discovery, since 2024.12): an unknown key beside `device` makes it refuse the whole message, so nothing is added there.
No component switches a machine on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from controller.domain.later import later
from controller.exchange.payloads import Says

UniqueId = Annotated[str, Says(pattern=r"^indivis_[a-z0-9_-]+$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A machine, or a controller: one device in Home Assistant."""

    identifiers: Annotated[tuple[UniqueId, ...], Says(text="the same wherever the machine is wired")]
    name: str
    manufacturer: Literal["Indivis"] = "Indivis"
    model: Literal["Machine", "Controller"]
    sw_version: Annotated[str, Says(text="of Indivis")]
    via_device: Annotated[str, Says(text="of a machine: its controller's identifier")] = later("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who announces."""

    name: Literal["Indivis"] = "Indivis"
    sw_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Available:
    """A topic that says `online` or `offline`."""

    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One entity. `default_entity_id` is what Home Assistant calls it until a person chooses otherwise."""

    platform: Literal["sensor", "binary_sensor", "event"]
    unique_id: UniqueId
    default_entity_id: str
    name: str
    state_topic: str
    value_template: str = later("")
    device_class: str = later("")
    state_class: Literal["", "measurement", "total_increasing"] = later("")
    unit_of_measurement: str = later("")
    options: tuple[str, ...] = later(())
    event_types: tuple[str, ...] = later(())
    payload_on: str = later("")
    payload_off: str = later("")
    json_attributes_topic: str = later("")
    json_attributes_template: str = later("")
    entity_category: Literal["", "diagnostic"] = later("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """A device with all its entities, for Home Assistant."""

    device: Device
    origin: Origin
    availability: tuple[Available, ...] = later(())
    availability_mode: Literal["all"] = "all"
    qos: Literal[1] = 1
    components: Annotated[dict[str, Component], Says(text="the entities by their names")]
