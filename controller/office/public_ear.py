"""What the office hears of the public tree: each message goes to the board as the tile's news.

House rules: what is no JSON object, or is longer than a state ever is, is passed over; nothing here answers or stores.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from controller.exchange.contract import AVAILABILITY, EVENT, OFFLINE, STATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.ids import SiteId
    from controller.office.board import Board

BYTES_MAX = 16_384
"""A state is some hundred bytes; what is far longer is no state, and is not parsed."""


def board_topics(site: SiteId) -> tuple[str, ...]:
    """Return what to subscribe to for one site's machines."""
    return tuple(topic.everywhere(site=site) for topic in (STATE, EVENT, AVAILABILITY))


def to_board(board: Board) -> Callable[[str, bytes, bool], None]:
    """Return what takes (topic, payload, retained) and tells the board."""

    def hear(topic: str, payload: bytes, retained: bool) -> None:  # noqa: FBT001, ARG001 (as MQTT says it)
        machine, what = topic.split("/")[-2:]
        if what == "availability":
            if payload == OFFLINE:
                board.silence(machine)
            return
        said = _object(payload)
        if said is None:
            return
        if what == "state":
            board.update(machine, said)
        elif what == "event":
            board.event(machine, said)

    return hear


def _object(payload: bytes) -> dict[str, object] | None:
    if len(payload) > BYTES_MAX:
        return None
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None
