"""Facts to bodies and back, by kind and schema number.

House rules: encoding goes by the dataclass's own fields, so a fact and its body cannot drift apart; decoding accepts
exactly those fields and says which one is wrong. A field that came later (`later.later`) is left out while it says what
its absence always meant, so what was written before reads, and is written, as it was. An unknown kind or a newer
schema is an `UnknownFact`: stored, not understood. A type's hints are worked out once, for a look-up of a badge and a
month of facts both pass through here.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any, Literal, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

from controller.domain.canonical import Json
from controller.domain.facts import FACT_TYPES, Fact
from controller.domain.later import LATER

T = TypeVar("T")

_Read = Callable[[Any], Any]
"""From a JSON value to what a field holds; raises `_Misfit`."""

_PLAIN: frozenset[type] = frozenset({str, int, bool, type(None)})

_ALWAYS = object()
_NAMES: dict[type, tuple[str, ...]] = {}
_LATER: dict[type, dict[str, object]] = {}
_READERS: dict[Any, _Read] = {}
"""Kept for good: the vocabulary of types and of their fields' hints is closed."""

SHAPES_KEPT = 64
"""Of each type, the names and types of values that bodies came with, and which of them are looked into: a controller
writes few. What comes in one more is looked through each time."""

_BY_KIND: dict[tuple[str, int], type[Fact]] = {(fact.KIND, fact.SCHEMA): fact for fact in FACT_TYPES}


class UnknownFactError(ValueError):
    """The kind or schema number is not one this version knows; keep the bytes and upgrade."""


class MalformedFactError(ValueError):
    """The body does not have the fields of its kind; the message names the first wrong one."""


class _Misfit(Exception):  # noqa: N818 - it never leaves this module
    """What is wrong, and where below the value that is being read."""

    def __init__(self, said: str, place: str = "") -> None:
        super().__init__(said)
        self.said, self.place = said, place


def encode(value: object) -> Json:
    """Return the JSON form of a frozen dataclass, an enum, a tuple or a plain value."""
    kind = type(value)
    if kind in _PLAIN:
        return value  # type: ignore[return-value]  # a plain type is a JSON value
    if names := _names(kind):
        later = _LATER[kind]
        return {name: encode(held) for name in names if (held := getattr(value, name)) != later.get(name, _ALWAYS)}
    match value:
        case StrEnum():
            return value.value
        case int() | str():
            return value
        case tuple() | list():
            return [encode(item) for item in value]
        case dict():
            return {str(key): encode(item) for key, item in value.items()}
        case _:
            raise TypeError(f"{kind.__name__} has no place in a fact")


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
    try:
        made: T = _reader(target)(body)
    except _Misfit as misfit:
        raise MalformedFactError(f"{path}{misfit.place}: {misfit.said}") from None
    return made


def _names(kind: type) -> tuple[str, ...]:
    """Return the names of a dataclass's fields; none for any other type."""
    names = _NAMES.get(kind)
    if names is None:
        known = fields(kind) if is_dataclass(kind) else ()
        _LATER[kind] = {field.name: field.default for field in known if field.metadata.get(LATER)}
        names = _NAMES[kind] = tuple(field.name for field in known)
    return names


def _reader(hint: Any) -> _Read:  # noqa: ANN401 - a type hint
    """Return what reads values of this type."""
    read = _READERS.get(hint)
    if read is None:
        read = _READERS[hint] = _made_reader(hint)
    return read


def _made_reader(hint: Any) -> _Read:  # noqa: ANN401 - a type hint
    origin = get_origin(hint)
    if isinstance(hint, NewType):
        return _reader(hint.__supertype__)
    if origin in (Union, types.UnionType):
        return _optional(hint)
    if origin is Literal:
        return _one_of(get_args(hint))
    if origin is tuple:
        return _list_of(_reader(get_args(hint)[0]))
    if origin is dict:
        return _exactly(dict, "an object")
    if is_dataclass(hint) and isinstance(hint, type):
        return _object(hint)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _enum(hint)
    return _exactly(hint, hint.__name__)


def _plain_types(hint: Any) -> frozenset[type]:  # noqa: ANN401 - a type hint
    """Return the types whose values are taken as they are; none when a value must be looked into."""
    if isinstance(hint, NewType):
        return _plain_types(hint.__supertype__)
    if get_origin(hint) in (Union, types.UnionType):
        options = [_plain_types(option) for option in get_args(hint)]
        return frozenset().union(*options) if all(options) else frozenset()
    return frozenset({hint}) & _PLAIN


def _object(target: type) -> _Read:
    hints = get_type_hints(target)
    steps = [(name, _plain_types(hints[name]), _reader(hints[name])) for name in _names(target)]
    known = frozenset(_names(target))
    later = _LATER[target]
    shapes: dict[tuple[Any, ...], tuple[tuple[str, _Read], ...]] = {}

    def read(body: Any) -> Any:  # noqa: ANN401 - a JSON value, and the object made of it
        if not isinstance(body, dict):
            raise _Misfit(f"an object is expected, not {type(body).__name__}")
        shape = (*body, *map(type, body.values()))
        deeper = shapes.get(shape)
        if deeper is None:
            if body.keys() - known or known - body.keys() - later.keys():
                raise _misnamed(body, known, known - later.keys())
            deeper = tuple((name, of) for name, plain, of in steps if name in body and type(body[name]) not in plain)
            if len(shapes) < SHAPES_KEPT:
                shapes[shape] = deeper
        return _made(target, dict(body), deeper)

    return read


def _made(target: type, values: dict[str, Any], deeper: tuple[tuple[str, _Read], ...]) -> Any:  # noqa: ANN401
    """Make the object; the values named in `deeper` are read first, the others are taken as they are."""
    for name, of_field in deeper:
        try:
            values[name] = of_field(values[name])
        except _Misfit as misfit:
            raise _Misfit(misfit.said, f".{name}{misfit.place}") from None
    try:
        return target(**values)  # a field that came later and is absent has its default
    except ValueError as error:
        raise _Misfit(str(error)) from error


def _misnamed(body: dict[str, Json], known: frozenset[str], needed: frozenset[str]) -> _Misfit:
    if missing := sorted(needed - body.keys()):
        return _Misfit(f"field {missing[0]!r} is missing")
    return _Misfit(f"unknown field {min(body.keys() - known)!r}")


def _optional(hint: Any) -> _Read:  # noqa: ANN401 - a union of one type and None
    options = [option for option in get_args(hint) if option is not type(None)]
    of_value = _reader(options[0])
    if len(options) == len(get_args(hint)):
        return of_value
    return lambda value: None if value is None else of_value(value)


def _one_of(options: tuple[Any, ...]) -> _Read:
    def read(value: Any) -> Any:  # noqa: ANN401 - a JSON value
        if value in options:
            return value
        raise _Misfit(f"{value!r} is not one of {', '.join(map(str, options))}")

    return read


def _list_of(of_item: _Read) -> _Read:
    def read(value: Any) -> Any:  # noqa: ANN401 - a JSON value
        if not isinstance(value, list):
            raise _Misfit(f"a list is expected, not {type(value).__name__}")
        items = []
        for index, item in enumerate(value):
            try:
                items.append(of_item(item))
            except _Misfit as misfit:
                raise _Misfit(misfit.said, f"[{index}]{misfit.place}") from None
        return tuple(items)

    return read


def _enum(hint: type[StrEnum]) -> _Read:
    members = {member.value: member for member in hint}

    def read(value: Any) -> Any:  # noqa: ANN401 - a JSON value
        member = members.get(value) if isinstance(value, str) else None
        if member is None:
            raise _Misfit(f"{value!r} is not a known {hint.__name__}")
        return member

    return read


def _exactly(kind: type, word: str) -> _Read:
    def read(value: Any) -> Any:  # noqa: ANN401 - a JSON value
        if type(value) is kind:
            return value
        raise _Misfit(f"{word} is expected, not {type(value).__name__}")

    return read
