"""Packs of minutes: time that was paid before, or that comes with a membership, and what of it each use takes.

House rules: pure. Minutes are a commodity of their own, counted in whole seconds, beside the money that was paid for
them, which is earned as they are used: so co-owners receive for a minute of a pack what it was sold for, net of VAT.
An included quota is a pack that nobody has paid, one for each period. Packs pay before money, oldest end first; a use
may take from those that held at its start, as its price is the one of its start. Entries keep what they take as moves.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from controller.domain.ids import MachineId
from controller.domain.receipt import vat_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.domain.canonical import Json
    from controller.domain.ids import AccountId

SECOND = "SECOND"
"""The commodity of minutes; a balance of money never holds any."""

ISSUED = "minutes:issued"
"""Where the minutes of packs come from; minus its balance is what was ever sold or included."""

USED = "minutes:used"
LAPSED = "minutes:lapsed"

PACKS_MAX = 50
"""Packs of one account of which something is left: years of quotas that are carried over. One more is refused, for each
use looks at all of them.
"""

PACK_MACHINES_MAX = 50
"""Machines that one pack names; a pack for more of them is one for all machines, which names none."""

PACK_SECONDS_MAX = 3_600 * 2_000
"""Two thousand hours: a working year. More is a slip of the keyboard."""


def packs_of(account: AccountId) -> str:
    """Return the account of somebody's minutes, in seconds, and of the money that stands for them."""
    return f"packs:{account}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A pack as it stands. `machines` are those it is for (none: all of the books). `left_s` of `opened_s` are unused,
    and stand for `left_cents` of `opened_cents`, of which `vat_cents` are VAT that fell due at the sale.

    A use that begins from `from_at` until before `until_at` (Unix ms; null: no end) may take from it.
    """

    pack: str
    machines: tuple[MachineId, ...]
    from_at: int
    until_at: int | None
    vat_point: Literal["at_topup", "at_use"]
    rate_bp: int
    opened_seq: int
    opened_s: int
    opened_cents: int
    left_s: int
    left_cents: int
    vat_cents: int = 0

    @property
    def included(self) -> bool:
        """Whether nobody has paid for it."""
        return self.opened_cents == 0

    def holds(self, machine: MachineId, began_at: int) -> bool:
        """Tell whether a use of that machine which began then may take from it."""
        begun = self.from_at <= began_at and (self.until_at is None or began_at < self.until_at)
        return begun and (not self.machines or machine in self.machines)

    @property
    def order(self) -> tuple[bool, int, bool, int, str]:
        """Where it stands in the order of spending: oldest end first; ties: what nobody paid, then who came first."""
        return (self.until_at is None, self.until_at or 0, not self.included, self.opened_seq, self.pack)


@dataclass(frozen=True, slots=True)
class PackMove:
    """What an entry takes out of a pack (negative: puts into it): seconds, the money that stands for them, and the VAT
    of the sale in it.
    """

    pack: str
    seconds: int
    cents: int
    vat_cents: int

    @property
    def back(self) -> PackMove:
        """The opposite move."""
        return PackMove(self.pack, -self.seconds, -self.cents, -self.vat_cents)

    def to_data(self) -> list[Json]:
        """Return the move as an entry keeps it."""
        return [self.pack, self.seconds, self.cents, self.vat_cents]


def entitled_s(packs: Iterable[Pack], machine: MachineId, began_at: int) -> int:
    """Return how many seconds a use of that machine which began then may take."""
    return sum(max(0, pack.left_s) for pack in packs if pack.holds(machine, began_at))


def take(packs: Iterable[Pack], machine: MachineId, began_at: int, seconds: int) -> tuple[tuple[Pack, PackMove], ...]:
    """Take `seconds` from the packs that hold, oldest end first; less where there are not so many."""
    taken: list[tuple[Pack, PackMove]] = []
    for pack in sorted((each for each in packs if each.holds(machine, began_at)), key=lambda each: each.order):
        part_s = min(seconds, pack.left_s)
        if part_s > 0:
            seconds -= part_s
            taken.append((pack, drawn(pack, part_s)))
    return tuple(taken)


def drawn(pack: Pack, seconds: int) -> PackMove:
    """Return the move of `seconds` out of a pack: what is left keeps the money of what is left, so the last second
    takes the last cent, however many uses shared it and in whatever order.
    """
    if seconds == pack.left_s:
        return PackMove(pack.pack, seconds, pack.left_cents, pack.vat_cents)
    kept_cents = pack.opened_cents * (pack.left_s - seconds) // pack.opened_s
    cents = min(max(0, pack.left_cents - kept_cents), pack.left_cents)
    kept_vat = vat_of(pack.left_cents - cents, pack.rate_bp).vat_cents if pack.vat_point == "at_topup" else 0
    return PackMove(pack.pack, seconds, cents, min(max(0, pack.vat_cents - kept_vat), cents))


def pack_moves_in(details: str) -> tuple[PackMove, ...]:
    """Return the moves that an entry's details keep; none for an entry that touched no pack."""
    if '"packs":' not in details:  # told without reading it all: most uses have none
        return ()
    return tuple(PackMove(*move) for move in json.loads(details).get("packs", ()))
