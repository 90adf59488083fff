"""The contract as an AsyncAPI 3.1 document, for tools and for whoever builds on the public tree.

House rules: made from `contract.TREE` alone each time it is asked for, and kept nowhere, so it cannot grow old. Written
from the view of Indivis: it sends what is `out` and receives what is `in`.
"""

from __future__ import annotations

import json
from typing import Any

from controller.domain.codec import encode
from controller.exchange.contract import QOS, TREE, Number, Topic, Words
from controller.exchange.json_schema import DIALECT, payload_schema

VERSION = "3.1.0"
BINDING = "0.2.0"
"""Of the MQTT bindings for AsyncAPI."""

CONTENT = {True: "text/plain", False: "application/json"}

_MEANING = {
    "site": "The place's id: `site.id` of the settings.",
    "controller": "The controller's id.",
    "machine": "The machine's id: the same wherever it is wired.",
    "prefix": "Home Assistant's discovery prefix: `mqtt.home_assistant_prefix` of the settings.",
    "device": "A machine's id, or `controller-` and a controller's.",
    "command": "`stop`, `extend`, `lock` or `unlock`.",
}


def document(version: str) -> dict[str, Any]:
    """Return the whole document; `version` is that of Indivis."""
    return {
        "asyncapi": VERSION,
        "info": {
            "title": "Indivis: the public tree",
            "version": version,
            "description": "What the machines of a workshop tell, and what may be asked of them. Nothing switches a "
            "machine on. Fields are added, never renamed and never given another meaning.",
        },
        "defaultContentType": "application/json",
        "channels": {_key(topic): _channel(topic) for topic in TREE},
        "operations": {_key(topic): _operation(topic) for topic in TREE},
        "components": {"messages": {_key(topic): _message(topic) for topic in TREE}},
    }


def as_text(version: str) -> str:
    """Return the document as indented JSON, which is YAML too."""
    return json.dumps(document(version), ensure_ascii=False, indent=2) + "\n"


def example_of(example: object) -> Any:  # noqa: ANN401 - any JSON
    """Return an example as it stands in a message: JSON, or a bare text."""
    return example if isinstance(example, str) else encode(example)


def _key(topic: Topic) -> str:
    return topic.name.replace("/", "_")


def _channel(topic: Topic) -> dict[str, Any]:
    key = _key(topic)
    return {
        "address": topic.template,
        "description": f"{topic.what}.",
        "parameters": {name: {"description": _MEANING[name]} for name in topic.parameters},
        "messages": {key: {"$ref": f"#/components/messages/{key}"}},
    }


def _operation(topic: Topic) -> dict[str, Any]:
    key = _key(topic)
    binding: dict[str, Any] = {"qos": QOS, "bindingVersion": BINDING}
    if topic.direction == "out":
        binding["retain"] = topic.retain
    made: dict[str, Any] = {
        "action": "send" if topic.direction == "out" else "receive",
        "channel": {"$ref": f"#/channels/{key}"},
        "summary": f"{topic.when}.",
        "messages": [{"$ref": f"#/channels/{key}/messages/{key}"}],
        "bindings": {"mqtt": binding},
    }
    if topic.direction == "in":
        made["reply"] = {"channel": {"$ref": "#/channels/response"}}
    return made


def _message(topic: Topic) -> dict[str, Any]:
    return {
        "name": topic.name,
        "summary": topic.what,
        "contentType": CONTENT[isinstance(topic.payload, Words | Number)],
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$schema": DIALECT, **payload_schema(topic)},
        },
        "examples": [{"payload": example_of(example)} for example in topic.examples],
    }
