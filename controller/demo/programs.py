"""The two programs as children: started as a person would, watched, and ended in order.

House rules: they are the installed commands in processes of their own, deaf to the terminal's Ctrl-C, so that each is
ended when its turn comes; none is started again, because a demonstration must not hide that a program died.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from controller.children import die_with_us
from controller.errors import Message, OperatingError

STOP_WITHIN_S = 15.0
"""The controller opens its relays at once and then writes; what takes longer than this is killed."""


LAST_WORDS_BYTES = 4_096
LAST_WORDS_LENGTH = 300
OWN_WORDS = "indivis: "
"""How the command line begins the one sentence that says why it ends."""


class Program:
    """`indivis <name> --config FILE`, its output in a log. `on_end` is called on another thread when it ends."""

    def __init__(self, name: str, settings: Path, log: Path, *, environ: Mapping[str, str]) -> None:
        self.name = name
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 (our own arguments)
                [*die_with_us(), sys.executable, "-m", "controller", name, "--config", str(settings)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environ),
                process_group=0,
            )

    def watch(self, on_end: Callable[[Program], None]) -> None:
        """Have `on_end` called once, when the program ends for whatever reason."""

        def wait() -> None:
            self._process.wait()
            on_end(self)

        threading.Thread(target=wait, name=f"watch-{self.name}", daemon=True).start()

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended: 0 is well; `None` while it runs."""
        return self._process.poll()

    def stop(self) -> None:
        """Ask it to end, wait, and kill it if it does not; twice is once."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def died(self) -> OperatingError:
        """Return the error that says that it ended, in its own last words."""
        words = self._last_words()
        return OperatingError(
            Message(f"le programme « {self.name} » s'est arrêté", f"the program '{self.name}' ended"),
            why=Message(words, words),
            cure=Message(f"voir {self._log}", f"see {self._log}"),
        )

    def silent(self) -> OperatingError:
        """Return the error that says that it runs and does not answer."""
        return OperatingError(
            Message(f"le programme « {self.name} » ne répond pas", f"the program '{self.name}' does not answer"),
            cure=Message(f"voir {self._log}", f"see {self._log}"),
        )

    def _last_words(self) -> str:
        with self._log.open("rb") as file:
            file.seek(max(0, self._log.stat().st_size - LAST_WORDS_BYTES))
            lines = [line for line in file.read().decode(errors="replace").splitlines() if line.strip()]
        own = [line.removeprefix(OWN_WORDS) for line in lines if line.startswith(OWN_WORDS)]
        last = (own or lines or [f"code {self.exit_code}"])[-1]
        return last.rstrip(" .")[:LAST_WORDS_LENGTH]
