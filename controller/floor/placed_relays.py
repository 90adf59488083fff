"""Relays by machine: the wiring names channels, the directory says which machine is on which channel today.

House rules: a machine without a channel here reads as unknown, which is a fault and never power; a machine that was
switched on is switched off on the channel where it was, wherever the directory says it is by then; a switch that
answers later holds only as long as it is told so, so it counts as left once it was told to open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.extracting import relay_of
from controller.floor.ports import LATER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.domain.directory import MachineEntry
    from controller.floor.ports import Answer, Relays


def channels_of(machines: Iterable[MachineEntry]) -> dict[str, str]:
    """Return the channel of each machine, and of each extractor under its own name among the relays."""
    policies = tuple(machines)
    extractors: dict[str, str] = {relay_of(each.extractor): each.extractor for each in policies if each.extractor}
    return extractors | {each.machine: each.channel for each in policies}


class PlacedRelays:
    """Implements the port `Relays` over one whose names are channels."""

    def __init__(self, relays: Relays, channels: frozenset[str]) -> None:
        self._relays, self._channels = relays, channels
        self._channel_of: dict[str, str] = {}
        self._on_at: dict[str, str] = {}

    def place(self, channel_of: dict[str, str]) -> None:
        """Take over where machines are wired; channels that are not wired here are left out."""
        self._channel_of = {machine: channel for machine, channel in channel_of.items() if channel in self._channels}

    def machine_on(self, channel: str) -> str | None:
        """Return the machine that has power on a channel, else the one that is placed there."""
        # A copy, in one step: a reader's thread may ask while the engine's switches.
        powered = dict(self._on_at)
        found = (machine for machine, where in (*powered.items(), *self._channel_of.items()) if where == channel)
        return next(found, None)

    def energise(self, machine_id: str) -> Answer:
        """Close the machine's relay; `None` when it has none here, or when another machine is there."""
        channel = self._channel_of.get(machine_id)
        if channel is None or self.machine_on(channel) not in (machine_id, None):
            return None
        self._on_at[machine_id] = channel
        return self._relays.energise(channel)

    def de_energise(self, machine_id: str) -> Answer:
        """Open the relay that was closed for the machine, else the one it has now; `None` when it has none here."""
        channel = self._where(machine_id)
        if channel is None:
            return None
        read_on = self._relays.de_energise(channel)
        if read_on is False or read_on is LATER:
            self._on_at.pop(machine_id, None)
        return read_on

    def read(self, machine_id: str) -> bool | None:
        """Read the machine's contact or relay."""
        channel = self._where(machine_id)
        return None if channel is None else self._relays.read(channel)

    def _where(self, machine_id: str) -> str | None:
        return self._on_at.get(machine_id) or self._channel_of.get(machine_id)

    def all_off(self) -> tuple[str, ...]:
        """Open every relay."""
        return self._relays.all_off()

    def close(self) -> None:
        """Let the lines go."""
        self._relays.close()
