"""What the machines are doing now, as the public MQTT tree tells it: what the live board shows.

House rules: kept in memory only and lost at a restart, for retained messages bring it back; thread-safe; knows no
person. What a message lacks or spells wrongly is shown as unknown, never guessed.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from controller.domain.reasons import Refusal, StopReason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MACHINES_MAX = 500
"""Machines on the board: more than any workshop has; states of further ones are passed over, so that a stranger who may
publish cannot fill the memory.
"""

WORD_MAX = 64
"""Longest word or id that is kept of a message; a longer one is cut, and then shown as unknown."""

CHANGED = "board"
"""The kind of the live event that tells pages to look again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A use under way, without its person; instants in Unix ms, `None` while the controller's date is unknown."""

    session: str
    started_at: int | None
    elapsed_s: int
    ends_at: int | None
    ends_by: StopReason | None
    cost_cents: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One machine: its state's word (`unknown` before the first message), and the last refusal with its instant."""

    machine: str
    state: str = "unknown"
    relay: str | None = None
    reader: str | None = None
    reason: Refusal | None = None
    use: Use | None = None
    told_at: int | None = None
    refusal: Refusal | None = None
    refused_at: int | None = None


class Board:
    """The tiles of all machines; `tell` is called with (kind, data) after each change, from the thread that made it."""

    def __init__(self, tell: Callable[[str, Mapping[str, Any]], None]) -> None:
        """Begin with no machine known."""
        self._tell = tell
        self._guard = threading.Lock()
        self._tiles: dict[str, Tile] = {}

    def update(self, machine: str, state: Mapping[str, Any]) -> None:
        """Take a machine's state (the JSON of `indivis/<site>/machine/<id>/state`).

        `seq` is not compared: the broker keeps the order of one topic, and a new card may count from the start again.
        """
        told_at = _instant(state.get("ts"))
        self._change(
            machine,
            state=_word(state.get("state")) or "unknown",
            relay=_word(state.get("relay")),
            reader=_word(state.get("reader")),
            reason=_refusal(state.get("reason")),
            use=_use(state, told_at),
            told_at=told_at,
        )

    def event(self, machine: str, event: Mapping[str, Any]) -> None:
        """Take what happened at a machine (the JSON of `…/event`): a refusal stays until a use is granted."""
        match event.get("event_type"):
            case "denied":
                refused_at = _instant(event.get("ts"))
                self._change(machine, refusal=_refusal(event.get("reason")), refused_at=refused_at)
            case "granted":
                self._change(machine, refusal=None, refused_at=None)
            case _:
                return

    def silence(self, machine: str) -> None:
        """Take that nobody speaks for a machine any more (`…/availability` is `offline`)."""
        self._change(machine, state="unknown", relay=None, reader=None, reason=None, use=None)

    def snapshot(self) -> dict[str, Tile]:
        """Return every known machine's tile, by machine."""
        with self._guard:
            return dict(self._tiles)

    def _change(self, machine: str, **fields: Any) -> None:  # noqa: ANN401 - fields of a tile
        key = machine[:WORD_MAX]
        with self._guard:
            known = self._tiles.get(key)
            if known is None and len(self._tiles) >= MACHINES_MAX:
                return
            changed = replace(known or Tile(machine=key), **fields)
            self._tiles[key] = changed
        if changed != known:
            self._tell(CHANGED, {"machine": key})


def _use(state: Mapping[str, Any], told_at: int | None) -> Use | None:
    said, cost = state.get("session"), state.get("cost")
    if not isinstance(said, dict):
        return None
    elapsed_s = _whole(said.get("elapsed_s")) or 0
    started_at = _instant(said.get("started_at"))
    if started_at is None and told_at is not None:
        started_at = told_at - 1_000 * elapsed_s
    return Use(
        session=_word(said.get("id")) or "",
        started_at=started_at,
        elapsed_s=elapsed_s,
        ends_at=_instant(said.get("ends_at")),
        ends_by=_stop_reason(said.get("ends_by")),
        cost_cents=_whole(cost.get("amount_cents")) if isinstance(cost, dict) else None,
    )


def _word(said: object) -> str | None:
    return said[:WORD_MAX] if isinstance(said, str) else None


def _whole(said: object) -> int | None:
    return said if isinstance(said, int) and not isinstance(said, bool) else None


def _instant(said: object) -> int | None:
    """Return Unix ms of an RFC 3339 timestamp with its offset."""
    try:
        moment = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return None if moment.tzinfo is None else round(moment.timestamp() * 1_000)


def _refusal(said: object) -> Refusal | None:
    return Refusal(said) if isinstance(said, str) and said in set(Refusal) else None


def _stop_reason(said: object) -> StopReason | None:
    return StopReason(said) if isinstance(said, str) and said in set(StopReason) else None
