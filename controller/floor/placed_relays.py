"""Relays by machine: the wiring names channels, the directory says which machine is on which channel today.

House rule: a machine without a channel here reads as unknown, which is a fault and never power.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.floor.ports import Relays


class PlacedRelays:
    """Implements the port `Relays` over one whose names are channels."""

    def __init__(self, relays: Relays, channels: frozenset[str]) -> None:
        self._relays, self._channels = relays, channels
        self._channel_of: dict[str, str] = {}

    def place(self, channel_of: dict[str, str]) -> None:
        """Take over where machines are wired; channels that are not wired here are left out."""
        self._channel_of = {machine: channel for machine, channel in channel_of.items() if channel in self._channels}

    def machine_on(self, channel: str) -> str | None:
        """Return the machine on a channel."""
        return next((machine for machine, where in self._channel_of.items() if where == channel), None)

    def energise(self, machine_id: str) -> bool | None:
        """Close the machine's relay; `None` when it has none here."""
        channel = self._channel_of.get(machine_id)
        return None if channel is None else self._relays.energise(channel)

    def de_energise(self, machine_id: str) -> bool | None:
        """Open the machine's relay. What is not wired here cannot be on."""
        channel = self._channel_of.get(machine_id)
        return False if channel is None else self._relays.de_energise(channel)

    def read(self, machine_id: str) -> bool | None:
        """Read the machine's contact or relay."""
        channel = self._channel_of.get(machine_id)
        return None if channel is None else self._relays.read(channel)

    def all_off(self) -> tuple[str, ...]:
        """Open every relay."""
        return self._relays.all_off()

    def close(self) -> None:
        """Let the lines go."""
        self._relays.close()
