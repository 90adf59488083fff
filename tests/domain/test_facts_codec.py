"""Facts are read back as they were written, by this version and by every later one."""

import json
import types
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, NewType, Union, cast, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.canonical import Json, canonical
from controller.domain.codec import MalformedFactError, UnknownFactError, body_of, fact_from
from controller.domain.facts import FACT_TYPES, Fact, SessionOpened
from controller.domain.ids import MachineId
from controller.domain.tariff import Price

RECORDED = cast("list[dict[str, Json]]", json.loads((Path(__file__).parent / "recorded_facts.json").read_text("utf-8")))

PRICES = st.builds(
    Price,
    machine=st.from_regex(r"[a-z0-9][a-z0-9_-]{0,63}", fullmatch=True).map(MachineId),
    version=st.integers(1, 10**6),
    per_minute_num=st.integers(0, 10**9),
    per_minute_den=st.integers(1, 10**6),
    minimum_cents=st.integers(0, 10**9),
)


def values_of(hint: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - a type hint and what it describes
    """Anything that a field of this type may hold."""
    if isinstance(hint, NewType):
        return values_of(hint.__supertype__)
    if get_origin(hint) in (Union, types.UnionType):
        return st.one_of([values_of(option) for option in get_args(hint)])
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if get_origin(hint) is tuple:
        return st.lists(values_of(get_args(hint)[0]), max_size=4).map(tuple)
    if hint is Price:
        return PRICES
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{field.name: values_of(hints[field.name]) for field in fields(hint)})
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(hint)
    plain = {int: st.integers(-(2**52), 2**52), str: st.text(), bool: st.booleans(), type(None): st.none()}
    return plain[hint]


@given(fact=st.one_of([values_of(fact_type) for fact_type in FACT_TYPES]))
def test_a_fact_comes_back_from_its_bytes_as_it_was(fact: Fact) -> None:
    """Written and read, nothing is added, lost or changed: for every kind and whatever its fields hold."""
    stored = canonical(body_of(fact))

    assert fact_from(fact.KIND, fact.SCHEMA, json.loads(stored)) == fact


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: f"{recorded['kind']}-{recorded['schema']}")
def test_a_recorded_fact_can_still_be_read(recorded: dict[str, Json]) -> None:
    """A journal is read for ten years: a body once written means the same for ever. Never edit a recorded one."""
    fact = fact_from(cast("str", recorded["kind"]), cast("int", recorded["schema"]), recorded["body"])

    assert canonical(body_of(fact)) == canonical(recorded["body"])


def test_every_kind_and_schema_has_a_recorded_body() -> None:
    """A new kind or schema number records a body here on the day it is born."""
    recorded = {(entry["kind"], entry["schema"]) for entry in RECORDED}

    assert {(fact_type.KIND, fact_type.SCHEMA) for fact_type in FACT_TYPES} <= recorded


def test_what_a_newer_version_wrote_is_said_to_be_newer() -> None:
    """It is kept and not understood; it is never half read."""
    with pytest.raises(UnknownFactError, match="newer"):
        fact_from("session_opened", SessionOpened.SCHEMA + 1, {})


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: f"{recorded['kind']}-{recorded['schema']}")
def test_a_body_with_a_wrong_field_is_refused_by_name(recorded: dict[str, Json]) -> None:
    """A field too many, one too few or one of another type is named, whatever the kind."""
    body = cast("dict[str, Json]", recorded["body"])
    kind, schema = cast("str", recorded["kind"]), cast("int", recorded["schema"])
    first = next(iter(body))

    with pytest.raises(MalformedFactError, match="surplus"):
        fact_from(kind, schema, {**body, "surplus": 1})
    with pytest.raises(MalformedFactError, match=first):
        fact_from(kind, schema, {name: value for name, value in body.items() if name != first})
    with pytest.raises(MalformedFactError, match=first):
        fact_from(kind, schema, {**body, first: {"not": "this"}})
