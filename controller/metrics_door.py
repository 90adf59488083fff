"""Where Prometheus reads: `/metrics` on a port of its own, for both programs.

House rules: one thread, one request at a time, and no step of it waits longer than PATIENCE_S: a scraper that hangs, or
that comes too often, keeps other scrapers waiting and nobody else. A port that is taken is logged, and the program goes
on without. No label holds a member, an account or a badge, only a machine, a controller or a word of a closed list.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from controller import logs

PATIENCE_S = 5.0
"""A scrape is some kilobytes; who has not asked, or not read, within this is cut off."""

PATH = "/metrics"

_log = logs.get("metrics")


class Collecting(Protocol):
    """What the figures of a program are asked of, on the door's thread."""

    def collect(self) -> Iterable[Metric]:
        """Return the figures as they are now."""


class _Listening(TCPServer):
    """Not the library's HTTP server, which asks the network for its own name before it serves."""

    allow_reuse_address = True
    request_queue_size = 5


class MetricsDoor:
    """Serves what `collecting` gives. `give_way` waits while a tap is under way."""

    def __init__(
        self, host: str, port: int, collecting: Collecting, give_way: Callable[[], None] = lambda: None
    ) -> None:
        """Listen; port 0 takes a free one. Raises `OSError` where nobody can."""
        self._registry = registry_of(collecting)
        self._server = _Listening((host, port), self._handler(give_way))
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer nobody any more; twice is once."""
        threading.Thread(target=self._server.shutdown, name="metrics ends", daemon=True).start()
        self._thread.join(PATIENCE_S)  # a scraper that dawdles is left behind: a stop must not hang on it
        self._server.server_close()

    def _handler(self, give_way: Callable[[], None]) -> type[BaseHTTPRequestHandler]:
        registry = self._registry

        class Handler(BaseHTTPRequestHandler):
            """One scrape."""

            timeout = PATIENCE_S

            def do_GET(self) -> None:
                """Answer with the figures, or with 404."""
                if self.path.partition("?")[0] != PATH:
                    self.send_error(404)
                    return
                give_way()
                try:
                    said = generate_latest(registry)
                except Exception:  # noqa: BLE001 - a figure that cannot be read is no reason to end the door
                    _log.exception("the figures could not be read")
                    self.send_error(500)
                    return
                self.send_response(200)
                self.send_header("Content-Type", CONTENT_TYPE_LATEST)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: object) -> None:
                """Say nothing: a line for each scrape would fill the log."""

        return Handler


def registry_of(collecting: Collecting) -> CollectorRegistry:
    """Return what the library exposes: these figures and none of its own."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(collecting))
    return registry


def open_door(
    host: str, port: int, collecting: Collecting, give_way: Callable[[], None] = lambda: None
) -> MetricsDoor | None:
    """Return the door, or `None` where the settings want none (port 0) or it cannot be opened, which is logged."""
    if not port:
        return None
    try:
        return MetricsDoor(host, port, collecting, give_way)
    except OSError as error:
        _log.error("metrics cannot be served", host=host, port=port, why=str(error))
        return None


class _Once:
    """A collector as the library wants it: registering asks for nothing."""

    def __init__(self, collecting: Collecting) -> None:
        self._collecting = collecting

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterable[Metric]:
        return self._collecting.collect()
