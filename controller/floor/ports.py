"""What the engine asks of the outside world, as Protocols: it knows these shapes and none of their makers.

House rule: a method says what the caller may rely on, and what it hands back when the outside does not
answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from controller.domain.now import Now


class Clock(Protocol):
    """Gives one reading of both clocks, taken once per step of the engine."""

    def now(self) -> Now:
        """Read both clocks; within one boot neither `boot_ms` nor a `synced` date ever goes back."""
        ...


class Relays(Protocol):
    """Switches machines on and off. Every answer is what was read, never what was hoped.

    `True` is on, `False` is off, `None` is unknown: the write or the reading failed.
    An unknown outcome is never tried again here: the engine reports it and decides.
    """

    def energise(self, machine_id: str) -> bool | None:
        """Close the relay and hand back the level its line then reads."""
        ...

    def de_energise(self, machine_id: str) -> bool | None:
        """Open the relay and hand back the level its line then reads. Never waits for a disk."""
        ...

    def read(self, machine_id: str) -> bool | None:
        """Read the machine's contact where one is wired, else the relay's own line."""
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
