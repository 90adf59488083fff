"""From a payload's dataclass to its JSON Schema (draft 2020-12).

House rules: a schema says no more than the code promises, and leaves room for later fields: whoever reads passes over
what they do not know. `closed` is for our own tests, which must notice a field that nobody declared.
"""

from __future__ import annotations

import types
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from controller.exchange.contract import Number, Topic, Words
from controller.exchange.payloads import Says

DIALECT = "https://json-schema.org/draft/2020-12/schema"

INSTANT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$"
"""RFC 3339 with an offset; a validator need not know `format`."""

Schema = dict[str, Any]

_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
}


def payload_schema(topic: Topic, *, closed: bool = False) -> Schema:
    """Return the schema of a topic's payload: of its JSON, or of its bare text."""
    match topic.payload:
        case Words(words=words):
            return {"type": "string", "enum": list(words)}
        case Number(decimals=decimals):
            return {"type": "string", "pattern": rf"^\d+\.\d{{{decimals}}}$" if decimals else r"^\d+$"}
        case payload if topic.direction == "in":
            return {"oneOf": [{"const": "PRESS"}, schema_of(payload, closed=closed)]}
        case payload:
            return schema_of(payload, closed=closed)


def schema_of(hint: Any, *, closed: bool = False) -> Schema:  # noqa: ANN401 - a type hint
    """Return the schema of a type: of a dataclass with all it holds."""
    if is_dataclass(hint):
        return _object(hint, closed=closed)  # type: ignore[arg-type]  # a class here, never an instance
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(hint, closed=closed)
    if origin in (Union, types.UnionType):
        return _either([schema_of(each, closed=closed) for each in arguments])
    if origin is Literal:
        return {"const": arguments[0]} if len(arguments) == 1 else {"enum": list(arguments)}
    if origin is tuple:
        return {"type": "array", "items": schema_of(arguments[0], closed=closed)}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(arguments[1], closed=closed)}
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {"type": "string", "enum": [each.value for each in hint]}
    return dict(_PLAIN[hint])


def _object(payload: type, *, closed: bool) -> Schema:
    hints = get_type_hints(payload, include_extras=True)
    optional = {each.name for each in fields(payload) if each.metadata.get("later")}
    made: Schema = {
        "type": "object",
        "title": payload.__name__,
        "description": " ".join((payload.__doc__ or "").split()),
        "properties": {name: schema_of(hint, closed=closed) for name, hint in hints.items()},
        "required": [name for name in hints if name not in optional],
    }
    if closed:
        made["additionalProperties"] = False
    return made


def _annotated(hint: Any, *, closed: bool) -> Schema:  # noqa: ANN401 - a type hint
    inner, *said = get_args(hint)
    made = schema_of(inner, closed=closed)
    target = made["anyOf"][0] if "anyOf" in made else made
    for says in said:
        if not isinstance(says, Says):
            continue
        if says.text:
            made["description"] = says.text
        limits = {
            "pattern": says.pattern,
            "maxLength": says.longest,
            "minimum": says.low,
            "maximum": says.high,
            "format": says.format,
        }
        target.update({key: value for key, value in limits.items() if value is not None})
        if says.format == "date-time":
            target["pattern"] = INSTANT
    return made


def _either(schemas: list[Schema]) -> Schema:
    return {"anyOf": schemas}
