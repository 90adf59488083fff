"""The office as its doors see it: store, vault, clock, live events and the way to the floor, in one frozen
box.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from controller.office.board import Board
from controller.office.fact_batch import Interpretation
from controller.office.interpreting import interpret
from controller.office.live import Live

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from controller.errors import Message
    from controller.office.commands import FloorCommand
    from controller.office.store import Change, OfficeStore
    from controller.office.vault import Vault


class Demonstration(Protocol):
    """Simulated readers that a page may tap at; only `indivis demo` has any."""

    def people(self) -> Sequence[tuple[str, str]]:
        """Return (key, name) of the fictional people who hold a badge."""

    def machines(self) -> Sequence[tuple[str, str]]:
        """Return (id, name) of the machines with a simulated reader."""

    def readers(self) -> Sequence[tuple[str, str, Message, bool]]:
        """Return (id, name, kind of reader, plugged in) of the machines."""

    def plug(self, machine: str, *, plugged: bool) -> bool:
        """Plug a machine's reader in or pull its plug, and return which it is; raise `NotFoundError`."""

    def tap(self, person: str, machine: str, *, copied: bool = False) -> str:
        """Hold the person's badge, or a copy of it, to the machine's reader and return what came of it: `granted`,
        `denied`, `ended` or `unheard`; raise `NotFoundError` for an unknown one.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """`now_ms` is Unix time; `send_command` hands a command to the exchange and does not wait, `changed` wakes it."""

    store: OfficeStore
    vault: Vault
    now_ms: Callable[[], int]
    send_command: Callable[[FloorCommand], None]
    changed: Callable[[], None] = lambda: None
    live: Live = field(default_factory=Live)
    board: Board = field(init=False)
    title: str = "Indivis"
    demo: Demonstration | None = None
    chain_key: Ed25519PrivateKey | None = None
    """What signs the ledger's heads; null where nothing is closed (a test, a demonstration of pages)."""

    message_channels: frozenset[str] = frozenset()
    """By what people may be told: `email`, `ntfy`; none where no server is set up."""

    speed: int = 1
    chart_file: Path | None = None
    channels: tuple[str, ...] = ()
    """Channels that the settings beside this office name: proposed for the first machine of a Pi that runs both."""

    def __post_init__(self) -> None:
        """Give the board its way to the open pages."""
        object.__setattr__(self, "board", Board(self.live.publish))

    @contextmanager
    def changing(self, actor: str) -> Iterator[Change]:
        """Yield a writing transaction of this instant; open pages are told after its commit."""
        with self.store.changing(actor, self.now_ms()) as change:
            yield change
        self.changed()
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
