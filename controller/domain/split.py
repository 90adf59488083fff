"""The cent wheel: who receives which cent of a sum that several parties share.

House rules: whole cents and whole weights; the written order of the lines breaks ties and is kept with the
agreement's version. The wheel is Balinski and Young's quota method (1979) made periodic: W cents, then again
from the start. State is one number, the cents handed out so far, so the parts are the same whether money is
split per use or per period.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import lru_cache
from heapq import heapify, heappop, heappush
from math import gcd, lcm
from typing import TYPE_CHECKING

from controller.domain.reasons import Sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

WHEEL_LIMIT = 100_000
"""The longest wheel, after reduction: quotas to a thousandth of a percent. A longer one would take seconds
and megabytes to build on a Pi and says nothing more; it is refused with the reason, and the quotas have to
be written with fewer digits.
"""

LINE_LIMIT = 1_000
"""The most lines of one agreement. Beyond it a statement is not readable any more; such weights are refused.
"""

_WHEELS_KEPT = 64
"""Built wheels kept in memory, the least used dropped first: versions in use at once are few, and rebuilding
is cheap.
"""


class WheelRefusedError(ValueError):
    """These weights cannot be split by; `sentence` says which rule they break and what to write instead."""

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(en)
        self.sentence = Sentence(fr, en)


@dataclass(frozen=True, slots=True)
class Wheel:
    """A built wheel. `weights` are reduced, in written order; `order` names the line of cent 1, 2 … W."""

    weights: tuple[int, ...]
    order: tuple[int, ...]
    _turns: tuple[array[int], ...] = field(repr=False, compare=False)

    @classmethod
    def of(cls, weights: Sequence[int]) -> Wheel:
        """Return the wheel of `weights` (whole, none negative, at least one positive), built once and then
        kept.
        """
        return _built(reduced(weights))

    @property
    def size(self) -> int:
        """W, the sum of the reduced weights: after so many cents every line has exactly its due."""
        return len(self.order)

    def position(self, h: int) -> tuple[int, ...]:
        """Return f(h): each line's cumulative cents once `h` net cents have come in; f(-h) = -f(h)."""
        if h < 0:
            return tuple(-part for part in self.position(-h))
        rounds, rest = divmod(h, self.size)
        return tuple(
            rounds * weight + bisect_left(turns, rest) for weight, turns in zip(self.weights, self._turns, strict=True)
        )

    def parts(self, h: int, amount: int) -> tuple[int, ...]:
        """Return f(h + amount) - f(h): what a posting of `amount` cents gives each line at position `h`."""
        after, before = self.position(h + amount), self.position(h)
        return tuple(new - old for new, old in zip(after, before, strict=True))


def reduced(weights: Sequence[int]) -> tuple[int, ...]:
    """Return `weights` divided by their greatest common divisor; raise `WheelRefusedError` for weights nobody
    can split by.
    """
    if not weights:
        raise WheelRefusedError(
            "il n'y a aucune ligne entre lesquelles partager ; donnez au moins un poids",
            "there is no line to split between; give at least one weight",
        )
    if len(weights) > LINE_LIMIT:
        raise WheelRefusedError(
            f"{len(weights)} lignes dépassent {LINE_LIMIT} ; réunissez les plus petites parts en une ligne",
            f"{len(weights)} lines are more than {LINE_LIMIT}; join the smallest shares into one line",
        )
    for number, weight in enumerate(weights, start=1):
        if type(weight) is not int or weight < 0:
            raise WheelRefusedError(
                f"le poids {number} est {weight} ; un poids est un nombre entier, 0 ou plus",
                f"weight {number} is {weight}; a weight is a whole number, 0 or more",
            )
    divisor = gcd(*weights)
    if divisor == 0:
        raise WheelRefusedError(
            "tous les poids sont nuls ; il faut au moins un poids positif",
            "all weights are zero; at least one line must have a positive weight",
        )
    smallest = tuple(weight // divisor for weight in weights)
    if (size := sum(smallest)) > WHEEL_LIMIT:
        raise WheelRefusedError(
            f"la roue aurait {size} centimes, plus que {WHEEL_LIMIT} ; quotes-parts trop précises",
            f"the wheel would have {size} cents, more than {WHEEL_LIMIT}; the quotas are too fine",
        )
    return smallest


@lru_cache(maxsize=_WHEELS_KEPT)
def _built(weights: tuple[int, ...]) -> Wheel:
    order = _order(weights)
    turns = tuple(array("I") for _ in weights)
    for place, line in enumerate(order):
        turns[line].append(place)
    return Wheel(weights, order, turns)


def _order(weights: tuple[int, ...]) -> tuple[int, ...]:
    """Hand out W cents, each to the greatest weight/(given + 1) among the lines that may not yet exceed their
    quota.

    A line may take its next cent from h = given·W // weight + 1 on (given·W < h·weight), and keeps its rank
    until it does; so two heaps give the same order as comparing all lines for every cent, in O(W log n).
    Ranks are compared exactly: (given + 1)/weight over a common denominator.
    """
    total = sum(weights)
    common = lcm(*(weight for weight in weights if weight))
    given = [0] * len(weights)
    waiting = [(1, line) for line, weight in enumerate(weights) if weight]
    ready: list[tuple[int, int]] = []
    order = []
    heapify(waiting)
    for h in range(1, total + 1):
        while waiting and waiting[0][0] <= h:
            line = heappop(waiting)[1]
            heappush(ready, ((given[line] + 1) * (common // weights[line]), line))
        line = heappop(ready)[1]
        given[line] += 1
        order.append(line)
        heappush(waiting, (given[line] * total // weights[line] + 1, line))
    return tuple(order)
