"""What a fact may say at all: names that could be names, and no duration or sum below nothing.

House rules: the floor is not asked to prove itself, but what no floor can mean is not worked with. It is stored, it
waits in the tray, and nobody gains by it.
"""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, get_type_hints

from controller.domain.facts import Stamp
from controller.domain.ids import is_id
from controller.office.tables_base import HASH_LENGTH, NAME_LENGTH, TEXT_LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.facts import Fact

_NAMES = frozenset(
    {
        *("session", "machine", "member", "account", "lock", "books", "training"),
        *("granted_by", "supervisor", "takes_over", "group"),
    }
)
_AMOUNTS = frozenset(
    {
        *("hold_cents", "announced_cents", "seconds", "limit_s", "count", "overtime_s", "debt_cents"),
        *("headcount", "from_ms", "until_ms"),
        *("busy_s", "idle_s", "energy_wh", "power_w"),
    }
)
_TEXTS = {"token": HASH_LENGTH, "boot_id": NAME_LENGTH, "hash": HASH_LENGTH, "command": TEXT_LENGTH}

_KINDS_KEPT = 64
"""One for each kind of fact, of which there are fewer; one more is looked through anew."""


def implausible_because(fact: Fact) -> str | None:
    """Name the first field that no floor can mean; `None` when there is none."""
    for name, is_wrong in _looked_at(type(fact)):  # type: ignore[arg-type]  # a type is hashable
        value = getattr(fact, name)
        if value is not None and is_wrong(value):
            return f"{fact.KIND}.{name}: nothing that it could be"
    return None


@lru_cache(maxsize=_KINDS_KEPT)
def _looked_at(kind: type) -> tuple[tuple[str, Callable[[Any], bool]], ...]:
    hints = get_type_hints(kind)
    asked = ((field.name, _question(field.name, hints[field.name])) for field in fields(kind))
    return tuple((name, is_wrong) for name, is_wrong in asked if is_wrong is not None)


def _question(name: str, hint: object) -> Callable[[Any], bool] | None:
    if name in _NAMES:
        return lambda value: not is_id(value)
    if name in _AMOUNTS:
        return lambda value: bool(value < 0)
    if name in _TEXTS:
        limit = _TEXTS[name]
        return lambda value: not _fits(value, limit)
    if hint is Stamp:
        return lambda value: value.boot_ms < 0 or not _fits(value.boot_id, NAME_LENGTH)
    return None


def _fits(text: str, limit: int) -> bool:
    return len(text) <= limit and text.isprintable()
