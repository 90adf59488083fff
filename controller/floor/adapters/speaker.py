"""What is said aloud, on the Pi's sound output, by a program that speaks: espeak-ng, or one that is called like it.

House rules: whoever asks never waits; a sentence goes to the program's standard input, so that nothing in it is an
option; one sentence at a time, each with an end; a program that is missing or fails silences speech and nothing else.
"""

from __future__ import annotations

import queue
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

from controller import logs

if TYPE_CHECKING:
    from controller.domain.display import Language

SAID_MAX = 4
"""Sentences that wait: a maker reads the display meanwhile. Beyond it the newest is not said: it would be too late."""

SENTENCE_S_MAX = 20.0
"""Longer than the longest sentence takes; a program that hangs at a sound card is ended, and the next one is begun."""

_log = logs.get("speaker")


class Speaker:
    """Speaks with `program`, a name on the path or a file."""

    def __init__(self, program: str, sentence_s_max: float = SENTENCE_S_MAX) -> None:
        """Say nothing yet."""
        self._program, self._sentence_s_max = program, sentence_s_max
        self._waiting: queue.Queue[tuple[Language, str] | None] = queue.Queue(SAID_MAX)
        self._ending = self._troubled = False

    def say(self, language: Language, text: str) -> bool:
        """Have a sentence said soon, from any thread; `False` when too many wait."""
        with suppress(queue.Full):
            self._waiting.put_nowait((language, text))
            return True
        return False

    def run(self) -> None:
        """Speak until `stop`. Give it a thread of its own."""
        while not self._ending and (said := self._waiting.get()) is not None:
            self._speak(*said)

    def stop(self) -> None:
        """End `run` after the sentence that is being said, from any thread."""
        self._ending = True
        with suppress(queue.Full):
            self._waiting.put_nowait(None)

    def _speak(self, language: Language, text: str) -> None:
        try:
            subprocess.run(  # noqa: S603 - the settings name the program, and its arguments are ours
                [self._program, "-v", language, "--stdin"],
                input=text.encode(),
                check=True,
                capture_output=True,
                timeout=self._sentence_s_max,
            )
            self._troubled = False
        except (OSError, subprocess.SubprocessError) as error:
            if not self._troubled:
                # Once, until it speaks again: the sentence is not in the log, for it may say whose turn it is not.
                _log.warning("nothing can be said aloud", program=self._program, error=type(error).__name__)
            self._troubled = True
