"""A program that writes one use after the other and tells each number once it is stored: made to be killed.

python -m tests.floor.journal_writer PATH
"""

from __future__ import annotations

import sys
from pathlib import Path

from controller.floor.journal import Journal
from tests.floor.journal_kit import CONTROLLER, ended, now, opened


def main(path: Path) -> None:
    """Write until killed."""
    made = Journal(path, controller=CONTROLLER, software="0.0.1", on_written=lambda n: print(n, flush=True))  # noqa: T201
    start = made.open(now())
    print(start.opening.n, flush=True)  # noqa: T201
    number = start.opening.n
    while True:
        made.append(opened(number))
        made.append(ended(number))
        number += 1
        if made.pending > 100:
            made.settle(60.0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
