"""What is proven, at a start of the program, of a use that the journal holds open, and of the computer itself.

House rule: a tick proves what it names and no more; a use that it does not name has lasted no time that can be billed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.facts import SessionOpened, Stamp
from controller.domain.handing_over import handed_over_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.domain.now import Now
    from controller.floor.journal_file import Held
    from controller.floor.tick import Tick


def found_open(
    found: SessionOpened, tick: Tick | None, now: Now, *, read_on: bool | None, open_uses: Sequence[SessionOpened] = ()
) -> ev.FoundOpen:
    """Return what the last tick proves of a use, which is nothing where it does not name it, nor another of the
    `open_uses` that took over from it.
    """
    proven = {} if tick is None else dict(tick.uses)
    if tick is None or found.session not in proven:
        return ev.FoundOpen(
            opened=found,
            started=found.at,
            proven_ms=0,
            proven_at=found.at,
            same_boot=found.at.boot_id == now.boot_id,
            read_on=read_on,
            handed_over=handed_over_at(found, open_uses, proven),
        )
    at = Stamp(
        boot_id=tick.boot_id,
        boot_ms=tick.boot_ms,
        wall_ms=tick.wall_ms,
        clock="unknown" if tick.wall_ms is None else "floor",
    )
    return ev.FoundOpen(
        opened=found,
        started=found.at,
        proven_ms=proven[found.session],
        proven_at=at,
        same_boot=tick.boot_id == now.boot_id,
        read_on=read_on,
    )


def was_off(held: Held, now: Now) -> bool:
    """Whether the computer was off since this program ran first, however often the program itself has started since;
    at its first start of all nobody can have been cut.
    """
    if held.last_stamp is None:
        return False
    return held.first_stamp is None or held.first_stamp.boot_id != now.boot_id
