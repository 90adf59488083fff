"""The badge readers of this controller: one thread each, from bytes to a tap handed over.

House rules: a badge's number becomes its token here and goes no further; the owner of the open use is handed to the
engine directly, so ending a use waits for no disk; everybody else goes by the resolver, and is told at once when that
has no place left. No badge may end the thread that reads it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from controller import logs
from controller.domain import events as ev
from controller.domain.access import Reading
from controller.domain.ids import MachineId
from controller.domain.proof import Proof
from controller.floor.badge_key import badge_token
from controller.floor.device_words import DeviceWords
from controller.floor.line_threads import LineThreads
from controller.floor.reader_signs import ALOUD, signs_of_read, signs_of_unusable
from controller.floor.reader_states import ReaderState
from controller.floor.right_of_way import RightOfWay
from controller.reader_errors import for_person
from firmware_bridge.commands import Light
from firmware_bridge.drivers import Options, driver_for
from firmware_bridge.errors import BridgeError
from firmware_bridge.messages import (
    BadgePresented,
    BadgeRemoved,
    BadgeUnusable,
    ButtonPressed,
    CurrentSample,
    DeviceReady,
    DeviceTrouble,
    InputChanged,
    Message,
    RelayReported,
)
from firmware_bridge.reader import SerialReader
from firmware_bridge.transport import Connected, LineState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from controller.domain.display import Language
    from controller.domain.ids import BadgeToken
    from controller.floor.engine import Engine
    from controller.floor.quiet_hours import QuietHours
    from controller.settings import Reader
    from firmware_bridge.commands import Command

_NOT_LOOKED_UP = Reading(revision=0, age_ms=None, needs_upgrade=False, empty=False)
"""What the owner's own tap carries: ending a use asks nothing of the directory."""

_LANGUAGE: Language = "fr"
"""The place's, for a card that is nobody's."""

_log = logs.get("readers")


@dataclass(frozen=True, slots=True)
class _Heard:
    """Whose message it is: the reader of the settings, how it is asked for something, and what is known of it."""

    reader: Reader
    line: SerialReader
    word: ReaderState


class FloorReaders:
    """Starts and stops the readers; `machine_on` says which machine is wired to a channel today."""

    def __init__(
        self,
        readers: Iterable[Reader],
        *,
        key: bytes,
        engine: Engine,
        resolve: Callable[[MachineId, BadgeToken, Proof, int], bool],
        machine_on: Callable[[str], MachineId | None],
        right_of_way: RightOfWay,
        devices: DeviceWords | None = None,
        quiet: QuietHours = ALOUD,
    ) -> None:
        self._key, self._engine, self._resolve, self._machine_on = key, engine, resolve, machine_on
        self._right_of_way, self._quiet = right_of_way, quiet
        self._devices = devices or DeviceWords(engine.submit)
        self.connected: dict[str, bool] = {}
        self._at_channel: dict[str, list[SerialReader]] = {}
        self._standing: dict[str, Light] = {}
        """The light that stands at each channel, for a device that comes (back) dark."""
        self._threads = LineThreads("reader", [self._made(reader) for reader in readers])

    def start(self) -> None:
        """Begin to read."""
        self._threads.start()

    @property
    def alive(self) -> bool:
        """Whether every reader has its thread."""
        return self._threads.alive

    def stop(self) -> None:
        """End every reader."""
        self._threads.stop()

    def show(self, machine: MachineId, commands: tuple[Command, ...]) -> None:
        """Have the readers at a machine show something, those that can; waits for none of them."""
        for channel, readers in self._at_channel.items():
            if self._at(channel) == machine:
                for command in commands:
                    if isinstance(command, Light) and not command.seconds:
                        self._standing[channel] = command
                    for reader in readers:
                        reader.ask(command)
                self._devices.show(channel, commands)

    def _made(self, reader: Reader) -> SerialReader:
        self.connected[reader.name] = False

        model = reader.model if reader.protocol == "em4100" else reader.protocol
        options = Options(address=reader.address, key_file=reader.key_file)
        try:
            driver = driver_for(reader.protocol, model, options)
        except BridgeError as error:
            raise for_person(error) from error
        word = ReaderState(
            reader, self._engine.submit, names_itself=driver.names_itself, greets=reader.protocol != "em4100"
        )

        def on_state(state: LineState) -> None:
            self.connected[reader.name] = isinstance(state, Connected)
            word.line(state)
            if not isinstance(state, Connected):
                self._devices.lost(reader)

        made = SerialReader(
            reader.path,
            driver,
            clock_ns=time.perf_counter_ns,
            on_message=lambda message: self._take(_Heard(reader, made, word), message),
            on_state=on_state,
            identity=reader.identity,
        )
        self._at_channel.setdefault(reader.channel, []).append(made)
        self._devices.found(reader, made.ask)
        return made

    def _take(self, by: _Heard, message: Message) -> None:
        try:
            self._heard(by, message)
        except Exception as error:  # noqa: BLE001 - the next badge must find its reader
            # Neither the error's text nor its trace, for both may hold the number.
            name = by.reader.name
            _log.error("what a reader said could not be handed over", reader=name, error=type(error).__name__)

    def _heard(self, by: _Heard, message: Message) -> None:
        reader = by.reader
        match message:
            case BadgePresented():
                self._right_of_way.taken()
                self._show_read(by)
                token = badge_token(self._key, message.number_hex)
                self._tapped(reader.channel, token, message.proof, message.received_ns)
            case BadgeUnusable(reason=reason):
                _log.warning("a card that can be nobody's badge", reader=reader.name, reason=reason)
                for command in signs_of_unusable(reason, _LANGUAGE, self._quiet):
                    by.line.ask(command)
            case InputChanged() | RelayReported() | CurrentSample() | ButtonPressed():
                self._devices.heard(reader, message)
            case DeviceReady():
                by.word.ready(message)
                if (light := self._standing.get(reader.channel)) is not None:
                    by.line.ask(light)
            case DeviceTrouble():
                by.word.trouble(message)
                self._devices.lost(reader)
            case BadgeRemoved():
                pass  # nothing at a machine follows from it yet
            case _:
                assert_never(message)

    def _show_read(self, by: _Heard) -> None:
        """Say that a badge was read, before the tap goes on, so that the verdict is not overtaken.

        An OSDP reader does so by itself, and each word to it takes a turn of its line from the verdict's.
        """
        signs = signs_of_read(self._quiet)
        self._devices.show(by.reader.channel, signs)
        if by.reader.protocol != "osdp":
            for command in signs:
                by.line.ask(command)

    def _tapped(self, channel: str, token: BadgeToken, proof: Proof, received_ns: int) -> None:
        machine = self._at(channel)
        if self._engine.open_tokens.get(machine) == token:
            tap = ev.Tapped(machine=machine, token=token, holder=None, reading=_NOT_LOOKED_UP, looked_up=False)
            self._engine.submit(tap, received_ns)
        elif not self._resolve(machine, token, proof, received_ns):
            _log.warning("too many badges wait to be looked up; one is refused", machine=machine)
            self._engine.submit(ev.TapUnheard(machine=machine), received_ns)

    def _at(self, channel: str) -> MachineId:
        """Name the machine that is wired there today; a channel without one stands for itself."""
        return self._machine_on(channel) or MachineId(channel)
