"""A forgotten stop is put right: shorter, with a reason, at the frozen price, and what was too much goes back."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from controller import cli
from controller.domain.lots import LotKind
from controller.office import correcting, explaining, money
from controller.office.accounts import Role
from controller.office.directory import machines
from controller.office.directory.tables import audit
from controller.office.journal_tables import session
from controller.office.ledger.caches import check
from controller.office.ledger.tables import ledger_entry
from controller.office.lots import LotTerms, credit_of
from controller.office.refusals import ConflictError, InvalidError, NotFoundError
from tests.office.door import Door
from tests.office.workshop import NOON, Journal, Workshop


def forgotten(shop: Workshop) -> None:
    """An hour at the kiln of which ten minutes were work: thirty-six euros of credit, thirty of them the owners'."""
    journal = Journal(shop)
    journal.opened()
    journal.ended(seconds=3_600)
    shop.told(journal)


def corrected(shop: Workshop, seconds: int = 600, reason: str = "left at noon, seen by a trainer") -> int:
    """The desk puts it right."""
    with shop.changing("desk") as change:
        return correcting.correct(change, "s-1", seconds, reason)


def test_a_forgotten_stop_is_posted_anew_and_the_difference_split_again(shop: Workshop) -> None:
    """Thirty euros back to the credit, twenty-five from the owners; the use ended when it really did, and says why."""
    forgotten(shop)
    assert (shop.credit_cents(), sum(shop.owned_cents())) == (1_400, 3_000)
    with shop.changing() as change:
        machines.set_price(change, "kiln", (999, 1))

    assert corrected(shop) == 600

    with shop.store.read() as tx:
        use = tx.execute(select(session)).one()
        keys = tx.execute(select(ledger_entry.c.key, ledger_entry.c.event_at).order_by(ledger_entry.c.seq)).all()[-2:]
        reason = tx.execute(select(ledger_entry.c.reason).where(ledger_entry.c.kind == "reversal")).scalar_one()
        noted = tx.execute(select(audit.c.actor, audit.c.after).where(audit.c.what == "correct_use")).one()
        differences = check(tx)
    assert (shop.credit_cents(), sum(shop.owned_cents()), differences) == (4_400, 500, [])
    assert (use.seconds, use.gross_cents, use.net_cents, use.adjustment) == (600, 600, 500, "corrected")
    assert use.ended_at == NOON + 660_000
    assert [(each.key, each.event_at - NOON) for each in keys] == [
        ("reversal:session:s-1", 3_660_000),
        ("session:s-1:2", 660_000),
    ]
    assert (reason, noted.actor) == ("left at noon, seen by a trainer", "desk")
    assert '"seconds":600' in noted.after


def test_a_gift_that_paid_too_much_gets_it_back(shop: Workshop) -> None:
    """Lots are made whole before the shorter use is paid again: the gift pays six euros and keeps fourteen."""
    with shop.changing() as change:
        money.top_up(change, shop.account, 2_000, None, "open day", terms=LotTerms(kind=LotKind.GIFT))
    forgotten(shop)

    corrected(shop)

    with shop.store.read() as tx:
        left = [(each.kind, each.left_cents) for each in credit_of(tx, shop.account)]
        differences = check(tx)
    assert left == [(LotKind.GIFT, 1_400), (LotKind.PAID, 5_000)]
    assert (sum(shop.owned_cents()), differences) == (0, [])


def test_a_use_is_corrected_again_told_again_and_explained_as_it_stands(shop: Workshop) -> None:
    """Ten minutes, then none at all; the journal that is read twice changes nothing; the frozen price explains it."""
    with shop.changing() as change:
        machines.set_price(change, "kiln", (60, 1))
    forgotten(shop)
    corrected(shop)
    with shop.store.read() as tx:
        explained = explaining.charge_of(tx, "s-1")[1]
    assert explained is not None
    assert explained.gross_cents == 600

    assert corrected(shop, 0, "never began") == 0

    assert (shop.credit_cents(), sum(shop.owned_cents())) == (5_000, 0)


@pytest.mark.parametrize(("seconds", "reason"), [(3_600, "longer"), (4_000, "longer"), (-1, "less"), (600, " ")])
def test_a_correction_shortens_and_has_a_reason(shop: Workshop, seconds: int, reason: str) -> None:
    """Nobody is billed for what no machine has told, and nobody changes a bill without saying why."""
    forgotten(shop)

    with pytest.raises(InvalidError):
        corrected(shop, seconds, reason)

    assert shop.credit_cents() == 1_400


def test_what_goes_on_was_taken_back_or_is_unknown_is_not_corrected(shop: Workshop) -> None:
    """A use under way is stopped first; one that was taken back is nobody's."""
    with pytest.raises(NotFoundError):
        corrected(shop)
    journal = Journal(shop)
    journal.opened()
    shop.told(journal)
    with pytest.raises(ConflictError):
        corrected(shop)

    journal.ended(seconds=3_600)
    shop.told(journal)
    with shop.changing() as change:
        money.reverse(change, "lab", "session:s-1", "wrong badge")

    with pytest.raises(ConflictError):
        corrected(shop)


def test_the_api_puts_a_use_right_for_the_desk_alone(shop: Workshop) -> None:
    """A fabmanager may; a trainer may not."""
    forgotten(shop)
    door, said = Door(shop), {"seconds": 600, "reason": "left at noon"}
    path = "/api/v1/sessions/s-1/correction"

    refused = door.signed_in(Role.TRAINER).post(path, json=said).status_code
    answer = door.signed_in(Role.FABMANAGER).post(path, json=said)

    assert (refused, answer.status_code, answer.json()) == (403, 200, {"gross_cents": 600})


def test_the_command_puts_a_use_right_and_counts_the_credit_sold(
    shop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Named by who does it; without a duration it says what is missing."""
    forgotten(shop)
    Door(shop).account("desk", Role.FABMANAGER)
    place = ["--database", str(shop.folder / "office.db")]
    asked = ["ledger", "correct", *place, "--session", "s-1", "--reason", "left at noon", "--login", "desk"]

    missing, done = cli.main(asked), cli.main([*asked, "--seconds", "600", "--json"])
    said = capsys.readouterr()
    counted = cli.main(["ledger", "credit-sold", *place, "--books", "lab"])

    assert (missing, done, counted) == (2, 0, 0)
    assert "--seconds" in said.err
    assert json.loads(said.out) == {"session": "s-1", "seconds": 600, "gross_cents": 600}
    assert "1000000,00 €" in capsys.readouterr().out
