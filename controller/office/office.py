"""The office as its doors see it: store, vault, clock, live events and the way to the floor, in one frozen
box.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controller.office.interpreting import Interpretation, interpret
from controller.office.live import Live

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from controller.office.commands import FloorCommand
    from controller.office.store import Change, OfficeStore
    from controller.office.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """`now_ms` is Unix time; `send_command` hands a command to the exchange and does not wait."""

    store: OfficeStore
    vault: Vault
    now_ms: Callable[[], int]
    send_command: Callable[[FloorCommand], None]
    live: Live = field(default_factory=Live)
    title: str = "Indivis"

    @contextmanager
    def changing(self, actor: str) -> Iterator[Change]:
        """Yield a writing transaction of this instant; open pages are told after its commit."""
        with self.store.changing(actor, self.now_ms()) as change:
            yield change
        self.live.publish("directory")

    def interpret_stored(self) -> Interpretation:
        """Read one batch of what the floor has told, and tell the pages after the commit."""
        with self.store.changing("system", self.now_ms()) as change:
            done = interpret(change)
        for kind, data in done.events:
            self.live.publish(kind, data)
        if done.facts:
            self.live.publish("directory")
        return done
