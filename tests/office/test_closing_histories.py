"""Random months: uses on time and late, taken back, re-split by late sales, expenses; what holds after each closing."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from controller.domain.agreement import Terms, reading
from controller.domain.deductions import Deductions
from controller.domain.ids import BooksId
from controller.domain.ledger import MeansOfPayment
from controller.office import money
from controller.office.directory import agreements
from controller.office.ledger.caches import check
from controller.office.ledger.store import balance
from controller.office.ledger.verification import verify
from controller.office.settlement import closing, expenses, payouts
from controller.office.settlement.books_closing import books_closings, close_books
from controller.office.settlement.checks import QUESTIONS
from controller.office.settlement.closing import Closed
from controller.office.settlement.dues import dues
from controller.office.settlement.periods import following, period
from controller.office.settlement.proof import changed_closings
from tests.office.workshop import NOON, Journal, Workshop

FIRST = "2027-01"
WAIVED = dict.fromkeys(QUESTIONS, "a random history")
TERMS = Terms(manager="manager", legal_basis="convention")


class History:
    """A kiln and its owners through some months that a seed draws."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.shop = Workshop.founded(folder)
        self.journal = Journal(self.shop)
        self.number, self.open, self.paid = 0, list[str](), 0
        self.paid_out: Counter[str] = Counter()
        self.with_deductions = self.chance.random() < 0.5
        if self.with_deductions:
            taken_off = Deductions(
                reserve_bp=self.chance.choice([0, 777]), fee_cap_cents=self.chance.choice([None, 900])
            )
            terms = Terms(manager="manager", legal_basis="convention", deductions=taken_off)
            with self.shop.changing() as change:
                agreements.create_version(change, "ceramics", from_at=1, lines=reading("D"), terms=terms)

    def some_uses(self, month: str) -> None:
        """Uses that end in `month`, told in any order of their end; the journal's own order is the order of telling."""
        span = period("month", month)
        for _ in range(self.chance.randint(0, 4)):
            self.number += 1
            after_s = (self.chance.randrange(max(span.from_at, NOON), span.to_at - 4_000_000) - NOON) // 1_000
            self.journal.opened(self.number, hold_cents=0)
            stamp = self.journal.stamp(after_s)
            self.journal.ended(self.number, seconds=self.chance.randint(1, 3_599), started=stamp, ended=stamp, at=stamp)
            self.open.append(f"session:s-{self.number}")

    def go_through(self, month: str, before: str | None) -> Closed:
        """A month: its uses, some of the month before that come late, corrections; then it is closed, twice."""
        self.shop.now_ms = period("month", month).to_at + self.chance.randrange(86_400_000)
        self.some_uses(month)
        if before is not None:
            self.some_uses(before)
        self.shop.told(self.journal)
        with self.shop.changing() as change:
            if self.open and self.chance.random() < 0.5:
                money.reverse(change, "lab", self.open.pop(self.chance.randrange(len(self.open))), "a mistake")
            if self.with_deductions and self.chance.random() < 0.7:
                cents = self.chance.randint(1, 2_000)
                taken = self.chance.choice(["before_fee", "after_fee", "reserve"])
                said: dict[str, Any] = {"voucher": "F-1", "cents": cents, "taken": taken}
                expenses.record_expense(change, "ceramics", {**said, "spent_at": period("month", month).from_at + 1})
                self.paid += cents
        self.pay_somebody()
        if not self.with_deductions and self.chance.random() < 0.3:
            last = period("month", before or month)
            with self.shop.changing() as change:
                held = agreements.agreement_by_id(change.tx, "ceramics").versions[-1].from_at
                lines = reading(self.chance.choice(["A", "B", "C"]))
                agreements.create_version(change, "ceramics", from_at=max(held + 1, last.from_at + 1), lines=lines)
                self.open.clear()  # posted anew under other keys
        with self.shop.changing() as change:
            first = closing.close(change, "ceramics", month, waive=WAIVED)
            assert closing.close(change, "ceramics", month) == first
            if month != FIRST:
                close_books(change, "lab", "month", month)
        return first

    def pay_somebody(self) -> None:
        """Part of what is due leaves the till; now and then it comes back."""
        with self.shop.changing() as change:
            for each in dues(change.tx, self.shop.vault, "ceramics", self.shop.now_ms):
                if each.cents > 0 and self.chance.random() < 0.5:
                    cents = self.chance.randint(1, each.cents)
                    key = payouts.pay_by_hand(
                        change, self.shop.vault, "ceramics", each.party, cents, MeansOfPayment.CASH, "till"
                    )
                    if self.chance.random() < 0.3:
                        payouts.reject(change, key, "came back")
                    else:
                        self.paid_out[each.party] += cents

    def holds(self, closings: list[Closed]) -> None:
        """Whatever happened: nothing is lost, nothing is shared twice, and nothing that was closed has changed."""
        with self.shop.store.read() as tx:
            assert check(tx) == []
            assert verify(tx, None).ok
            assert changed_closings(tx) == []
            found = agreements.agreement_by_id(tx, "ceramics")
            earned: Counter[int] = Counter()
            for closed in closings:
                body = closed.body
                for version in body["versions"]:
                    earned[version["version"]] += version["income_cents"]
                    assert sum(line["cents"] for line in version["lines"]) == (
                        version["fee_cents"] + version["distributed_cents"]
                    )
                income = sum(version["income_cents"] for version in body["versions"])
                assert sum(day["net_cents"] for day in body["days"]) == income
                assert sum(each["net_cents"] for each in body["machines"]) == income
            for version in found.versions:
                assert balance(tx, BooksId("lab"), f"pool:ceramics:{version.version}") == 0
            for split in money.running_split(tx, "ceramics"):
                assert earned[split.version] == split.income_cents
            last = closings[-1].body
            for owner in last["owners"]:
                assert balance(tx, BooksId("lab"), f"owner:ceramics:{owner['party']}") == -owner["after_cents"]
            assert balance(tx, BooksId("lab"), "expenses:ceramics") == -self.paid
            months = books_closings(tx, "lab", "month")
            assert all(
                later["perpetual"]["sales_cents"]
                == earlier["perpetual"]["sales_cents"] + later["totals"]["sales_cents"]
                for later, earlier in pairwise(months)
            )
            if not self.with_deductions:
                due: Counter[str] = Counter()
                for version in found.versions:
                    parts = version.wheel.position(earned[version.version])
                    for line, cents in zip(version.lines, parts, strict=True):
                        if line.role == "share":
                            due[line.party] += cents
                assert {owner["party"]: owner["after_cents"] for owner in last["owners"]} == {
                    owner["party"]: due[owner["party"]] - self.paid_out[owner["party"]] for owner in last["owners"]
                }


def live(folder: Path, seed: int, months: int) -> int:
    """Go through `months` months of one history, and return how many were closed and held."""
    history, month, before = History(folder, seed), FIRST, None
    closings: list[Closed] = []
    for _ in range(months):
        closings.append(history.go_through(month, before))
        history.holds(closings)
        month, before = following(month), month
    history.shop.store.close()
    return sum(closed.final for closed in closings)


def test_a_random_history_of_closings_adds_up(tmp_path: Path) -> None:
    """Three months of one that has no deductions, and late sales instead."""
    assert live(tmp_path, 2, 3) == 3


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 160))
def test_many_random_histories_of_closings_add_up(tmp_path: Path, seed: int) -> None:
    """Half a year each."""
    assert live(tmp_path, seed, 6) == 6
