"""Home Assistant: machines appear by themselves, keep their ids over a move, and go when they go."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

import jinja2
import pytest
import yaml

from controller.domain.ids import BooksId, ControllerId, MachineId, SiteId
from controller.domain.metering import Metered, Sample
from controller.domain.workshop import MachineWord, Workshop
from controller.exchange import discovery
from controller.exchange.announcing import AGAIN_MS, JITTER_MS, Announcing, birth_topic
from controller.exchange.payloads import EventType
from controller.exchange.public import Place, state_messages
from controller.exchange.public_memory import PublicMemory
from controller.exchange.totals import Totals
from tests.mqtt.workshop_kit import LASER, PLACE, at, in_use, laser, workshop

CONFIG = Path(__file__).parents[2] / "config" / "homeassistant"
ELSEWHERE = Place(site=SiteId("die"), controller=ControllerId("die-1"))
TOPIC = "homeassistant/device/crest/laser/config"

# Which device classes, units and state classes go together (Home Assistant, components/sensor/const.py).
UNITS = {"duration": {"h"}, "energy": {"kWh"}, "power": {"W"}}
DEVICE_KEYS = {"device", "origin", "components", "availability", "availability_mode", "qos"}


def known(*, metered: bool = True) -> discovery.Known:
    """The laser cutter, as its device depends on it."""
    return discovery.Known(machine=LASER, books=BooksId("books"), name="Découpe laser", metered=metered)


def announcing(memory: PublicMemory | None = None, prefix: str = "homeassistant", chance: float = 0.5) -> Announcing:
    """Discovery with a die that always falls alike."""
    return Announcing(PLACE, memory or PublicMemory(), version="1.2.3", prefix=prefix, chance=lambda: chance)


def said(told: Announcing, shown: Workshop, boot_ms: int = 0) -> dict[str, bytes]:
    """What one look gives, by topic."""
    return {each.topic: each.payload for each in told.look(shown, lambda _machine: Totals(), at(boot_ms))}


def messages(*, metered: bool = True) -> dict[str, dict[str, Any]]:
    """The two devices of a workshop as they go out, by their topics' last names."""
    shown = workshop()
    if metered:
        sample = Metered(sample=Sample(power_mw=1), at_ms=0)
        shown = replace(shown, meters=MappingProxyType({shown.machines[LASER].policy.channel: sample}))
    return {topic.split("/")[3]: json.loads(payload) for topic, payload in said(announcing(), shown).items()}


def test_a_fresh_home_assistant_shows_machine_and_controller() -> None:
    """One message each; the machine is behind its controller, available when both speak, and without a meter it has no
    energy.
    """
    devices = messages(metered=False)

    assert set(devices) == {"laser", "controller-crest-1"}
    machine, controller = devices["laser"], devices["controller-crest-1"]
    assert [machine["device"]["via_device"]] == controller["device"]["identifiers"]
    assert [each["topic"] for each in machine["availability"]] == [
        "indivis/crest/controller/crest-1/status",
        "indivis/crest/machine/laser/availability",
    ]
    assert set(messages()["laser"]["components"]) - set(machine["components"]) == {"energy", "power"}


def test_its_words_are_the_machines_words() -> None:
    """States and events are the closed lists of the contract, word for word."""
    components = messages()["laser"]["components"]

    assert components["state"]["options"] == list(get_args(MachineWord))
    assert components["access"]["event_types"] == list(get_args(EventType))
    assert discovery.of_machine(PLACE, known(), "1", "en").components["state"].name == "State"
    assert components["state"]["name"] == "État"


@pytest.mark.parametrize("device", ["laser", "controller-crest-1"])
def test_each_device_keeps_home_assistants_rules(device: str) -> None:
    """What makes Home Assistant refuse a device: a key it does not know, an entity without id, a unit that does not go
    with its class. Nothing here takes a command, so nothing here switches a machine on.
    """
    payload = messages()[device]

    assert set(payload) <= DEVICE_KEYS
    assert payload["device"]["identifiers"]
    assert payload["origin"]["name"]
    ids = [component["unique_id"] for component in payload["components"].values()]
    assert len(ids) == len(set(ids))
    for component in payload["components"].values():
        assert component["platform"] in {"sensor", "binary_sensor", "event"}
        assert "command_topic" not in component
        assert component["default_entity_id"].startswith(f"{component['platform']}.")
        assert component["default_entity_id"].partition(".")[2].replace("_", "").isalnum()
        unit, kind = component.get("unit_of_measurement"), component.get("device_class", "")
        assert (unit is None) is (kind not in UNITS or component["platform"] != "sensor")
        assert unit is None or unit in UNITS[kind]
        assert kind != "energy" or component["state_class"] == "total_increasing"
        assert kind != "enum" or not {"state_class", "unit_of_measurement"} & component.keys()


def test_a_machine_keeps_its_ids_wherever_it_is_wired() -> None:
    """Another controller, another site: the same device and entities, and the curves of years with them."""
    here = discovery.of_machine(PLACE, known(), "1", "fr")
    there = discovery.of_machine(ELSEWHERE, known(), "1", "fr")

    assert here.device.identifiers == there.device.identifiers
    assert {key: each.unique_id for key, each in here.components.items()} == {
        key: each.unique_id for key, each in there.components.items()
    }


def rendered(template: str, payload: bytes) -> str:
    """A template as Home Assistant renders it: with the payload as text, and as what its JSON holds."""
    said = json.loads(payload) if payload.startswith(b"{") else None
    read = jinja2.Environment(autoescape=True).from_string(f"{{% autoescape false %}}{template}{{% endautoescape %}}")
    return read.render(value=payload.decode(), value_json=said)


@pytest.mark.parametrize(
    ("shown", "relay_on", "expected"),
    [
        (workshop(), False, ("idle", "OFF", "OFF", None)),
        (in_use(), True, ("in_use", "ON", "OFF", False)),
        (in_use(), None, ("in_use", "None", "OFF", False)),
    ],
)
def test_its_templates_read_our_messages(
    shown: Workshop,
    relay_on: bool | None,  # noqa: FBT001
    expected: tuple[str, str, str, bool | None],
) -> None:
    """State, relay, problem and attributes come out of the very messages that are published."""
    components = messages()["laser"]["components"]
    sent = {
        message.topic.rpartition("/")[2]: message.payload
        for message in state_messages(PLACE, shown, LASER, at(60_000), seq=1, relay_on=relay_on)
    }

    attributes = json.loads(rendered(components["state"]["json_attributes_template"], sent["state"]))

    state, relay, problem, has_session = expected
    assert rendered(components["state"]["value_template"], sent["state"]) == state
    assert rendered(components["relay"]["value_template"], sent["relay"]) == relay
    assert rendered(components["problem"]["value_template"], sent["state"]) == problem
    assert rendered(components["power"]["value_template"], sent["state"]) == "None"
    assert set(attributes) == {"reason", "started_at", "ends_at", "ends_by", "running"}
    assert (attributes["ends_at"] is None) is (has_session is None)


def test_what_is_told_late_rings_no_bell() -> None:
    """An event of an outage is empty for Home Assistant, which passes over it."""
    template = messages()["laser"]["components"]["access"]["value_template"]
    late, new = b'{"event_type":"fault","replayed":true}', b'{"event_type":"fault","replayed":false}'

    assert rendered(template, late) == ""
    assert rendered(template, new) == new.decode()


def test_nothing_is_announced_twice_without_a_reason() -> None:
    """Once at a connection; then when a machine is called otherwise, and all of it after ten minutes."""
    told, renamed = announcing(), workshop(replace(laser(), name="Grande découpe"))

    assert set(said(told, workshop())) == {TOPIC, TOPIC.replace("laser", "controller-crest-1")}
    assert said(told, workshop()) == {}
    assert set(said(told, renamed)) == {TOPIC}
    assert said(told, renamed, AGAIN_MS - 1) == {}
    assert len(said(told, renamed, AGAIN_MS)) == 2
    told.connected()
    assert len(said(told, renamed, AGAIN_MS)) == 2


def test_a_birth_is_answered_after_a_wait_by_chance_and_once() -> None:
    """Home Assistant has just started: everything again, not all controllers of a place in one instant."""
    told = announcing(chance=0.5)
    said(told, workshop())

    told.born(at(1_000))
    told.born(at(1_200))

    assert told.wait_ms(at(1_000)) == JITTER_MS // 2
    assert not told.answers_birth(at(1_000 + JITTER_MS // 2 - 1))
    assert told.answers_birth(at(1_000 + JITTER_MS // 2))
    assert len(said(told, workshop(), 1_000 + JITTER_MS // 2)) == 2
    assert not told.answers_birth(at(60_000))
    assert birth_topic("homeassistant") == "homeassistant/status"


def test_what_went_is_taken_away_also_by_a_later_start(tmp_path: Path) -> None:
    """A machine that went, or a workshop that wants no Home Assistant any more, leaves nothing at the broker."""
    memory = PublicMemory(tmp_path / "public.json", told=(1, "f" * 64))
    said(announcing(memory), workshop())

    later = PublicMemory.read(tmp_path / "public.json")
    off = announcing(later, prefix="")
    gone = said(off, workshop())

    assert set(gone.values()) == {b""}
    assert TOPIC in gone
    for topic in gone:
        off.taken(topic)
    assert said(off, workshop()) == {}
    assert later.announced == set()


def test_a_machine_that_comes_back_before_its_removal_was_answered_stays() -> None:
    """The broker's late answer about the removal must not make the announcement forgotten."""
    memory = PublicMemory()
    told = announcing(memory)
    said(told, workshop())
    assert said(told, replace(workshop(), machines=MappingProxyType({}))) == {TOPIC: b""}
    said(told, workshop())

    told.taken(TOPIC)

    assert TOPIC in memory.announced


class _Inputs(yaml.SafeLoader):
    """Reads a blueprint: `!input` is a place for what a person chooses."""


_Inputs.add_constructor("!input", lambda loader, node: f"<{loader.construct_scalar(node)}>")  # type: ignore[arg-type]


def entities(value: Any) -> set[str]:  # noqa: ANN401 (any YAML)
    """Every entity a board names."""
    if isinstance(value, dict):
        own = {value["entity"]} if "entity" in value else set()
        return own.union(*(entities(each) for each in value.values()))
    return set().union(*(entities(each) for each in value)) if isinstance(value, list) else set()


def test_the_shipped_board_shows_what_there_is() -> None:
    """Each entity of the board is announced for a machine of that name."""
    place = Place(site=SiteId("atelier"), controller=ControllerId("pi-1"))
    machines = [replace(known(), machine=MachineId(name)) for name in ("laser", "four")]
    devices = [discovery.of_machine(place, machine, "1", "fr") for machine in machines]
    devices.append(discovery.of_controller(place, "1", "fr"))
    announced = {each.default_entity_id for device in devices for each in device.components.values()}

    shown = entities(yaml.safe_load((CONFIG / "board.yaml").read_text("utf-8")))

    assert shown
    assert shown <= announced


@pytest.mark.parametrize("path", sorted(CONFIG.glob("blueprints/*.yaml")), ids=lambda path: path.stem)
def test_the_shipped_blueprints_ask_for_what_they_use(path: Path) -> None:
    """Every `!input` is declared and used, and what triggers is a state or an attribute that there is."""
    loaded = yaml.load(path.read_text("utf-8"), _Inputs)  # noqa: S506 (a SafeLoader with one word more)

    used = {part[1:-1] for part in _texts(loaded) if part.startswith("<")}
    (trigger,) = loaded["triggers"]

    assert used == set(loaded["blueprint"]["input"])
    assert trigger.get("attribute", "running") in discovery._ATTRIBUTES  # noqa: SLF001
    assert trigger["to"] in (*get_args(MachineWord), False)


def _texts(value: Any) -> set[str]:  # noqa: ANN401 (any YAML)
    match value:
        case dict():
            return set().union(*(_texts(each) for each in value.values()))
        case list():
            return set().union(*(_texts(each) for each in value))
        case str():
            return {value}
    return set()


@pytest.mark.soak
def test_home_assistants_own_code_takes_it() -> None:
    """Its schemas refuse nothing and leave nothing out. `INDIVIS_HOME_ASSISTANT` names the Python of an environment
    that has Home Assistant.
    """
    python = os.environ.get("INDIVIS_HOME_ASSISTANT")
    if not python:
        pytest.skip("INDIVIS_HOME_ASSISTANT names no Python that has Home Assistant")
    asked = {"devices": list(messages().values()), "blueprints": [str(path) for path in CONFIG.glob("blueprints/*")]}

    answer = subprocess.run(
        [python, Path(__file__).with_name("home_assistant.py")],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == []
