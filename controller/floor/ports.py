"""What the engine asks of the outside world, as Protocols: it knows these shapes and none of their makers.

House rule: a method says what the caller may rely on, and what it hands back when the outside does not
answer.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from controller.domain.now import Now


class Clock(Protocol):
    """Gives one reading of both clocks, taken once per step of the engine."""

    def now(self) -> Now:
        """Read both clocks; within one boot neither `boot_ms` nor a `synced` date ever goes back."""
        ...


class Later(Enum):
    """The answer of a switch behind a line: it was told, and what it reads comes as an event."""

    LATER = "later"


LATER = Later.LATER

Answer = bool | None | Literal[Later.LATER]
"""What was read, never what was hoped: `True` is on, `False` is off, `None` is unknown (the write or the reading
failed), `LATER` is not known yet: a `RelayRead` or a `SwitchSeen` follows, or nothing, which then counts as unknown.
"""


class Relays(Protocol):
    """Switches machines on and off, and never waits. An unknown outcome is never tried again here: the engine reports
    it and decides.
    """

    def energise(self, machine_id: str) -> Answer:
        """Close the relay and hand back the level its line then reads."""
        ...

    def de_energise(self, machine_id: str) -> Answer:
        """Open the relay and hand back the level its line then reads. Never waits for a disk."""
        ...

    def read(self, machine_id: str) -> bool | None:
        """Read the machine's contact where one is wired, else the relay's own line; `None` also while its switch is
        out of reach.
        """
        ...

    def all_off(self) -> tuple[str, ...]:
        """Open every relay, whatever its policy; hand back the machines not proven off. Any thread, any
        time.
        """
        ...

    def close(self) -> None:
        """Do what each machine's policy says at the end of the process, then let the lines go. Twice is
        once.
        """
        ...


class Heartbeat(Protocol):
    """Tells the service manager how we are."""

    def ready(self, status: str) -> None:
        """Say that starting is over."""
        ...

    def status(self, text: str) -> None:
        """Give one line for the service's status page; no name, no badge number."""
        ...

    def beat(self) -> bool:
        """Feed the watchdog if the engine and the relays are alive; say whether it was fed."""
        ...

    def stopping(self) -> None:
        """Say that the end has begun."""
        ...
