"""What just happened, told to the pages that are open.

House rules: publishing never waits and never fails; a page that does not keep up loses events and is told to
load anew. Events hold ids and states only, what every signed-in person may see of the floor.
"""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controller.errors import Message, OperatingError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from controller.domain.canonical import Json

SUBSCRIBERS_MAX = 200
"""Open pages: each costs a connection and a little memory; the next one is asked to try again later."""

WAITING_MAX = 100
"""Events that wait for one page; when there are more they are dropped and the page loads anew."""

KEEP_ALIVE_S = 15.0
"""A beat as often as this keeps proxies from closing a quiet stream, and tells a page that it is still connected."""

RESYNC = "resync"
BEAT = "beat"
OF_ALL_MACHINES = frozenset({RESYNC, "directory"})
"""Kinds that name no machine: whoever follows one machine hears these too."""


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One event: a kind and plain data."""

    kind: str
    data: Mapping[str, Json] = field(default_factory=dict)

    def to_sse(self) -> str:
        """Return the event as a block of a server-sent event stream (HTML standard § 9.2)."""
        return f"event: {self.kind}\ndata: {json.dumps(dict(self.data), ensure_ascii=False)}\n\n"


class Subscription:
    """One open page; used on the event loop that made it."""

    def __init__(self) -> None:
        """Begin with nothing waiting."""
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Queue[LiveEvent] = asyncio.Queue(WAITING_MAX)

    async def next(self) -> LiveEvent:
        """Wait for the next event."""
        return await self._waiting.get()

    def offer(self, event: LiveEvent) -> None:
        """Hand an event over from any thread."""
        try:
            self._loop.call_soon_threadsafe(self._take, event)
        except RuntimeError:  # the loop is closed: the page is gone
            return

    def _take(self, event: LiveEvent) -> None:
        if self._waiting.full():
            while not self._waiting.empty():
                self._waiting.get_nowait()
            event = LiveEvent(RESYNC)
        self._waiting.put_nowait(event)


class Live:
    """Hands events to every open page."""

    def __init__(self) -> None:
        """Begin with nobody listening."""
        self._guard = threading.Lock()
        self._open: set[Subscription] = set()

    def publish(self, kind: str, data: Mapping[str, Json] | None = None) -> None:
        """Tell every open page, from any thread, without waiting."""
        event = LiveEvent(kind, dict(data or {}))
        with self._guard:
            listeners = list(self._open)
        for each in listeners:
            each.offer(event)

    @contextmanager
    def subscribed(self) -> Iterator[Subscription]:
        """Listen on the running event loop; raise `OperatingError` when too many pages are open."""
        page = Subscription()
        with self._guard:
            if len(self._open) >= SUBSCRIBERS_MAX:
                raise OperatingError(
                    Message("trop de pages sont ouvertes", "too many pages are open"),
                    cure=Message("fermez-en", "close some"),
                )
            self._open.add(page)
        try:
            yield page
        finally:
            with self._guard:
                self._open.discard(page)

    async def stream(self, machine: str | None = None, beat_s: float = KEEP_ALIVE_S) -> AsyncIterator[str]:
        """Yield server-sent event text for one page until it goes, of all machines or of one; begins by asking it to
        load what is true now, and beats while nothing happens that is for it.
        """
        with self.subscribed() as page:
            yield LiveEvent(RESYNC).to_sse()
            while True:
                try:
                    event = await asyncio.wait_for(page.next(), beat_s)
                except TimeoutError:
                    event = LiveEvent(BEAT)
                if machine is None or event.kind in OF_ALL_MACHINES or event.data.get("machine") == machine:
                    yield event.to_sse()
                else:
                    yield LiveEvent(BEAT).to_sse()
