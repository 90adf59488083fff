"""The live board: what each machine does now, why, and what will end it at what time.

House rules: colour never alone (a word and an icon say the same); red for a fault only; a person's name is shown to
those who may read names, and nobody's credit is ever told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.domain.reasons import REFUSAL_SENTENCES, Refusal
from controller.office import sessions
from controller.office.board import Tile
from controller.office.directory import machines
from controller.office.web import doors, pages_format
from controller.office.web.pages_frame import PageRoute, Visit, page, visit_by

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.office.directory.machines import MachineView

router = APIRouter(route_class=PageRoute)

Anyone = Annotated[Visit, Depends(visit_by(doors.Anyone))]

LOOKS = {
    "in_use": "green",
    "starting": "green",
    "ending": "green",
    "idle": "blue",
    "locked_out": "amber",
    "maintenance": "amber",
    "fault": "red",
}
"""The colour of each state's tile; what is not here (starting up, unknown) is grey."""

REFUSAL_SHOWN_MS = 600_000
"""A refusal is shown for ten minutes: as long as the person who met it may still stand there and wonder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TileView:
    """A tile as it is drawn; empty texts are left out."""

    key: str
    name: str
    state: str
    look: str
    word: str
    since: int | None = None
    until: int | None = None
    cost_cents: int | None = None
    person: str = ""
    ends: str = ""
    why: str = ""
    reader: str = ""
    refusal: str = ""
    refused_at: int | None = None


def tile_views(here: Visit, tx: Connection, only: str | None = None) -> list[TileView]:
    """Return the tiles of all machines, by name, or of one."""
    known = [machines.machine_view(tx, only)] if only else machines.machine_views(tx)
    tiles, people = here.office.board.snapshot(), people_at_work(here, tx) if here.may(doors.Readers) else {}
    drawn = [drawn_tile(here, view, tiles.get(view.id, Tile(machine=view.id)), people) for view in known]
    return sorted(drawn, key=lambda tile: tile.name.casefold())


@router.get("/")
def show_board(here: Anyone) -> Response:
    """Show every machine."""
    with here.office.store.read() as tx:
        tiles = tile_views(here, tx)
    return page(here, "board.html", tiles=tiles, used=sum(tile.state == "in_use" for tile in tiles))


@router.get("/board/tiles")
def show_tiles(here: Anyone) -> Response:
    """Return the tiles alone, for the page that is open."""
    with here.office.store.read() as tx:
        return page(here, "_tiles.html", tiles=tile_views(here, tx))


def drawn_tile(
    here: Visit, view: MachineView, tile: Tile, people: dict[str, str], refusal_ms: int = REFUSAL_SHOWN_MS
) -> TileView:
    """Return a machine's tile as it is drawn; `people` are those who may be named, by their use."""
    state = tile.state if f"state.{tile.state}" in here.known_texts else "unknown"
    use = tile.use if state in {"in_use", "ending"} else None
    fresh = tile.refused_at is None or here.now_ms - tile.refused_at < refusal_ms
    refusal = tile.refusal if fresh and use is None else None
    return TileView(
        key=view.id,
        name=view.name,
        state=state,
        look=LOOKS.get(state, "grey"),
        word=here.text(f"state.{state}"),
        since=None if use is None else use.started_at,
        until=None if use is None else use.ends_at,
        cost_cents=None if use is None else use.cost_cents,
        person="" if use is None else people.get(use.session, ""),
        ends=_ends(here, tile) if use is not None else "",
        why=_why(here, view, tile) if use is None else "",
        reader=here.text(f"reader.{tile.reader}") if f"reader.{tile.reader}" in here.known_texts else "",
        refusal="" if refusal is None else _sentence(here, refusal),
        refused_at=(tile.refused_at or here.now_ms) if refusal is not None else None,
    )


def _ends(here: Visit, tile: Tile) -> str:
    """Say what will end the use, and when by the clock on the wall."""
    if tile.use is None or tile.use.ends_by is None:
        return ""
    what = here.text(f"limit.{tile.use.ends_by.value}")
    if tile.use.ends_at is None:
        return here.text("board.ends_unknown", what=what)
    at = pages_format.clock(tile.use.ends_at, here.now_ms, here.lang)
    return here.text("board.ends_at", what=what, at=at)


def _why(here: Visit, view: MachineView, tile: Tile) -> str:
    if tile.state == "locked_out" and view.locks:
        return " · ".join(lock["reason"] for lock in view.locks if lock["reason"])
    if tile.reason is not None:
        return _sentence(here, tile.reason)
    return here.text("board.silent") if tile.state == "unknown" else ""


def _sentence(here: Visit, reason: Refusal) -> str:
    said = REFUSAL_SENTENCES[reason]
    return said.en if here.lang == "en" else said.fr


def people_at_work(here: Visit, tx: Connection) -> dict[str, str]:
    """Return who is on which use; the caller has made sure that whoever looks may read names."""
    open_uses = sessions.open_sessions(tx)
    names = here.office.vault.names(tx, [use["member"] for use in open_uses])
    return {use["id"]: names[use["member"]].name for use in open_uses if use["member"] in names}
