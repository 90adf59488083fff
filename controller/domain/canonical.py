"""One byte form for every value that is hashed, signed or compared.

It is the subset of RFC 8785 (JSON canonicalisation) that needs no number rules: text, whole numbers, truth values,
null, lists and objects with ASCII keys. Floats are refused, so no amount, duration or hash can depend on how a machine
prints a fraction.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)

_PLAIN_TYPES = frozenset({str, bool, type(None)})

INTEGER_LIMIT = 2**53
"""RFC 8785 keeps numbers within IEEE 754 doubles; beyond this, another reader of the same bytes would see another
number."""


def canonical(value: Json) -> bytes:
    """Return the one UTF-8 byte form of `value`; raise `ValueError` naming what cannot have one."""
    if not _is_plain(value):
        _refuse_foreign(value, "$")
    return _ENCODER.encode(value).encode()


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 digest of `data` as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def _is_plain(value: Json) -> bool:
    """Tell at little cost that nothing is to be refused; what it does not know, `_refuse_foreign` names."""
    items: Iterable[Json] = (value,)
    if type(value) is dict:
        if not all(type(key) is str and key.isascii() for key in value):
            return False
        items = value.values()
    elif type(value) is list:
        items = value
    for item in items:
        kind = type(item)
        if kind in _PLAIN_TYPES:
            continue
        if kind is int:
            if -INTEGER_LIMIT < cast("int", item) < INTEGER_LIMIT:
                continue
            return False
        if (kind is not list and kind is not dict) or not _is_plain(item):
            return False
    return True


def _refuse_foreign(value: object, path: str) -> None:
    match value:
        case None | bool() | str():
            pass
        case int():
            if abs(value) >= INTEGER_LIMIT:
                raise ValueError(f"{path}: {value} is beyond 2^53; other readers of JSON would change it")
        case list() | tuple():
            for index, item in enumerate(value):
                _refuse_foreign(item, f"{path}[{index}]")
        case dict():
            for key, item in value.items():
                if not isinstance(key, str) or not key.isascii():
                    raise ValueError(f"{path}: the key {key!r} is not ASCII text")
                _refuse_foreign(item, f"{path}.{key}")
        case _:
            raise ValueError(f"{path}: {type(value).__name__} has no canonical form; use whole numbers or text")
