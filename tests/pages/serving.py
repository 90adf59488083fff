"""An office behind a real server on a free port, for stories that need a real browser."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn

from controller.office.office import Office
from tests.office.answering import answering
from tests.waiting import wait_until


@dataclass(eq=False)
class Server(threading.Thread):
    """A server in a thread; `address` is where it listens."""

    office: Office
    address: str = ""
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def __post_init__(self) -> None:
        """Take a free port."""
        super().__init__(daemon=True)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        config = uvicorn.Config(
            answering(self.office), interface="asgi3", log_level="critical", timeout_graceful_shutdown=1
        )
        self.server = uvicorn.Server(config)

    def run(self) -> None:
        """Serve until told to stop."""
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.server.serve(sockets=[self._listener]))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
        self._listener.close()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Do nothing for a while, with every connection open: what a page sees of a server that is stuck."""
        go_on = threading.Event()
        self.loop.call_soon_threadsafe(go_on.wait)
        try:
            yield
        finally:
            go_on.set()


@contextmanager
def serving(office: Office) -> Iterator[Server]:
    """Serve an office."""
    server = Server(office)
    server.start()
    wait_until(lambda: server.server.started, what="the server")
    try:
        yield server
    finally:
        server.server.should_exit = True
        server.join()
