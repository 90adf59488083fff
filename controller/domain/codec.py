"""Facts to bodies and back, by kind and schema number.

House rules: encoding goes by the dataclass's own fields, so a fact and its body cannot drift apart; decoding accepts
exactly
those fields and says which one is wrong. An unknown kind or a newer schema is an `UnknownFact`: stored, not understood.
"""

from __future__ import annotations

import types
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any, Literal, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

from controller.domain.canonical import Json
from controller.domain.facts import FACT_TYPES, Fact

T = TypeVar("T")
_HINTS: dict[type, dict[str, Any]] = {}

_BY_KIND: dict[tuple[str, int], type[Fact]] = {(fact.KIND, fact.SCHEMA): fact for fact in FACT_TYPES}


class UnknownFactError(ValueError):
    """The kind or schema number is not one this version knows; keep the bytes and upgrade."""


class MalformedFactError(ValueError):
    """The body does not have the fields of its kind; the message names the first wrong one."""


def encode(value: object) -> Json:
    """Return the JSON form of a frozen dataclass, an enum, a tuple or a plain value."""
    match value:
        case StrEnum():
            return value.value
        case None | bool() | int() | str():
            return value
        case tuple() | list():
            return [encode(item) for item in value]
        case dict():
            return {str(key): encode(item) for key, item in value.items()}
        case _ if is_dataclass(value):
            return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
        case _:
            raise TypeError(f"{type(value).__name__} has no place in a fact")


def body_of(fact: Fact) -> dict[str, Json]:
    """Return the body that is stored and committed to."""
    body = encode(fact)
    assert isinstance(body, dict)  # noqa: S101 - narrows the type; a dataclass always encodes to an object
    return body


def fact_from(kind: str, schema: int, body: Json) -> Fact:
    """Rebuild a fact from its stored form; raise `UnknownFactError` or `MalformedFactError`."""
    fact_type = _BY_KIND.get((kind, schema))
    if fact_type is None:
        raise UnknownFactError(f"no reader for facts of kind {kind!r}, schema {schema}; a newer version wrote it")
    return decode(fact_type, body, kind)


def decode(target: type[T], body: Json, path: str) -> T:
    """Build `target`, a frozen dataclass, from its JSON form; `path` names the place in error messages."""
    if not isinstance(body, dict):
        raise MalformedFactError(f"{path}: an object is expected, not {type(body).__name__}")
    hints = _hints(target)
    if unknown := sorted(set(body) - set(hints)):
        raise MalformedFactError(f"{path}: unknown field {unknown[0]!r}")
    if missing := [name for name in hints if name not in body]:
        raise MalformedFactError(f"{path}: field {missing[0]!r} is missing")
    try:
        return target(**{name: _value(hint, body[name], f"{path}.{name}") for name, hint in hints.items()})
    except MalformedFactError:
        raise
    except ValueError as error:
        raise MalformedFactError(f"{path}: {error}") from error


def _hints(target: type) -> dict[str, Any]:
    """Return the fields' types, worked out once per fact type: the vocabulary is closed, so the cache is bounded."""
    known = _HINTS.get(target)
    if known is None:
        hints = get_type_hints(target)
        known = _HINTS[target] = {field.name: hints[field.name] for field in fields(target)}
    return known


def _value(hint: Any, value: Json, path: str) -> Any:  # noqa: ANN401, C901 - a type hint and what it describes, one branch per shape
    if isinstance(hint, NewType):
        return _value(hint.__supertype__, value, path)
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        options = [option for option in get_args(hint) if option is not type(None)]
        if value is None and len(options) < len(get_args(hint)):
            return None
        return _value(options[0], value, path)
    if origin is Literal:
        if value in get_args(hint):
            return value
        raise MalformedFactError(f"{path}: {value!r} is not one of {', '.join(map(str, get_args(hint)))}")
    if origin is tuple:
        if not isinstance(value, list):
            raise MalformedFactError(f"{path}: a list is expected, not {type(value).__name__}")
        return tuple(_value(get_args(hint)[0], item, f"{path}[{index}]") for index, item in enumerate(value))
    if origin is dict:
        if isinstance(value, dict):
            return value
        raise MalformedFactError(f"{path}: an object is expected, not {type(value).__name__}")
    if isinstance(hint, type) and is_dataclass(hint):
        return decode(hint, value, path)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _enum(hint, value, path)
    if type(value) is not hint:
        raise MalformedFactError(f"{path}: {hint.__name__} is expected, not {type(value).__name__}")
    return value


def _enum(hint: type[StrEnum], value: Json, path: str) -> StrEnum:
    try:
        return hint(str(value))
    except ValueError as error:
        raise MalformedFactError(f"{path}: {value!r} is not a known {hint.__name__}") from error
