"""Makes docs/reference/mqtt.md of the contract in the code: `make rules`.

House rules: topics, fields, words and examples come from `controller/exchange/contract.py` and `payloads.py`; only what
holds for all of them is prose of this module.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from controller.domain.canonical import canonical
from controller.domain.codec import encode
from controller.exchange.contract import TREE, Number, Topic, Words
from controller.exchange.json_schema import Schema, payload_schema

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "mqtt.md"

LINE = 118
"""Where an example is broken."""

HEAD = """\
# MQTT: what is published

This page is made of the contract in the code by `make rules`; a test keeps it as it is. `indivis mqtt contract` prints
the same as an AsyncAPI 3.1 document with a JSON Schema (2020-12) of each payload, and the office serves it at
`/api/asyncapi.json`. `indivis mqtt watch` shows the public tree as it comes; `--json` gives a line of JSON per message.

Two trees that never meet. The **public tree**, `indivis/<site>/…`, is for dashboards and described here. The exchange
between controllers and office, `indivis-x/…`, is closed to everybody else by the broker's access list, never retained,
and no interface for others.

Promises:

- **No person.** No name, member, account, badge or badge token, and no text that somebody typed about a lock.
- Fields are added, never renamed and never given another meaning; `schema` is 1. Pass over what you do not know.
- QoS 1 everywhere: a message may come twice (`seq` and `id` tell), never half.
- Money is whole cents with an ISO 4217 currency, durations are whole seconds, times are RFC 3339 in UTC, or `null`
  while the controller does not know the date.
- Ids consist of `a-z`, `0-9`, `-` and `_`.
- There is no topic that switches anything on.
- What an ended use cost is told only where the settings say `mqtt.revenue = true`; else it is `null`. The running
  cost of an open use is told, as the machine itself shows it.

## Topics
"""

TAIL = """\
## Coming and going

A site may have several controllers, so `status` carries the controller's id: the end of one is not the end of the site.
A machine is available if its own `availability` and its controller's `status` are both `online`.

All retained topics are published anew at each connection, and when nothing happened for 30 s. A machine that is no
longer wired to the controller gets an empty retained payload on each of its topics, which removes them.

What the broker keeps of a machine that went, or was given another id, while the program was down is removed at its next
start.

Events are not retained. `granted`, `denied`, `extended`, `trained`, `supervised`, `ended` and `fault` come from the
controller's journal, in its order and at least once: what a broker has not taken, because it or the program was away,
is told at the next connection under the same `id`, with `replayed` and the `ts` of its day. At most 100 are on their
way at once. `warning`, `confirm_stop`, `handing_over`, `locked` and `unlocked` matter only while they last: without a
broker they are not told; nor are refusals that the journal does not keep, because its disk does not take everything
just then or a stranger taps again and again. The figures that count are in the office's ledger; this tree is for
screens.

Totals grow while a use lasts and never fall while the program runs. They are counted from the controller's journal and
kept over restarts; a machine that moves to another controller begins anew there, which Home Assistant and Prometheus
take for what it is. The hours that count are in the office.

## Home Assistant

Each machine and each controller is announced under `homeassistant/device/<site>/…` (`mqtt.home_assistant_prefix`), so
that they appear by themselves; [how to](../how-to/dashboards.md). Ids hold the books and the machine, never the site or
the controller: a machine that moves keeps its curves. Nothing there takes a command. When Home Assistant says `online`
on `homeassistant/status`, all is announced again within five seconds, not by all controllers at once. Events that are
`replayed` are passed over there. A machine that went, and with `mqtt.home_assistant = false` everything, is taken away.

## Versions and limits

MQTT 5, and 3.1.1 where a broker has no more. No message is larger than 1 MiB. The broker's accounts and access list are
explained in `config/mosquitto/README.md`.
"""


def page() -> str:
    """Return the whole page."""
    parts = [HEAD, _topics()]
    for payload in dict.fromkeys(topic.payload for topic in TREE if isinstance(topic.payload, type)):
        parts += _payload([topic for topic in TREE if topic.payload is payload])
    return "\n".join([*parts, TAIL])


def _topics() -> str:
    rows = [
        (f"`{topic.template}`", "yes" if topic.retain else "no", _bare(topic), f"{topic.what}; {topic.when}")
        for topic in TREE
    ]
    return _table(("Topic", "Retained", "Payload", "What, and when"), rows)


def _bare(topic: Topic) -> str:
    match topic.payload:
        case Words(words=words):
            return ", ".join(f"`{word}`" for word in words)
        case Number(decimals=decimals):
            return f"a number, {decimals} decimals" if decimals else "a whole number"
        case payload:
            return f"[JSON](#{payload.__name__.lower()})"


def _payload(topics: list[Topic]) -> list[str]:
    payload = topics[0].payload
    assert isinstance(payload, type)
    schema = payload_schema(topics[0])
    schema = schema["oneOf"][1] if "oneOf" in schema else schema
    examples = [_example(topic, each) for topic in topics for each in topic.examples if not isinstance(each, str)]
    return [
        f"## {payload.__name__}\n",
        f"{schema['description']}\n",
        _table(("Field", "Type", ""), _fields(schema, "")),
        "```json",
        "\n\n".join(examples),
        "```\n",
    ]


def _example(topic: Topic, example: object) -> str:
    return f"// {topic.template}\n{_broken(canonical(encode(example)).decode())}"


def _broken(text: str) -> str:
    """Break a long line of JSON where a comma permits."""
    lines, rest = [], text
    while len(rest) > LINE and (at := rest.rfind(',"', 0, LINE)) > 0:
        lines.append(rest[: at + 1])
        rest = f" {rest[at + 1 :]}"
    return "\n".join([*lines, rest])


def _fields(schema: Schema, within: str) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for name, field in schema["properties"].items():
        rows.append((f"`{within}{name}`", _type(field), field.get("description", "")))
        for inner in (field, *field.get("anyOf", ()), field.get("items", {})):
            if "properties" in inner:
                rows += _fields(inner, f"{within}{name}.")
    return rows


_PLAIN = {"null": "`null`", "integer": "whole number", "string": "text", "boolean": "`true`, `false`"}


def _type(field: Schema) -> str:
    match field:
        case {"anyOf": several}:
            return " or ".join(dict.fromkeys(_type(each) for each in several))
        case {"properties": _}:
            return "object"
        case {"items": items}:
            return f"list of {_type(items)}"
        case {"additionalProperties": each}:
            return f"object of {_type(each)}"
        case {"format": "date-time"}:
            return "time"
        case {"enum": words}:
            return _words(words)
        case {"const": word}:
            return f"`{json.dumps(word)}`"
        case _:
            return _PLAIN[field["type"]]


def _words(words: list[Any]) -> str:
    if len(words) > 13:
        return "a code of the [rules](rules.md)"
    return ", ".join(f"`{word}`" for word in words)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
