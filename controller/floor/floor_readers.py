"""The badge readers of this controller: one thread each, from bytes to a tap handed over.

House rules: a badge's number becomes its token here and goes no further; the owner of the open use is handed to the
engine
directly, so ending a use waits for no disk; everybody else goes by the resolver.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from controller import logs
from controller.domain import events as ev
from controller.domain.access import Reading
from controller.domain.ids import MachineId
from controller.domain.proof import Proof
from controller.floor.badge_key import badge_token
from controller.floor.right_of_way import RightOfWay
from firmware_bridge.drivers import driver_for
from firmware_bridge.messages import BadgePresented, Message
from firmware_bridge.reader import SerialReader
from firmware_bridge.transport import Connected, LineState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from controller.domain.ids import BadgeToken
    from controller.floor.engine import Engine
    from controller.settings import Reader

_NOT_LOOKED_UP = Reading(revision=0, age_ms=None, needs_upgrade=False, empty=False)
"""What the owner's own tap carries: ending a use asks nothing of the directory."""

_log = logs.get("readers")


class FloorReaders:
    """Starts and stops the readers; `machine_on` says which machine is wired to a channel today."""

    def __init__(
        self,
        readers: Iterable[Reader],
        *,
        key: bytes,
        engine: Engine,
        resolve: Callable[[MachineId, BadgeToken, Proof, int], object],
        machine_on: Callable[[str], MachineId | None],
        right_of_way: RightOfWay,
    ) -> None:
        self._key, self._engine, self._resolve, self._machine_on = key, engine, resolve, machine_on
        self._right_of_way = right_of_way
        self.connected: dict[str, bool] = {}
        self._readers = [self._made(reader) for reader in readers]
        self._threads = [
            threading.Thread(target=reader.run, name=f"reader {index}", daemon=True)
            for index, reader in enumerate(self._readers)
        ]

    def start(self) -> None:
        """Begin to read; a reader that is not there is tried again until it is."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End every reader."""
        for reader in self._readers:
            reader.stop()
        for thread in self._threads:
            thread.join(2)

    def _made(self, reader: Reader) -> SerialReader:
        self.connected[reader.name] = False

        def on_message(message: Message) -> None:
            if isinstance(message, BadgePresented):
                self._right_of_way.taken()
                token = badge_token(self._key, message.number_hex)
                self._tapped(reader.channel, token, message.proof, message.received_ns)

        def on_state(state: LineState) -> None:
            self.connected[reader.name] = isinstance(state, Connected)
            if isinstance(state, Connected):
                _log.info("reader connected", reader=reader.name)
            else:
                _log.warning("reader lost", reader=reader.name, why=state.error.sentence("en"))

        driver = driver_for(reader.protocol, reader.model)
        return SerialReader(
            reader.path, driver, clock_ns=time.perf_counter_ns, on_message=on_message, on_state=on_state
        )

    def _tapped(self, channel: str, token: BadgeToken, proof: Proof, received_ns: int) -> None:
        machine = self._machine_on(channel) or MachineId(channel)
        if self._engine.open_tokens.get(machine) == token:
            tap = ev.Tapped(machine=machine, token=token, holder=None, reading=_NOT_LOOKED_UP, looked_up=False)
            self._engine.submit(tap, received_ns)
        else:
            self._resolve(machine, token, proof, received_ns)
