"""Reads an evening: a page that a person can read, of which every line that begins with a dash is told to the rules.

House rules: a dash means that the line counts, so a line that nobody understands is a mistake and never skipped; a
mistake names its file, its line and what was expected there. What the lines say is in `happenings.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r"(?:day (?P<day>\d+) )?(?P<h>\d\d):(?P<m>\d\d)(?::(?P<s>\d\d))? +(?P<rest>\S.*)")
_SEEN = re.compile(
    r"(?P<verdict>[a-z][a-z ]*?)(?: at the (?P<machine>[a-z]+))?(?:: (?P<code>[a-z_]+))?"
    r"(?: after (?P<after>\d+ (?:s|min|h)))?(?: for (?P<euros>\d+\.\d\d) €)?"
)
SPANS_S = {"s": 1, "min": 60, "h": 3_600, "days": 86_400, "day": 86_400}


class MistakeError(ValueError):
    """A line of an evening that cannot be told, or what it expects was not seen."""

    def __init__(self, where: Where, what: str, expected: str) -> None:
        super().__init__(f"{where.file}:{where.line}: {what}\n    {where.text}\n    expected: {expected}")


@dataclass(frozen=True, slots=True)
class Where:
    """A line of a file."""

    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What shows at a machine. As an expectation, what is null is not compared."""

    verdict: str
    machine: str | None = None
    code: str | None = None
    after_s: int | None = None
    cents: int | None = None

    def is_met_by(self, other: Seen) -> bool:
        """Tell whether `other` is what this expects."""
        pairs = (
            (self.machine, other.machine), (self.code, other.code), (self.after_s, other.after_s),
            (self.cents, other.cents),
        )  # fmt: skip
        return self.verdict == other.verdict and all(mine is None or mine == theirs for mine, theirs in pairs)

    def __str__(self) -> str:
        """Write it as a line would."""
        text = self.verdict + (f" at the {self.machine}" if self.machine else "")
        text += f": {self.code}" if self.code else ""
        text += f" after {self.after_s} s" if self.after_s is not None else ""
        return text + (f" for {self.cents / 100:.2f} €" if self.cents is not None else "")


@dataclass(frozen=True, slots=True)
class Moment:
    """At so many seconds of the first day something happens, and this is seen since the moment before."""

    where: Where
    at_s: int
    happens: str
    seen: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Evening:
    """One page: its title, who and what is there, and what happens."""

    title: str
    there: tuple[tuple[Where, str, str], ...]
    moments: tuple[Moment, ...]


def span_s(words: str) -> int:
    """Return a span like `20 s`, `5 min`, `2 h` or `3 days` in seconds."""
    number, unit = words.split()
    return int(number) * SPANS_S[unit]


def read(path: Path) -> Evening:
    """Read a page, or say where it cannot be read."""
    return parse(path.name, path.read_text("utf-8"))


def parse(file: str, text: str) -> Evening:
    """Read the text of a page; before the first time it says who and what is there, after it what happens."""
    title, there, moments = "", list[tuple[Where, str, str]](), list[Moment]()
    for number, line in enumerate(text.splitlines(), 1):
        where = Where(file, number, line)
        if line.startswith("# "):
            title = line.removeprefix("# ").strip()
        if not line.startswith("- "):
            continue
        said = line.removeprefix("- ").strip()
        if timed := _LINE.fullmatch(said):
            moment = _moment(where, timed)
            if moments and moment.at_s < moments[-1].at_s:
                raise MistakeError(where, "this is earlier than the line before", "a later time, or 'day 2 09:00 …'")
            moments.append(moment)
        elif moments:
            raise MistakeError(where, "no time begins this line", "'19:05 what happens -> what is seen'")
        else:
            name, colon, words = said.partition(": ")
            if not colon:
                raise MistakeError(where, "nothing that is there", "'the laser: field value, …' or 'a member: word, …'")
            there.append((where, name, words))
    if not title or not moments:
        raise MistakeError(Where(file, 1, text[:60]), "this is no evening", "a title '# …' and a line '- 19:00 …'")
    return Evening(title, tuple(there), tuple(moments))


def _moment(where: Where, timed: re.Match[str]) -> Moment:
    day, hours, minutes, seconds = (int(timed[name] or 0) for name in ("day", "h", "m", "s"))
    happens, arrow, seen = timed["rest"].partition(" -> ")
    at_s = max(0, day - 1) * 86_400 + hours * 3_600 + minutes * 60 + seconds
    expected = tuple(_seen(where, words.strip()) for words in seen.split(";")) if arrow else ()
    return Moment(where, at_s, happens.strip(), expected)


def _seen(where: Where, words: str) -> Seen:
    found = _SEEN.fullmatch(words)
    if found is None:
        expected = "'refused: a_code', 'ends: a_code after 30 min for 15.00 €', 'granted', … (of README.md)"
        raise MistakeError(where, f"'{words}' cannot be seen", expected)
    after_s = None if found["after"] is None else span_s(found["after"])
    cents = None if found["euros"] is None else int(found["euros"].replace(".", ""))
    return Seen(found["verdict"], found["machine"], found["code"], after_s, cents)
