"""Messages as bytes and back: canonical JSON out, a strict reader in.

House rules: the reader takes nothing it does not know (a field, a schema number, a fraction, a key said twice) and says
in one sentence what it refused; it names the place, and quotes nothing that may hold a badge's token.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Never, TypeVar

from controller.domain.canonical import INTEGER_LIMIT, Json, canonical
from controller.domain.codec import MalformedFactError, decode, encode
from controller.exchange.messages import DOWN_TYPES, UP_TYPES, Down, Entry, Message, Up

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.domain.chain import SealedFact

MESSAGE_BYTES_MAX = 256 * 1024
"""Largest message either side reads; larger ones are refused unread. Senders stay far below, by the two limits here."""

RUN_BYTES_MAX = 64 * 1024
"""Where a run of facts, a slice of changes or a chunk of a snapshot is cut. A fact alone may be larger, up to
`FACT_BYTES_MAX`."""

FACT_BYTES_MAX = 128 * 1024
"""The largest fact that can travel; a journal has to refuse a larger one, for it would hold up everything behind it."""

M = TypeVar("M", Up, Down)


class RefusedMessageError(ValueError):
    """These bytes are not a message; the text says what is wrong with them."""


def to_json(message: Message) -> bytes:
    """Return the message as canonical JSON."""
    body = encode(message)
    assert isinstance(body, dict)  # noqa: S101 - narrows the type; a dataclass always encodes to an object
    return canonical({"type": message.TYPE, "schema": message.SCHEMA, **body})


def up_from_json(data: bytes) -> Up:
    """Read what a controller said; raise `RefusedMessageError`."""
    return _read(data, UP_TYPES)


def down_from_json(data: bytes) -> Down:
    """Read what the office said; raise `RefusedMessageError`."""
    return _read(data, DOWN_TYPES)


def fact_bytes(fact: SealedFact) -> int:
    """How many bytes a fact takes on the wire."""
    return len(canonical(encode(fact))) + 1


def entry_bytes(entry: Entry) -> int:
    """How many bytes a directory entry takes on the wire."""
    return len(canonical(encode(entry))) + 1


def chunk_of(entries: Iterable[Entry]) -> str:
    """Return the text of a snapshot's chunk."""
    return canonical([encode(entry) for entry in entries]).decode()


def entries_of(chunk: str) -> tuple[Entry, ...]:
    """Read a snapshot's chunk; raise `RefusedMessageError`. For the process that builds the new file."""
    rows = _parse(chunk.encode())
    if not isinstance(rows, list):
        raise RefusedMessageError("a chunk is a list of entries")
    try:
        return tuple(decode(Entry, row, f"entry {index}") for index, row in enumerate(rows))
    except MalformedFactError as error:
        raise RefusedMessageError(str(error)) from error


def _read(data: bytes, types: tuple[type[M], ...]) -> M:
    body = _parse(data)
    if not isinstance(body, dict):
        raise RefusedMessageError("a message is an object")
    name, schema = body.pop("type", None), body.pop("schema", None)
    found = next((known for known in types if name == known.TYPE), None)
    if found is None:
        raise RefusedMessageError("type: no such message in this direction")
    if type(schema) is not int or schema != found.SCHEMA:
        raise RefusedMessageError(f"schema: this version reads {name} in schema {found.SCHEMA}; upgrade the older side")
    try:
        return decode(found, body, found.TYPE)
    except MalformedFactError as error:
        raise RefusedMessageError(str(error)) from error


def _parse(data: bytes) -> Json:
    if len(data) > MESSAGE_BYTES_MAX:
        raise RefusedMessageError(f"{len(data)} bytes are more than {MESSAGE_BYTES_MAX}")
    try:
        parsed: Json = json.loads(
            data.decode(),
            object_pairs_hook=_object,
            parse_float=_no_fraction,
            parse_constant=_no_fraction,
            parse_int=_whole,
        )
        parsed_text = canonical(parsed)
    except RefusedMessageError:
        raise
    except (ValueError, RecursionError) as error:
        raise RefusedMessageError(f"not JSON that can be read: {type(error).__name__}") from error
    if parsed_text != data:
        raise RefusedMessageError("not in canonical form")
    return parsed


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise RefusedMessageError("an object names a key twice")
    return read


def _no_fraction(_text: str) -> Never:
    raise RefusedMessageError("a number is not whole")


def _whole(text: str) -> int:
    if len(text) > len(str(INTEGER_LIMIT)) + 1:
        raise RefusedMessageError("a number is beyond 2^53")
    return int(text)
