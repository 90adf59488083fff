"""What a fact may say at all: names that could be names, and no duration or sum below nothing.

House rules: the floor is not asked to prove itself, but what no floor can mean is not worked with. It is stored, it
waits in the tray, and nobody gains by it.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from controller.domain.facts import Stamp
from controller.domain.ids import is_id
from controller.office.tables_base import HASH_LENGTH, NAME_LENGTH, TEXT_LENGTH

if TYPE_CHECKING:
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


def implausible_because(fact: Fact) -> str | None:
    """Name the first field that no floor can mean; `None` when there is none."""
    for field in fields(fact):
        name, value = field.name, getattr(fact, field.name)
        if value is None:
            continue
        if name in _NAMES:
            wrong = not is_id(value)
        elif name in _AMOUNTS:
            wrong = value < 0
        elif name in _TEXTS:
            wrong = not _fits(value, _TEXTS[name])
        elif isinstance(value, Stamp):
            wrong = value.boot_ms < 0 or not _fits(value.boot_id, NAME_LENGTH)
        else:
            continue
        if wrong:
            return f"{fact.KIND}.{name}: nothing that it could be"
    return None


def _fits(text: str, limit: int) -> bool:
    return len(text) <= limit and text.isprintable()
