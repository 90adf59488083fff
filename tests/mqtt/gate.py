"""A TCP listener in front of a broker, or instead of one: it can be old, silent, abrupt or talk nonsense."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self

from controller.exchange.broker import LocalBroker

Manner = Literal["refuses_5", "hangs_up_on_5", "silent", "nonsense", "takes_over", "welcomes_only", "stalls_once"]

PROTOCOL_LEVEL_5 = 5
CONNACK_UNSUPPORTED_3_1_1 = bytes([0x20, 0x02, 0x00, 0x01])  # MQTT 3.1.1, 3.2.2.3: what an older broker answers
WELCOME = bytes([0x20, 0x03, 0x00, 0x00, 0x00])  # MQTT 5, 3.2: CONNACK
TAKEN_OVER = bytes([0xE0, 0x02, 0x8E, 0x00])  # MQTT 5, 3.14: DISCONNECT
NONSENSE = b"HTTP/1.1 400 Bad Request\r\n\r\n"


class Gate:
    """Listens on a free loopback port; what it lets through goes to `broker`."""

    def __init__(self, manner: Manner, broker: LocalBroker | None = None) -> None:
        self._manner, self._broker = manner, broker
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.levels_seen: list[int] = []
        """The protocol level of each CONNECT, in order."""
        self.swallowed = b""
        """What a stalled connection took without an answer."""

    @property
    def port(self) -> int:
        """Where to connect to."""
        port: int = self._listener.getsockname()[1]
        return port

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for line in self._open:
            line.close()
        for thread in self._threads:
            thread.join()

    def cut(self) -> None:
        """End every connection that stands, without a word."""
        for line in list(self._open):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _spawn(self, target: Callable[..., None], *args: socket.socket) -> None:
        thread = threading.Thread(target=target, args=args)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                self._open.append(line)
                self._spawn(self._serve, line)

    def _serve(self, line: socket.socket) -> None:
        with suppress(OSError):
            connect = line.recv(4096)
            level = connect[8] if len(connect) > 8 else 0  # 3.1.2.2: after the fixed header and "MQTT"
            self.levels_seen.append(level)
            match self._manner:
                case "silent":
                    return
                case "nonsense":
                    line.sendall(NONSENSE)
                case "takes_over":
                    line.sendall(WELCOME + TAKEN_OVER)
                case "welcomes_only":
                    line.sendall(WELCOME)
                    return
                case "stalls_once" if len(self.levels_seen) == 1:
                    line.sendall(WELCOME)
                    while data := line.recv(4096):
                        self.swallowed += data
                case "refuses_5" if level >= PROTOCOL_LEVEL_5:
                    line.sendall(CONNACK_UNSUPPORTED_3_1_1)
                case "hangs_up_on_5" if level >= PROTOCOL_LEVEL_5:
                    pass
                case _:
                    self._let_through(line, connect)
            line.shutdown(socket.SHUT_RDWR)

    def _let_through(self, line: socket.socket, connect: bytes) -> None:
        assert self._broker is not None
        behind = socket.create_connection((self._broker.host, self._broker.port))
        self._open.append(behind)
        behind.sendall(connect)
        self._spawn(_pump, behind, line)
        _pump(line, behind)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(4096):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
