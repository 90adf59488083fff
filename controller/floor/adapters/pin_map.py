"""The file that says which pins to drive off when the program cannot: written by the controller, read by
`pins-off`.

House rules: replaced in one step, so that a reader sees the old map or the new one; written by a thread of
its own, because a stop never waits for a disk; standard library only. A late file is harmless both ways: a
machine not yet marked as held is driven off, and one still marked as held has already been de-energised.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

OnProcessExit = Literal["off", "hold"]

SCHEMA = 1
MOCK_CHIP = "mock"
FILE_MAX_BYTES = 65_536
"""A pin takes about 200 bytes and a header has 26 pins: a longer file is not ours, and is refused unread."""

FLUSH_MAX_S = 1.0
"""How long closing waits for the last write: a hung disk must not keep the process from ending; the map
stays as it was.
"""

BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedPin:
    """One relay's line, the physical level that means off, and what a process's end means for its machine."""

    machine_id: str
    chip: str
    line: int
    off_level: bool
    on_process_exit: OnProcessExit
    hold_max_gap_ms: int
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PinMap:
    """All relays of one controller, and the boot in which their `held` marks were made."""

    boot_id: str
    pins: tuple[MappedPin, ...]


def read_boot_id() -> str:
    """Give this boot's id, or an empty text where the kernel shows none (then no hold is ever valid)."""
    try:
        return BOOT_ID_FILE.read_text("ascii").strip()
    except OSError:
        return ""


def encode(pin_map: PinMap) -> str:
    """Write the map as JSON text."""
    pins = [{name: getattr(pin, name) for name in MappedPin.__slots__} for pin in pin_map.pins]
    document = {"schema": SCHEMA, "boot_id": pin_map.boot_id, "pins": pins}
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def decode(text: str) -> PinMap:
    """Read a map back; `ValueError` with one sentence when it is not one."""
    try:
        document = json.loads(text)
        if document["schema"] != SCHEMA:
            raise ValueError(f"schema {document['schema']}, expected {SCHEMA}")
        return PinMap(boot_id=str(document["boot_id"]), pins=tuple(_pin(entry) for entry in document["pins"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"missing or misplaced entry {error}") from error


def _pin(entry: dict[str, Any]) -> MappedPin:
    pin = MappedPin(**{name: entry[name] for name in MappedPin.__slots__})
    if type(pin.line) is not int or type(pin.off_level) is not bool:
        raise ValueError(f"pin of machine {pin.machine_id!r}: line is an integer, off_level a boolean")
    return pin


def read_file(path: Path) -> PinMap:
    """Read the map; `OSError` when it cannot be read, `ValueError` when it is not a map."""
    with path.open("rb") as file:
        content = file.read(FILE_MAX_BYTES + 1)
    if len(content) > FILE_MAX_BYTES:
        raise ValueError(f"longer than {FILE_MAX_BYTES} bytes")
    return decode(content.decode("utf-8"))


def replace_file(path: Path, text: str) -> None:
    """Put `text` in the place of `path` in one step that survives a power cut; readable by the service's
    group.
    """
    new = path.with_name(path.name + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def held_since_file(path: Path) -> Path:
    """Name the mark that `pins-off` leaves beside the map when it left a held machine alone."""
    return path.with_name("held-since.json")


class PinMapWriter:
    """Keeps the file current from a thread of its own. At most one map waits: a newer one takes its place."""

    def __init__(self, path: Path) -> None:
        """Write nothing yet."""
        self._path = path
        self._changed = threading.Condition()
        self._waiting: str | None = None
        self._writing = False
        self._ended = False
        self.failure: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="pin-map", daemon=True)

    def start(self, pin_map: PinMap) -> None:
        """Write the first map before any pin is claimed, in the caller's thread; `OSError` when it cannot
        be written.
        """
        replace_file(self._path, encode(pin_map))
        self._thread.start()

    def put(self, pin_map: PinMap) -> None:
        """Hand over a newer map; never waits for the disk."""
        with self._changed:
            self._waiting = encode(pin_map)
            self._changed.notify_all()

    def controller_is_back(self) -> None:
        """Take away the mark of a machine left on without us: its lines are ours again."""
        held_since_file(self._path).unlink(missing_ok=True)

    def flush(self) -> bool:
        """Wait until the last map is on disk, at most `FLUSH_MAX_S`; say whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._waiting is None and not self._writing, FLUSH_MAX_S)

    def close(self) -> None:
        """Write what waits, within `FLUSH_MAX_S`, and end the thread."""
        self.flush()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting is not None or self._ended)
                if self._waiting is None:
                    return
                text, self._waiting, self._writing = self._waiting, None, True
            try:
                replace_file(self._path, text)
                self.failure = None
            except OSError as error:
                self.failure = error
            with self._changed:
                self._writing = False
                self._changed.notify_all()
