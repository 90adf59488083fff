"""Holds every public message that anything builds during a run of the tests to the contract, in whatever test it is.

It hears the audit event that `contract.outbound` raises (PEP 578), so no code of ours is patched and none is told.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema_rs

from controller.exchange.contract import AUDIT, TREE, Topic, topic_of
from controller.exchange.json_schema import payload_schema

SHOWN_MAX = 20
"""Wrong messages that are kept to be shown: one wrong builder makes thousands."""

wrong: list[str] = []
"""What was found since the last look."""


def hear(event: str, arguments: tuple[Any, ...]) -> None:
    """The hook for `sys.addaudithook`."""
    if event == AUDIT and (problem := problem_with(*arguments)) and len(wrong) < SHOWN_MAX:
        wrong.append(problem)


def problem_with(topic: str, payload: bytes, retain: bool) -> str | None:  # noqa: FBT001 (as MQTT says it)
    """Return what is wrong with a message, or `None`."""
    line = _line_of(topic)
    if line is None:
        return f"{topic} is no topic of the contract"
    if line.retain != retain:
        return f"{topic} is {'' if retain else 'not '}retained"
    if line.retain and not payload:
        return None  # it takes a state away
    is_bare = not isinstance(line.payload, type)
    said = payload.decode() if is_bare or payload == b"PRESS" else json.loads(payload)
    error = next(_validator(line.name).iter_errors(said), None)
    return None if error is None else f"{topic}: {error.message} in {payload.decode()}"


@cache
def _validator(name: str) -> jsonschema_rs.Draft202012Validator:
    line = next(each for each in TREE if each.name == name)
    return jsonschema_rs.Draft202012Validator(payload_schema(line, closed=True), validate_formats=True)


@cache
def _line_of(topic: str) -> Topic | None:
    return topic_of(topic)
