"""The contract: one table, from which schemas, documents and messages come, and in which nothing gives power."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest

from controller.cli import main
from controller.exchange import contract
from controller.exchange.asyncapi import document
from controller.exchange.contract import TREE, Topic
from controller.exchange.examples import DENIED
from controller.exchange.json_schema import payload_schema
from tests.public_messages import problem_with
from tests.rules.contract_book import PAGE, page


def ids(topic: Topic) -> dict[str, str]:
    """An id for each name in a topic's braces."""
    return dict.fromkeys(topic.parameters, "a-1")


def test_the_reference_is_what_the_contract_says() -> None:
    """After a change of a message: `make rules`."""
    assert PAGE.read_text("utf-8") == page(), "run `make rules`"


@pytest.mark.parametrize("topic", TREE, ids=lambda topic: topic.name)
def test_each_example_is_a_message_of_its_topic(topic: Topic) -> None:
    """What the reference shows, a program may really receive."""
    for example in topic.examples:
        message = contract.outbound(topic, example, **ids(topic))

        assert problem_with(message.topic, message.payload, message.retain) is None
        assert contract.topic_of(message.topic) is topic
    assert topic.examples


@pytest.mark.parametrize(
    ("topic", "payload", "retain"),
    [
        ("indivis/crest/machine/laser/status", b"online", True),  # no such topic
        ("indivis/crest/machine/laser/relay", b"on", True),  # not the word
        ("indivis/crest/machine/laser/relay", b"ON", False),  # not kept
        ("indivis/crest/machine/laser/event", b"{}", False),  # fields that are missing
        ("indivis/crest/machine/laser/in_use", b"-1", True),
    ],
)
def test_what_is_not_in_the_contract_is_noticed(topic: str, payload: bytes, retain: bool) -> None:  # noqa: FBT001
    """The watch over all tests is not blind."""
    assert problem_with(topic, payload, retain) is not None


def test_a_field_that_nobody_declared_is_noticed_and_a_reader_passes_over_it() -> None:
    """Ours is held to every field; whoever reads need not know the newest ones."""
    message = contract.outbound(contract.EVENT, replace(DENIED, machine="four"), site="crest", machine="four")
    newer = {**json.loads(message.payload), "mood": "good"}

    assert problem_with(message.topic, json.dumps(newer).encode(), retain=False) is not None
    assert jsonschema_rs.Draft202012Validator(payload_schema(contract.EVENT)).is_valid(newer)


def test_no_topic_and_no_payload_gives_power() -> None:
    """Switching on needs a person and a badge: what can be asked from afar is a closed list, and `on` is not in it."""
    asked = {topic.template.rpartition("/")[2] for topic in TREE if topic.direction == "in"}

    assert asked <= {"stop", "extend", "lock", "unlock"}
    for topic in TREE:
        if topic.direction == "in":
            assert not re.search(r'"(on|power|relay|start|energise|state)"', json.dumps(payload_schema(topic)))


def test_every_retained_topic_of_a_machine_goes_with_it() -> None:
    """A new retained topic of a machine is on the list that a farewell empties, by itself."""
    assert {topic.name for topic in contract.MACHINE_STATES} >= {"availability", "state", "relay", "in_use"}
    assert contract.EVENT not in contract.MACHINE_STATES


def references(value: Any) -> set[str]:  # noqa: ANN401 (any JSON)
    """Every `$ref` in a document."""
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(each) for each in value.values()))
    return set().union(*(references(each) for each in value)) if isinstance(value, list) else set()


def test_the_asyncapi_document_holds_together(capsys: pytest.CaptureFixture[str]) -> None:
    """`indivis mqtt contract` prints it: each topic once, every reference leads somewhere, every schema is one."""
    assert main(["mqtt", "contract"]) == 0
    said = json.loads(capsys.readouterr().out)

    assert said["asyncapi"] == "3.1.0"
    assert [channel["address"] for channel in said["channels"].values()] == [topic.template for topic in TREE]
    assert set(said["operations"]) == set(said["channels"]) == set(said["components"]["messages"])
    for reference in references(document("1")):
        found: Any = said
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        assert found
    for name, channel in said["channels"].items():
        assert set(channel["parameters"]) == set(re.findall(r"\{(\w+)\}", channel["address"]))
        message = said["components"]["messages"][name]
        jsonschema_rs.meta.validate(message["payload"]["schema"])
        validator = jsonschema_rs.Draft202012Validator(message["payload"]["schema"])
        assert all(validator.is_valid(example["payload"]) for example in message["examples"])
        assert said["operations"][name]["action"] in {"send", "receive"}
