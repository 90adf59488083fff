"""How the program at the machines uses its interpreter: set by the program alone, never by a test.

House rule: none of it is a matter of right or wrong, only of milliseconds.
"""

from __future__ import annotations

import gc
import sys

SWITCH_INTERVAL_S = 0.0001
"""A thread that waits for the interpreter gets it after a tenth of a millisecond, not Python's five: a tap passes
through four threads and may have to ask in each.
"""


def let_others_in_soon() -> None:
    """Shorten the time for which one thread may hold the interpreter."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)


def keep_what_is_loaded() -> None:
    """Once everything is open, never look through it for garbage again: that takes tens of milliseconds on a Pi."""
    gc.collect()
    gc.freeze()
