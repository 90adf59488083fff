"""One device at a machine, whole: transport and conversation joined in one blocking thread.

House rules: the only clock is the one injected; messages and states go out by callbacks on the reading thread, which
must be quick; nothing that the line sends can raise, grow a buffer or take the processor for itself; what is asked of
the device waits in a short queue and never keeps who asks. The newest word about the relay goes before everything else,
and also when the reader ends.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

from firmware_bridge.commands import Command, Relay
from firmware_bridge.drivers import Driver
from firmware_bridge.errors import LineLostError
from firmware_bridge.identity import DeviceGate, usb_serial
from firmware_bridge.messages import BadgePresented, Message
from firmware_bridge.transport import READ_BYTES_MAX, LineState, Transport

FLOOD_REST_S = 0.02
"""Pause after each full read: a flood costs at most 200 kB decoded a second; honest readers fill none."""

ASKED_MAX = 16
"""Commands that wait for the thread: more than one verdict's light, sound and text. Beyond it the newest is refused.
Of a relay only the newest word waits, in a place of its own.
"""

ASKED_OLD_MS = 2000
"""What waited longer is dropped, as on a line that was lost: whoever tapped has gone, and a green light would speak to
somebody else. But a relay is opened however late.
"""

_MS_NS = 1_000_000


class SerialReader:
    """A device at an address (a device path or `socket://host:port`), spoken to as `driver` says.

    `clock_ns` is a monotonic clock in nanoseconds; `on_message` gets each message, `on_state` each change
    of the line. `identity` is the only device that is used ("": any), as it names itself, or by the USB serial number
    that `serial_of` finds where it cannot.
    """

    def __init__(
        self,
        address: str,
        driver: Driver,
        *,
        clock_ns: Callable[[], int],
        on_message: Callable[[Message], None],
        on_state: Callable[[LineState], None],
        identity: str = "",
        serial_of: Callable[[str], str] = usb_serial,
    ) -> None:
        self._transport = Transport(
            address,
            baud=driver.baud,
            on_state=on_state,
            low_lines=driver.low_lines,
            wanted_serial="" if driver.names_itself else identity,
            serial_of=serial_of,
        )
        self._gate = DeviceGate(identity if driver.names_itself else "")
        self._conversation, self._one_way = driver.conversation, driver.one_way
        self._clock_ns = clock_ns
        self._on_message = on_message
        self._asked: queue.Queue[tuple[int, Command]] = queue.Queue(ASKED_MAX)
        self._relay: tuple[int, Relay] | None = None
        self._relay_lock = threading.Lock()

    def run(self) -> None:
        """Speak and listen until `stop`; a lost line is taken up again. Give it a thread of its own."""
        try:
            while self._transport.connect():
                self._gate.restored()
                self._conversation.restored(self._clock_ns() // _MS_NS)
                self._let_go_of_a_stranger(self._clock_ns() // _MS_NS)
                self._converse()
                self._conversation.interrupted()
        finally:
            self._transport.close()

    def stop(self) -> None:
        """End `run` at once, from any thread."""
        self._transport.stop()

    def ask(self, command: Command) -> bool:
        """Have the device do something soon, from any thread; `False` when it only speaks, or too much waits.

        What cannot be said within `ASKED_OLD_MS` is not said any more.
        """
        if self._one_way:
            return False
        now_ms = self._clock_ns() // _MS_NS
        if isinstance(command, Relay):
            self._ask_relay(command, now_ms)
        else:
            try:
                self._asked.put_nowait((now_ms, command))
            except queue.Full:
                return False
        self._transport.wake()
        return True

    def _ask_relay(self, command: Relay, now_ms: int) -> None:
        """Keep the newest word alone; a renewal never takes the place of another word that waits."""
        with self._relay_lock:
            if not command.renews or self._relay is None:
                self._relay = now_ms, command

    @property
    def rejects(self) -> Mapping[str, int]:
        """How many frames were damaged since the start, by the name of the error."""
        return self._conversation.rejects

    def _converse(self) -> None:
        """Go on until the line is lost or the work is over."""
        try:
            self._transport.write(self._conversation.to_send())
            while not self._transport.stopped:
                self._take(self._transport.read(self._wait_s()))
            self._switch(self._clock_ns() // _MS_NS)
            self._transport.write(self._conversation.to_send())
        except LineLostError:
            return

    def _take(self, data: bytes) -> None:
        received_ns = self._clock_ns()
        now_ms = received_ns // _MS_NS
        was_open = self._gate.open
        for message in self._conversation.receive(data, now_ms):
            if (told := self._gate.passes(message)) is not None:
                self._on_message(_stamped(told, received_ns))
        if was_open:
            self._let_go_of_a_stranger(now_ms)
        self._switch(now_ms)
        with contextlib.suppress(queue.Empty):
            while True:
                asked_ms, command = self._asked.get_nowait()
                if self._gate.open and now_ms - asked_ms <= ASKED_OLD_MS:
                    self._conversation.ask(command, now_ms)
        self._transport.write(self._conversation.to_send())
        if len(data) == READ_BYTES_MAX:
            self._transport.rest(FLOOD_REST_S)

    def _switch(self, now_ms: int) -> None:
        """Say the newest word about the relay: an opening however late, a closing only to who still stands there."""
        with self._relay_lock:
            waiting, self._relay = self._relay, None
        if waiting is None or not self._gate.open:
            return
        if not waiting[1].on or now_ms - waiting[0] <= ASKED_OLD_MS:
            self._conversation.ask(waiting[1], now_ms)

    def _let_go_of_a_stranger(self, now_ms: int) -> None:
        """While nobody knows who is there, want nothing closed that was wanted closed before."""
        if not self._gate.open:
            self._conversation.ask(Relay(on=False, lease_ms=0), now_ms)

    def _wait_s(self) -> float | None:
        deadline_ms = self._conversation.next_deadline()
        if deadline_ms is None:
            return None
        return max(0.0, deadline_ms / 1000 - self._clock_ns() / 1_000_000_000)


def _stamped(message: Message, received_ns: int) -> Message:
    """The message with the instant at which its last byte was read."""
    return replace(message, received_ns=received_ns) if isinstance(message, BadgePresented) else message
