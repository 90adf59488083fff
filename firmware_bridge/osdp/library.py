"""libosdp, held at arm's length: the one module that imports it, and what it must never be given or left to do.

It is used through its extension module (`osdp_sys`), for its Python package queues every event without a limit, starts
threads, and has the same name as another package, which overwrites it. House rules, each for something that 3.2.9
does:

- only whole, checked frames that the gate let through are put into a `Channel`;
- its callbacks only append to a bounded deque, never raise (an error would surface in a later call), never call back
  into it (its lock is held), and empty the dictionary that they were given (it is never freed);
- its random numbers come from the C library's `rand()`, never seeded: every process would challenge a reader with the
  same number, and a recorded session could be played again. So `stir` seeds it before each handshake;
- its times are its own, and from the wall clock: a step of that clock costs one repeated command, about a second;
- a panel is kept as long as it can be, for a part of it is never freed either.
"""

import ctypes
import importlib
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from firmware_bridge.errors import LibraryMissingError
from firmware_bridge.osdp.frames import FRAME_BYTES_MAX

EVENTS_MAX = 32
"""Events between two refreshes: libosdp makes at most two a call. Beyond it the oldest is lost."""

INBOX_BYTES_MAX = 2 * FRAME_BYTES_MAX
"""Bytes that wait for libosdp: one reply does, a second never passes the gate. Beyond it the newest is refused."""

OUTBOX_BYTES_MAX = 2 * FRAME_BYTES_MAX
"""Bytes that libosdp may leave: it sends one command and waits. Beyond it a write fails, as on a full line."""

_LIBC = ctypes.CDLL(None)
_QUIET = 0  # its log goes to the terminal, and what matters in it comes as messages

Event = dict[str, Any]


class Panel(Protocol):
    """The side that asks: one reader on one channel, at index 0."""

    def refresh(self) -> None: ...
    def status(self) -> int: ...
    def sc_status(self) -> int: ...
    def submit_command(self, reader: int, command: Event, /) -> bool: ...
    def flush_commands(self, reader: int, /) -> int: ...
    def disable_pd(self, reader: int, /) -> bool: ...
    def enable_pd(self, reader: int, /) -> bool: ...
    def is_pd_enabled(self, reader: int, /) -> bool: ...
    def get_pd_id(self, reader: int, /) -> dict[str, int]: ...
    def check_capability(self, reader: int, capability: int, /) -> tuple[int, int]: ...


class Peripheral(Protocol):
    """The reader's side, for the simulator."""

    def refresh(self) -> None: ...
    def submit_event(self, event: Event, /) -> bool: ...
    def flush_events(self) -> int: ...
    def is_online(self) -> bool: ...
    def is_sc_active(self) -> bool: ...
    def set_command_callback(self, callback: Callable[[Event], tuple[int, None]], /) -> None: ...


@dataclass(slots=True)
class Channel:
    """The two directions of a line, as libosdp sees it."""

    id: int = 0
    inbox: bytearray = field(default_factory=bytearray)
    outbox: bytearray = field(default_factory=bytearray)

    def put(self, data: bytes) -> bool:
        """Let libosdp read these bytes; `False` when too much waits."""
        if len(self.inbox) + len(data) > INBOX_BYTES_MAX:
            return False
        self.inbox += data
        return True

    def taken(self) -> bytes:
        """Give what libosdp sent, once."""
        sent = bytes(self.outbox)
        self.outbox.clear()
        return sent

    def read(self, size: int) -> bytes:
        """Called by libosdp."""
        data = bytes(self.inbox[:size])
        del self.inbox[:size]
        return data

    def write(self, data: bytes) -> int:
        """Called by libosdp; a number below 0 is a failure."""
        if len(self.outbox) + len(data) > OUTBOX_BYTES_MAX:
            return -1
        self.outbox += data
        return len(data)

    def flush(self) -> None:
        """Called by libosdp: what waits belongs to a question that it gave up."""
        self.inbox.clear()


@dataclass(slots=True)
class Heard:
    """What the callbacks leave: copies of events, and how many commands are done with."""

    events: deque[Event] = field(default_factory=lambda: deque(maxlen=EVENTS_MAX))
    completed: int = 0

    def event(self, _reader: int, event: Event) -> int:
        """Called by libosdp with its lock held."""
        self.events.append(event.copy())
        event.clear()
        return 0

    def done(self, _reader: int, command: Event, _status: int) -> None:
        """Called by libosdp with its lock held."""
        self.completed += 1
        command.clear()


def load() -> Any:  # noqa: ANN401 - the extension module has no types
    """Return libosdp's extension module; raise `LibraryMissingError`."""
    try:
        library = importlib.import_module("osdp_sys")
    except ImportError as error:
        raise LibraryMissingError("osdp") from error
    library.set_loglevel(_QUIET)
    return library


def panel(address: int, key: bytes, channel: Channel, heard: Heard, *, enforce: bool) -> Panel:
    """Return a panel for the reader at `address`; `enforce`: neither clear text nor the default key, ever."""
    library = load()
    flags = library.FLAG_ENABLE_NOTIFICATION | (library.FLAG_ENFORCE_SECURE if enforce else 0)
    made = library.ControlPanel([_described(address, key, channel, flags)])
    made.set_event_callback(heard.event)
    made.set_command_completion_callback(heard.done)
    return cast("Panel", made)


def _described(address: int, key: bytes | None, channel: Channel, flags: int) -> dict[str, Any]:
    """One reader's entry, of either side."""
    identity = {"version": 1, "model": 1, "vendor_code": 0x49444E, "serial_number": 1, "firmware_version": 1}
    return {"name": "reader", "address": address, "flags": flags, "scbk": key, "channel": channel, **identity}


def peripheral(address: int, key: bytes | None, channel: Channel, capabilities: list[dict[str, int]]) -> Peripheral:
    """Return a reader at `address`; without a key it is in install mode and takes the one that it is given."""
    library = load()
    flags = library.FLAG_ENFORCE_SECURE if key else library.FLAG_INSTALL_MODE
    described = _described(address, key, channel, flags)
    return cast("Peripheral", library.PeripheralDevice(described, capabilities=capabilities))


def accepted() -> tuple[int, None]:
    """Return a reader's answer to a command, fresh: libosdp takes a reference to `None` from it at each call."""
    answer: list[Any] = [0, None]
    return cast("tuple[int, None]", tuple(answer))


def stir() -> None:
    """Seed the random numbers of libosdp's next challenge from the system's generator."""
    _LIBC.srand(ctypes.c_uint(secrets.randbits(32)))
