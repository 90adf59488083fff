"""Where in a TOML file a key stands, so that an error can name the line: tomllib gives values without places.

House rule: only headers and keys at the beginning of a line count, which is how the shipped examples are written; a key
that cannot be placed is reported with its table's line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\-]+)\s*\]\]?")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-]+)\s*=")


def places_in(text: str) -> dict[str, int]:
    """Return the line of every table and key: `gpio.factory`, `channel[1].pin`."""
    places: dict[str, int] = {}
    for number, name in _named_lines(text):
        places.setdefault(name, number)
    return places


def name_at(text: str, line: int) -> str:
    """Return the table or key that stands on a line, counted from 1; nothing when there is none."""
    return next((name for number, name in _named_lines(text) if number == line), "")


def _named_lines(text: str) -> Iterator[tuple[int, str]]:
    counts: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            name = header.group(2)
            if header.group(1) == "[[":
                table = f"{name}[{counts.get(name, 0)}]"
                counts[name] = counts.get(name, 0) + 1
            else:
                table = name
            yield number, table
        elif key := _KEY.match(line):
            yield number, f"{table}.{key.group(1)}" if table else key.group(1)
