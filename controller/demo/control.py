"""The demonstration's own door: a UNIX socket by which a page or a second terminal taps badges and pulls plugs.

House rules: only this user can open it; a question is one short line, at most a few at a time, and whoever does not
finish a line in two seconds is hung up on. Nothing here touches a reader: questions are handed to the driver.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import queue
import socket
import tempfile
import threading
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self, TypeVar

from controller.demo.workshop import MACHINES, PEOPLE
from controller.errors import Message, UserError
from controller.office.demo_panel import runtime_file

LINE_BYTES_MAX = 4_096
"""A question names one person and one machine."""

LINE_WITHIN_S = 2.0
VERDICT_WITHIN_S = 5.0
"""A machine answers within half a second; an unknown outcome is told after this."""

AT_A_TIME = 4
"""A page and a few terminals; one more waits for its turn in the socket's backlog."""

NOTED_MAX = 8
"""Demonstrations at a time whose sockets are noted; of more, and of killed ones, the oldest are forgotten."""

NOTED_BYTES_MAX = 65_536
"""Eight paths; what lies beyond in that file is none of ours."""

SOCKET_PATH_MAX = 100
"""unix(7): a socket's path has 107 bytes; a deeper folder gets its socket elsewhere."""

Answer = dict[str, object]


class _Named(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


Named = TypeVar("Named", bound=_Named)


@dataclass(frozen=True, slots=True)
class TapAsked:
    """Somebody wants a badge, or a copy of it, put to a reader; the verdict (word, sentence) goes into `verdict`."""

    person: str
    machine: str
    copied: bool = False
    verdict: queue.SimpleQueue[tuple[str, Message]] = field(default_factory=queue.SimpleQueue)


@dataclass(frozen=True, slots=True)
class PlugAsked:
    """Somebody wants a reader's plug pulled or put back; `done` hears when it is."""

    machine: str
    plugged: bool
    done: queue.SimpleQueue[None] = field(default_factory=queue.SimpleQueue)


class ReadersSeen(Protocol):
    """What can be seen of the readers."""

    def plugged(self, machine: str) -> bool:
        """Whether a machine's reader is plugged in."""

    def about(self, machine: str) -> Message:
        """Say what kind it is."""


class ControlSocket:
    """Has a path from the beginning, and answers there once `open`; `hand_over` gets what is asked for."""

    def __init__(self, folder: Path, readers: ReadersSeen, hand_over: Callable[[TapAsked | PlugAsked], None]) -> None:
        self._readers, self._hand_over = readers, hand_over
        self._own_folder: Path | None = None
        self.path = folder / "demo.sock"
        if len(os.fsencode(self.path)) > SOCKET_PATH_MAX:
            self._own_folder = Path(tempfile.mkdtemp(prefix="indivis-demo-"))
            self.path = self._own_folder / "demo.sock"
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(self.path))
        self.path.chmod(0o600)

    def open(self) -> None:
        """Begin to answer, when there are machines to tap at; until then whoever asks is told that nothing runs."""
        self._socket.listen(AT_A_TIME)
        for number in range(AT_A_TIME):
            threading.Thread(target=self._serve, name=f"demo-control-{number}", daemon=True).start()
        _note([*_noted(), str(self.path)][-NOTED_MAX:])

    def close(self) -> None:
        """Leave nothing behind; a later demonstration's note stays."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.path.unlink(missing_ok=True)
        if self._own_folder is not None:
            self._own_folder.rmdir()
        _note([path for path in _noted() if path != str(self.path)])

    def __enter__(self) -> Self:
        """Return the socket."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            with line, contextlib.suppress(OSError):
                line.settimeout(LINE_WITHIN_S)
                with line.makefile("rb") as file:
                    answer = self._answer(file.readline(LINE_BYTES_MAX))
                line.sendall(json.dumps(answer, ensure_ascii=False).encode() + b"\n")

    def _answer(self, question: bytes) -> Answer:
        try:
            asked = json.loads(question)
            match asked:
                case {"ask": "people"}:
                    return {"people": [_shown(each.id, each.name, each.about) for each in PEOPLE]}
                case {"ask": "machines"}:
                    return {"machines": [self._shown(each.id, each.name) for each in MACHINES]}
                case {"ask": "tap", "person": str(person), "machine": str(machine), "copied": bool(copied)}:
                    return self._tapped(TapAsked(_meant(PEOPLE, person).id, _meant(MACHINES, machine).id, copied))
                case {"ask": "plug", "machine": str(machine), "plugged": bool(plugged)}:
                    return self._plugged(PlugAsked(_meant(MACHINES, machine).id, plugged))
                case _:
                    raise _not_understood()
        except UserError as error:
            return {"refused": _data(error.what), "cure": _data(error.cure)}
        except (ValueError, RecursionError):
            return {"refused": _data(_not_understood().what), "cure": _data(None)}

    def _shown(self, machine: str, name: str) -> Answer:
        return _shown(machine, name, self._readers.about(machine)) | {"plugged": self._readers.plugged(machine)}

    def _plugged(self, plug: PlugAsked) -> Answer:
        self._hand_over(plug)
        with contextlib.suppress(queue.Empty):
            plug.done.get(timeout=VERDICT_WITHIN_S)
        return {"machine": plug.machine, "plugged": self._readers.plugged(plug.machine)}

    def _tapped(self, tap: TapAsked) -> Answer:
        self._hand_over(tap)
        try:
            word, said = tap.verdict.get(timeout=VERDICT_WITHIN_S)
        except queue.Empty:
            word = "unheard"
            said = Message("badge posé ; la machine n'a rien répondu", "badge put; the machine answered nothing")
        return {"word": word, "said": _data(said)}


def _meant(named: Sequence[Named], said: str) -> Named:
    """Return whom `said` names by id or by the beginning of id or name; raise `UserError` with who is there."""
    plain = _plain(said)
    exact = [each for each in named if plain in {each.id, _plain(each.name)}]
    found = exact or [
        each for each in named if plain and (each.id.startswith(plain) or _plain(each.name).startswith(plain))
    ]
    if len(found) == 1:
        return found[0]
    ids = [each.id for each in named]
    near = difflib.get_close_matches(plain, ids, n=1) or ids
    listed = ", ".join(near)
    raise UserError(
        Message(f"« {said[:40]} » n'est pas d'ici", f"'{said[:40]}' is not from here"),
        cure=Message(f"essayez : {listed}", f"try: {listed}"),
    )


def _noted() -> list[str]:
    """Return the paths of this user's demonstrations, the latest last."""
    try:
        descriptor = os.open(runtime_file(), os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, encoding="utf-8") as file:
            ours = os.fstat(file.fileno()).st_uid == os.getuid()
            return file.read(NOTED_BYTES_MAX).splitlines() if ours else []
    except OSError:
        return []


def _note(paths: list[str]) -> None:
    """Write down where the sockets are; the latest is the one that a second terminal finds."""
    place = runtime_file()
    with contextlib.suppress(OSError):  # a second terminal is then told that nothing runs; all else works
        if not paths:
            place.unlink(missing_ok=True)
            return
        fresh = place.with_name(f"{place.name}.{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("".join(f"{path}\n" for path in paths))
        fresh.replace(place)


def _not_understood() -> UserError:
    return UserError(Message("question incomprise", "question not understood"))


def _shown(key: str, name: str, about: Message | None) -> Answer:
    return {"id": key, "name": name, "about": _data(about)}


def _data(message: Message | None) -> dict[str, str]:
    return {"fr": "", "en": ""} if message is None else {"fr": message.fr, "en": message.en}


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
