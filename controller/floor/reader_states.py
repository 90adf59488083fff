"""How each badge reader is, and whether it is still the one that was there first: told to the engine at each change.

House rules: on the reading threads, a reader each, so everything here only compares and hands over; a reader's word
changes no use. Which device is used at all is decided in the bridge, by the settings' `identity`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller import logs
from controller.domain import events as ev
from firmware_bridge.errors import WrongDeviceError
from firmware_bridge.identity import WRONG_DEVICE
from firmware_bridge.transport import Connected

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.workshop import ReaderWord
    from controller.settings import Reader
    from firmware_bridge.messages import DeviceReady, DeviceTrouble
    from firmware_bridge.transport import LineState

_log = logs.get("readers")


class ReaderState:
    """One reader. `names_itself`: its greeting says which one it is; otherwise its USB serial number does.
    `greets`: it says when it can be used; otherwise it can be as soon as its line is open.
    """

    def __init__(self, reader: Reader, tell: Callable[[ev.Event], object], *, names_itself: bool, greets: bool) -> None:
        self._reader, self._tell = reader, tell
        self._names_itself, self._greets = names_itself, greets
        self._word: ReaderWord | None = None
        self._first = ""
        """The identity that was there first since the start, where one can be known."""
        self._now = ""

    def line(self, state: LineState) -> None:
        """Take that the line is open, or not, and why."""
        if isinstance(state, Connected):
            _log.info("reader connected", reader=self._reader.name)
            if not self._names_itself:
                self._seen(state.usb_serial)
            if not self._greets:
                self._is(self._word_of_use())
            return
        _log.warning("reader lost", reader=self._reader.name, why=state.error.sentence("en"))
        self._is("wrong_device" if isinstance(state.error, WrongDeviceError) else "away")

    def ready(self, told: DeviceReady) -> None:
        """Take that the device can be used."""
        _log.info("reader ready", reader=self._reader.name, identity=told.identity, firmware=told.firmware)
        if self._names_itself:
            self._seen(told.identity)
        self._is(self._word_of_use())

    def trouble(self, told: DeviceTrouble) -> None:
        """Take that the device cannot be used."""
        if told.code == WRONG_DEVICE:
            why = WrongDeviceError(self._reader.path, told.found).sentence("en")
            _log.warning("another device than the settings name", reader=self._reader.name, why=why)
            self._is("wrong_device")
            return
        _log.warning("reader in trouble", reader=self._reader.name, code=told.code)
        self._is("in_trouble")

    def _seen(self, identity: str) -> None:
        """Remember who was there first; a device that cannot be known is taken for the same."""
        if identity and self._first and identity != (self._now or self._first):
            _log.warning(
                "another device at a reader's place: name it as reader.identity if it is to be refused",
                reader=self._reader.name,
                before=self._now or self._first,
                now=identity,
            )
        self._first = self._first or identity
        self._now = identity or self._now

    def _word_of_use(self) -> ReaderWord:
        return "ready" if self._now == self._first else "other_device"

    def _is(self, word: ReaderWord) -> None:
        if word != self._word:
            self._word = word
            self._tell(ev.ReaderSeen(channel=self._reader.channel, reader=self._reader.name, word=word))
