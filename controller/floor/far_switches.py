"""The switches of one controller that are not on pins: built from the settings, found by channel or by device.

House rule: made before the relays are claimed and before any line is open, so each is out of reach until its device has
said what it reads.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.floor.board_switch import BoardLine
from controller.floor.leased_switch import LeasedSwitch, LeaseKeeper
from controller.floor.plugs import PlugLine
from controller.settings_wiring import board_of, plug_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from controller.domain.events import Event
    from controller.settings import Channel


@dataclass(frozen=True, slots=True)
class BoardSwitch:
    """A board's relay: the words to it, and what is made of its own."""

    line: BoardLine
    switch: LeasedSwitch


class FarSwitches:
    """`by_channel` are all of them, `boards` those behind a reader and `plugs` those that are plugs, by the device's
    name; `keeper` renews them.
    """

    def __init__(
        self,
        channels: Iterable[Channel],
        *,
        tell: Callable[[Event], object],
        machine_on: Callable[[str], str | None],
    ) -> None:
        self.by_channel: dict[str, LeasedSwitch] = {}
        self.boards: dict[str, BoardSwitch] = {}
        self.plugs: dict[str, tuple[PlugLine, LeasedSwitch]] = {}
        for channel in channels:
            if (reader := board_of(channel.switch)) is not None:
                line = BoardLine()
                switch = LeasedSwitch(channel.name, line, tell=tell, machine_on=machine_on)
                self.by_channel[channel.name] = switch
                self.boards[reader] = BoardSwitch(line, switch)
            elif (plug := plug_of(channel.switch)) is not None:
                plug_line = PlugLine(time.monotonic)
                switch = LeasedSwitch(channel.name, plug_line, tell=tell, machine_on=machine_on)
                self.by_channel[channel.name] = switch
                self.plugs[plug] = (plug_line, switch)
        self.keeper = LeaseKeeper(self.by_channel.values())
