"""What a reader says besides badges (contacts, relay, current, button), and to whom it goes.

House rule: on the reading thread, so everything here only hands over.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, assert_never

from controller import logs
from controller.domain import events as ev
from controller.domain.metering import Sample
from firmware_bridge.messages import ButtonPressed, CurrentSample, InputChanged, RelayReported

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from controller.floor.far_switches import BoardSwitch
    from controller.floor.meters import Meters
    from controller.settings import Reader
    from firmware_bridge.commands import Command

Word = InputChanged | RelayReported | CurrentSample | ButtonPressed

_log = logs.get("devices")


class DeviceWords:
    """`boards` are the switches by their reader's name; `tell` hands an event to the engine; `counted` are the channels
    with a meter of their own, which knows more than a board's current. `show` has what is on a channel's pins show
    something, and never waits.
    """

    def __init__(
        self,
        tell: Callable[[ev.Event], object],
        boards: Mapping[str, BoardSwitch] = MappingProxyType({}),
        meters: Meters | None = None,
        counted: frozenset[str] = frozenset(),
        show: Callable[[str, tuple[Command, ...]], None] = lambda _channel, _commands: None,
    ) -> None:
        self.show = show
        self._tell, self._boards, self._meters, self._counted = tell, boards, meters, counted

    def found(self, reader: Reader, ask: Callable[[Command], bool]) -> None:
        """Take how a reader is asked for something, before it is heard."""
        if (board := self._boards.get(reader.name)) is not None:
            board.line.ask = ask

    def heard(self, reader: Reader, word: Word) -> None:
        """Take a word of a reader that is there."""
        match word:
            case InputChanged(name=name, active=active):
                _log.warning("a contact changed", reader=reader.name, contact=name, active=active)
                self._tell(ev.ContactChanged(channel=reader.channel, source=reader.name, contact=name, active=active))
            case RelayReported(on=on):
                if (board := self._boards.get(reader.name)) is not None:
                    board.switch.reported(on=on)
            case CurrentSample(milliamperes=current_ma):
                if self._meters is not None and reader.channel not in self._counted:
                    self._meters.take(reader.channel, Sample(current_ma=current_ma))
            case ButtonPressed(button=button):
                self.pressed(reader.channel, button)
            case _:
                assert_never(word)

    def pressed(self, channel: str, button: str) -> None:
        """Take that a button was pressed: `danger`, or one that asks for more time."""
        if button == "danger":
            _log.warning("danger reported", channel=channel)
            self._tell(ev.DangerReported(channel=channel))
        else:
            self._tell(ev.ButtonPressed(channel=channel))

    def lost(self, reader: Reader) -> None:
        """Take that a reader cannot be reached, or cannot be used."""
        if (board := self._boards.get(reader.name)) is not None:
            board.switch.lost()
