"""What the directory says to this controller, as the engine takes it: machines, locks, hours, bookings, classes.

House rules: each question looks through a reader of its own, so any thread may ask; nothing here decides.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.remembered import remembered
from controller.exchange.messages import Contained
from controller.floor.found_open import was_off

if TYPE_CHECKING:
    from controller.domain.ids import ControllerId
    from controller.domain.now import Now
    from controller.floor.journal import Opened
    from controller.floor.journal_file import Held
    from controller.floor.own_facts import OwnFacts
    from controller.floor.replica import Replica
    from controller.floor.tick import Tick


class DirectoryHere:
    """The replica and this controller's own facts above it, as one answer."""

    def __init__(self, replica: Replica, own: OwnFacts, controller: ControllerId) -> None:
        """Read nothing yet."""
        self._replica, self._own, self._controller = replica, own, controller

    def at_start(self, held: Held, now: Now) -> ev.DirectoryChanged:
        """Return the same for a start of the program, with what its journal says of before."""
        return replace(
            self.changed(),
            at_start=True,
            power_was_lost=was_off(held, now),
            remembered=remembered(held.newest, now),
        )

    def changed(self) -> ev.DirectoryChanged:
        """Return the machines, locks and faults that hold now."""
        with closing(self._replica.reader()) as reader, reader.view() as view:
            machines = view.machines(self._controller)
            locks = view.locks()
            openings, bookings, groups = view.openings(), view.bookings(), view.groups()
            understood = not view.needs_upgrade
        faults = self._own.faults(frozenset(lock.lock for lock in locks))
        return ev.DirectoryChanged(
            machines=machines,
            locks=locks,
            openings=openings,
            bookings=bookings,
            groups=groups,
            faults=faults.standing,
            lifted=faults.lifted,
            understood=understood,
        )

    def held_channels(self, opened: Opened, tick: Tick | None, now: Now) -> frozenset[str]:
        """Return the channels whose use may be held: open in the journal and proven in this very boot."""
        if tick is None or tick.boot_id != now.boot_id:
            return frozenset()
        proven = {session for session, _ in tick.uses}
        machines = {found.machine for found in opened.held.open_sessions if found.session in proven}
        with closing(self._replica.reader()) as reader, reader.view() as view:
            policies = view.machines(self._controller)
        return frozenset(policy.channel for policy in policies if policy.machine in machines)

    def contained(self, opened: Opened) -> list[Contained]:
        """Return up to which number the replica contains the facts of each branch in which a fault stands."""
        branches = {branch for _, branch, _ in opened.held.faults}
        with closing(self._replica.reader()) as reader, reader.view() as view:
            return [Contained(branch=branch, n=view.contained(branch)) for branch in branches]
