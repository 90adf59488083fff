"""What Home Assistant is told of machines and of the controller, so that they appear there without any YAML.

House rules: pure; entities are made of topics of the contract and say nothing that is not in them; there is no switch,
for giving power needs a person and a badge. A unique id holds books and machine, never site or controller: it survives
a move, and with it the curves of years. French and English, by the settings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from controller.domain.reasons import Sentence
from controller.domain.workshop import MachineWord
from controller.exchange import contract
from controller.exchange.discovery_payloads import Available, Component, Device, Discovery, Origin
from controller.exchange.payloads import EventType

if TYPE_CHECKING:
    from controller.domain.ids import BooksId, MachineId
    from controller.exchange.public import Place

Language = Literal["fr", "en"]

_ATTRIBUTES = (
    "{% set s = value_json.session or {} %}"
    "{{ {'reason': value_json.reason, 'started_at': s.started_at | default(none), 'ends_at': s.ends_at | default(none),"
    " 'ends_by': s.ends_by | default(none), 'running': s.running | default(none)} | tojson }}"
)
"""What changes with the machine, and not with each message: Home Assistant's recorder keeps every change."""

_ONE_OF_TWO = "{{ value if value in ('ON', 'OFF') else 'None' }}"
_PROBLEM = (
    "{% set bad = value_json.reader in ('away', 'in_trouble', 'wrong_device') %}"
    "{{ 'ON' if bad or value_json.state == 'fault' else 'OFF' }}"
)
_NOT_LATE = "{{ '' if value_json.replayed else value }}"
"""What was told late is no news: an automation must not ring for yesterday's kiln."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entity:
    """A component without what follows from its name and its device."""

    name: Sentence
    shape: Component


def _entity(platform: Literal["sensor", "binary_sensor", "event"], fr: str, en: str, **more: object) -> _Entity:
    bare = Component(platform=platform, unique_id="", default_entity_id="", name="", state_topic="", **more)  # type: ignore[arg-type]
    return _Entity(name=Sentence(fr, en), shape=bare)


_OF_MACHINES: dict[str, tuple[contract.Topic, _Entity]] = {
    "state": (
        contract.STATE,
        _entity(
            "sensor",
            "État",
            "State",
            device_class="enum",
            options=get_args(MachineWord),
            value_template="{{ value_json.state }}",
            json_attributes_template=_ATTRIBUTES,
        ),
    ),
    "relay": (
        contract.RELAY,
        _entity("binary_sensor", "Courant", "Power", device_class="power", value_template=_ONE_OF_TWO),
    ),
    "in_use": (
        contract.IN_USE,
        _entity("binary_sensor", "Utilisée", "In use", device_class="running", payload_on="1", payload_off="0"),
    ),
    "problem": (
        contract.STATE,
        _entity("binary_sensor", "Panne", "Problem", device_class="problem", value_template=_PROBLEM),
    ),
    "access": (
        contract.EVENT,
        _entity("event", "Accès", "Access", event_types=get_args(EventType), value_template=_NOT_LATE),
    ),
    "hours": (
        contract.HOURS_TOTAL,
        _entity(
            "sensor",
            "Heures",
            "Hours",
            device_class="duration",
            unit_of_measurement="h",
            state_class="total_increasing",
        ),
    ),
    "sessions": (
        contract.SESSIONS_TOTAL,
        _entity("sensor", "Utilisations", "Uses", state_class="total_increasing"),
    ),
}

_OF_METERED_MACHINES: dict[str, tuple[contract.Topic, _Entity]] = {
    "energy": (
        contract.ENERGY_KWH,
        _entity(
            "sensor",
            "Énergie",
            "Energy",
            device_class="energy",
            unit_of_measurement="kWh",
            state_class="total_increasing",
        ),
    ),
    "power": (
        contract.STATE,
        _entity(
            "sensor",
            "Puissance",
            "Power drawn",
            device_class="power",
            unit_of_measurement="W",
            state_class="measurement",
            value_template="{{ value_json.power_w }}",
        ),
    ),
}

_OF_CONTROLLERS: dict[str, tuple[contract.Topic, _Entity]] = {
    "connected": (
        contract.STATUS,
        _entity(
            "binary_sensor",
            "Connexion",
            "Connection",
            device_class="connectivity",
            payload_on="online",
            payload_off="offline",
            entity_category="diagnostic",
        ),
    ),
    "started": (
        contract.INFO,
        _entity(
            "sensor",
            "Démarrage",
            "Started",
            device_class="timestamp",
            value_template="{{ value_json.started_at }}",
            entity_category="diagnostic",
        ),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a machine's device depends on. `metered`: a meter measures it, or did."""

    machine: MachineId
    books: BooksId
    name: str
    metered: bool


def of_machine(place: Place, about: Known, version: str, lang: Language) -> Discovery:
    """Return a machine as a device."""
    identifier = f"indivis_{about.books}_{about.machine}"
    topics = {"site": str(place.site), "machine": str(about.machine)}
    status = contract.STATUS.template.format(site=place.site, controller=place.controller)
    entities = _OF_MACHINES | (_OF_METERED_MACHINES if about.metered else {})
    return Discovery(
        device=Device(
            identifiers=(identifier,),
            name=about.name,
            model="Machine",
            sw_version=version,
            via_device=_controller_id(place),
        ),
        origin=Origin(sw_version=version),
        availability=(Available(topic=status), Available(topic=contract.AVAILABILITY.template.format(**topics))),
        components=_components(entities, identifier, str(about.machine), topics, lang),
    )


def of_controller(place: Place, version: str, lang: Language) -> Discovery:
    """Return a controller as a device, which its machines name as the one they are behind."""
    identifier = _controller_id(place)
    topics = {"site": str(place.site), "controller": str(place.controller)}
    return Discovery(
        device=Device(
            identifiers=(identifier,),
            name=f"Indivis {place.controller}",
            model="Controller",
            sw_version=version,
        ),
        origin=Origin(sw_version=version),
        components=_components(_OF_CONTROLLERS, identifier, f"indivis_{place.controller}", topics, lang),
    )


def _controller_id(place: Place) -> str:
    return f"indivis_controller_{place.site}_{place.controller}"


def _components(
    entities: dict[str, tuple[contract.Topic, _Entity]],
    identifier: str,
    called: str,
    topics: dict[str, str],
    lang: Language,
) -> dict[str, Component]:
    return {
        key: _component(key, topic.template.format(**topics), entity, identifier, called, lang)
        for key, (topic, entity) in entities.items()
    }


def _component(key: str, topic: str, entity: _Entity, identifier: str, called: str, lang: Language) -> Component:
    shape = entity.shape
    name = f"{called}_{key}".replace("-", "_")
    return replace(
        shape,
        unique_id=f"{identifier}_{key}",
        default_entity_id=f"{shape.platform}.{name}",
        name=entity.name.fr if lang == "fr" else entity.name.en,
        state_topic=topic,
        json_attributes_topic=topic if shape.json_attributes_template else "",
    )
