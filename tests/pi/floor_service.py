"""The controller on the emulated Pi, started and ended by the commands that its systemd unit holds."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.pi.emulated_pi import EmulatedPi, Pin

UNIT = Path(__file__).parents[2] / "systemd/indivis-controller.service"


def command(directive: str) -> str:
    """What the unit runs at this point."""
    (found,) = (line for line in UNIT.read_text().splitlines() if line.startswith(f"{directive}="))
    return found.partition("=")[2]


class Service:
    """One run of `indivis controller` with the settings of that name; `started` is what each pin did meanwhile."""

    def __init__(self, pi: EmulatedPi, name: str = "indivis") -> None:
        """Start it; `ready` waits until a badge may be tapped."""
        self._pi, self._name = pi, name
        here = pi.does(f"mktemp -d /run/{name}-XXXXXX")
        self._log, self._pid, self._code = f"{here}/log", f"{here}/pid", f"{here}/code"
        started = self._in_place(command("ExecStart"))
        pi.does(
            f"({started} >{self._log} 2>&1 & echo $! >{self._pid}; wait $!; echo $? >{self._code}) >/dev/null 2>&1 &"
        )

    def ready(self) -> None:
        """Wait until it says so."""
        self._pi.waits_until(f"grep -q '\"ready\"' {self._log} || test -s {self._code}")
        assert self.code() is None, self.said()

    def said(self) -> str:
        """Its log so far."""
        return self._pi.text_of(self._log)

    def says(self, words: str, times: int = 1) -> None:
        """Wait until so many lines of its log hold these words."""
        self._pi.waits_until(f"test $(grep -c {shlex.quote(words)} {self._log}) -ge {times}")

    def code(self) -> int | None:
        """Its exit code, as a shell gives it; `None` while it runs."""
        found = self._pi.text_of(self._code).strip()
        return int(found) if found else None

    def signalled(self, name: str) -> int:
        """Send it a signal and return the code it ended with."""
        self._pi.does(f"kill -s {name} $(cat {self._pid})")
        return self.ended()

    def ended(self) -> int:
        """Wait for its end and return the code."""
        self._pi.waits_until(f"test -s {self._code}")
        code = self.code()
        assert code is not None
        return code

    def stop_hook(self) -> tuple[int, str]:
        """What systemd does after every end."""
        return self._pi.run(self._in_place(command("ExecStopPost")))

    def _in_place(self, line: str) -> str:
        state = f"/var/lib/{self._name}"
        words = line.replace("/etc/indivis/indivis.toml", f"/etc/indivis/{self._name}.toml")
        return f"cd {state}; STATE_DIRECTORY={state} INDIVIS_LANG=en {words}"


def driven(history: list[Pin]) -> set[bool]:
    """The levels that the chip drove, in any order."""
    return {pin.level for pin in history if pin.driven}
