"""A small fuzzer that is guided by what it reaches: an input that takes a new way through the code is kept and changed.

House rules: everything follows from a seed; a way is a pair of lines of the watched files, as the interpreter steps
through them; inputs are short, because a decoder's states are within a few frames.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from random import Random
from types import FrameType
from typing import Any

LENGTH_MAX = 700
"""Two of the longest frames; what grows beyond is cut, for a decoder forgets what is longer ago."""
KEPT_MAX = 400
"""Inputs kept; beyond it each new one takes the place of another by chance."""
TURNS = 4
"""Changes made to an input at most, before it is tried."""
EDGES = (0x00, 0x01, 0x02, 0x03, 0x0A, 0x53, 0x55, 0x7F, 0x80, 0xD4, 0xD5, 0xFE, 0xFF)

Arc = tuple[str, int, int]
Fresh = Callable[[Random], bytes]
"""A whole frame with right check values and any content."""


@contextmanager
def watched(files: frozenset[str], arcs: set[Arc]) -> Iterator[None]:
    """Note every pair of lines that are run one after the other in these files."""

    def enter(frame: FrameType, _event: str, _argument: Any) -> Any:  # noqa: ANN401 - as `sys.settrace` has it
        name = frame.f_code.co_filename
        if name not in files:
            return None
        last = -frame.f_code.co_firstlineno

        def step(frame: FrameType, event: str, _argument: Any) -> Any:  # noqa: ANN401 - the same
            nonlocal last
            if event == "line":
                arcs.add((name, last, frame.f_lineno))
                last = frame.f_lineno
            return step

        return step

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield
    finally:
        sys.settrace(before)


class Fuzzer:
    """Tries `target` on inputs grown from `fresh` frames; what it raises comes out with the input in its notes."""

    def __init__(
        self, target: Callable[[bytes, Random], object], fresh: Fresh, files: Iterable[str], seed: int
    ) -> None:
        self._target, self._fresh, self._files = target, fresh, frozenset(files)
        self._chance = Random(seed)
        self.seed = seed
        self.arcs: set[Arc] = set()
        self.kept: list[bytes] = [b"", fresh(self._chance)]

    def run(self, tries: int) -> None:
        """Try so many inputs."""
        for _ in range(tries):
            data = self._changed(self._chance.choice(self.kept))
            known = len(self.arcs)
            chance = Random(self._chance.getrandbits(32))
            try:
                with watched(self._files, self.arcs):
                    self._target(data, chance)
            except BaseException as error:
                error.add_note(f"seed {self.seed}, input {data.hex()}")
                raise
            if len(self.arcs) > known:
                self._keep(data)

    def _keep(self, data: bytes) -> None:
        if len(self.kept) < KEPT_MAX:
            self.kept.append(data)
        else:
            self.kept[self._chance.randrange(KEPT_MAX)] = data

    def _changed(self, data: bytes) -> bytes:
        chance = self._chance
        for _ in range(chance.randint(1, TURNS)):
            at = chance.randint(0, len(data))
            match chance.randrange(8):
                case 0:
                    data = data[:at] + self._fresh(chance) + data[at:]
                case 1:
                    data = data[:at] + chance.randbytes(chance.randint(1, 6)) + data[at:]
                case 2:
                    data = data[:at] + data[at + chance.randint(1, 6) :]
                case 3 if data:
                    at %= len(data)
                    data = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
                case 4 if data:
                    at %= len(data)
                    data = data[:at] + bytes([chance.choice(EDGES)]) + data[at + 1 :]
                case 5:
                    data = data[:at] + chance.choice(self.kept)[chance.randint(0, len(data)) :]
                case 6:
                    data = data[:at] + data[max(0, at - chance.randint(1, 40)) : at] * 2 + data[at:]
                case _:
                    data = self._fresh(chance)[: chance.randint(1, 20)] + data
        return data[:LENGTH_MAX]
