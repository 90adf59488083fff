"""Programs that we start end with us.

House rule: the kernel keeps this promise, so it holds after a `kill -9` too.
"""

from __future__ import annotations

import shutil


def die_with_us() -> list[str]:
    """Return what to start a program by, so that it is told to end when the thread that started it is gone.

    Nobody is left to stop it after a `kill -9`, and it would hold its port and its relays for ever. Empty where
    util-linux has no setpriv; all else works there too.
    """
    setpriv = shutil.which("setpriv")
    return [] if setpriv is None else [setpriv, "--pdeathsig", "TERM", "--"]
