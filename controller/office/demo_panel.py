"""The way to a running demonstration from a page or a second terminal: who is there, a tap and a plug by hand.

House rules: one question, one answer, a line of JSON each, over a UNIX socket that only this user can open. Whoever
asks waits a few seconds at most. In a workshop there is no such socket and no panel.
"""

from __future__ import annotations

import json
import os
import socket
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.errors import Message, OperatingError
from controller.office.refusals import NotFoundError

SOCKET_VARIABLE = "INDIVIS_DEMO_SOCKET"
"""Where the office finds the socket's path; unset in a workshop."""

ANSWER_WITHIN_S = 8.0
"""Longer than the demonstration waits for a machine's verdict (five seconds); then it is taken for gone."""

LINE_BYTES_MAX = 65_536
"""A list of people is a few kilobytes; a longer line is no answer of ours and is refused."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody, or a machine, by an id to hand back; `about` is a remark for people; `plugged`: its reader is."""

    id: str
    name: str
    about: Message
    plugged: bool = True


@dataclass(frozen=True, slots=True)
class TapOutcome:
    """What a machine did: `granted`, `denied`, `ended` or `unheard`, and the sentence that goes with it."""

    word: str
    said: Message


class DemoPanel:
    """Asks the demonstration behind `socket`; each method raises `OperatingError` when it is gone."""

    def __init__(self, socket_path: Path) -> None:
        self._socket_path = socket_path

    def people(self) -> list[tuple[str, str]]:
        """Return (id, name) of who has a badge."""
        return [(each.id, each.name) for each in self.everybody()]

    def machines(self) -> list[tuple[str, str]]:
        """Return (id, name) of where a badge can be put."""
        return [(each.id, each.name) for each in self._list("machines")]

    def readers(self) -> list[tuple[str, str, Message, bool]]:
        """Return (id, name, kind of reader, plugged in) of the machines."""
        return [(each.id, each.name, each.about, each.plugged) for each in self._list("machines")]

    def tap(self, person: str, machine: str, *, copied: bool = False) -> str:
        """As `tap_outcome`, for who sees the rest on the board: its word alone."""
        return self.tap_outcome(person, machine, copied=copied).word

    def plug(self, machine: str, *, plugged: bool) -> bool:
        """Plug a machine's reader in, or pull its plug; return which it is now. Raise `NotFoundError`."""
        return bool(self._ask({"ask": "plug", "machine": machine, "plugged": plugged})["plugged"])

    def everybody(self) -> list[Listed]:
        """Return who has a badge, with a remark about some of them."""
        return self._list("people")

    def tap_outcome(self, person: str, machine: str, *, copied: bool = False) -> TapOutcome:
        """Put somebody's badge to a machine's reader and return what it did; raise `NotFoundError` for a stranger.

        Either may be an id or the beginning of a name. `copied`: a copy of the badge, with its number alone.
        """
        answer = self._ask({"ask": "tap", "person": person, "machine": machine, "copied": copied})
        return TapOutcome(answer["word"], _message(answer["said"]))

    def answers(self) -> bool:
        """Tell whether somebody listens at the socket."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(ANSWER_WITHIN_S)
            try:
                line.connect(str(self._socket_path))
            except OSError:
                return False
        return True

    def _list(self, what: str) -> list[Listed]:
        return [_listed(each) for each in self._ask({"ask": what})[what]]

    def _ask(self, question: dict[str, str | bool]) -> dict[str, Any]:
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(ANSWER_WITHIN_S)
                line.connect(str(self._socket_path))
                line.sendall(json.dumps(question).encode() + b"\n")
                with line.makefile("rb") as file:
                    answer: dict[str, Any] = json.loads(file.readline(LINE_BYTES_MAX))
        except (OSError, ValueError) as error:
            raise gone() from error
        if "refused" in answer:
            cure = _message(answer["cure"])
            raise NotFoundError(_message(answer["refused"]), cure=cure if cure.fr else None)
        return answer


def panel_from_environment() -> DemoPanel | None:
    """Return the panel of the demonstration that started this office; `None` in a workshop."""
    path = os.environ.get(SOCKET_VARIABLE)
    return DemoPanel(Path(path)) if path else None


def running_demo() -> DemoPanel:
    """Return this user's running demonstration, the latest of several; raise `OperatingError` when there is none."""
    try:
        descriptor = os.open(runtime_file(), os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, encoding="utf-8") as file:
            state = os.fstat(file.fileno())
            if state.st_uid != os.getuid() or not stat.S_ISREG(state.st_mode):
                raise gone()
            noted = [Path(line) for line in file.read(LINE_BYTES_MAX).splitlines() if line]
    except OSError as error:
        raise gone() from error
    # A demonstration that was killed could not take its line out.
    panel = next((panel for panel in map(DemoPanel, reversed(noted)) if panel.answers()), None)
    if panel is None:
        raise gone()
    return panel


def runtime_file() -> Path:
    """Return where running demonstrations write their sockets' paths, a line each: in the user's own runtime folder,
    if any.
    """
    folder = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return Path(folder) / f"indivis-demo-{os.getuid()}"


def gone() -> OperatingError:
    """Return the refusal of someone who asks a demonstration that is not there."""
    return OperatingError(
        Message("aucune démonstration ne tourne", "no demonstration is running"),
        cure=Message("lancez-la : indivis demo", "start it: indivis demo"),
    )


def _listed(data: dict[str, Any]) -> Listed:
    return Listed(data["id"], data["name"], _message(data["about"]), data.get("plugged", True))


def _message(data: dict[str, str]) -> Message:
    return Message(data["fr"], data["en"])
