"""A month's end of a workshop with several agreements: one word closes them all."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from controller import cli
from controller.domain.agreement import Terms, reading
from controller.office.accounts import Role, create_web_account
from controller.office.directory import agreements, machines
from controller.office.settlement.closing import closings_of
from controller.office.settlement.expenses import dispute
from tests.office.door import Door
from tests.office.workshop import NOON, Journal, Workshop

AFTER = NOON + 20 * 86_400_000
HEARD = {"controllers_heard": "the Pi was in a box", "top_ups": "the till is counted in March"}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The workshop in February: the kiln's agreement, that of two more kilns, and one that begins in March only."""
    door = Door.opened(tmp_path_factory.mktemp("closing"))
    with door.shop.changing() as change:
        for key, from_at in (("oven", NOON), ("wheel", NOON), ("press", AFTER + 30 * 86_400_000)):
            machines.create_machine(change, key, "crest", key.capitalize())
            terms = Terms(manager="manager", legal_basis="convention")
            agreements.create_agreement(
                change, f"of-{key}", key, [key], from_at=from_at, lines=reading("B"), terms=terms
            )
    journal = Journal(door.shop)
    journal.used(1)
    door.shop.told(journal)
    door.shop.now_ms = AFTER
    yield door
    door.shop.store.close()


def _closed(door: Door) -> set[str]:
    with door.shop.store.read() as tx:
        return {key for key in ("ceramics", "of-oven", "of-wheel", "of-press") if closings_of(tx, key)}


def test_every_agreement_that_is_due_is_closed_and_what_waits_keeps_nobody(door: Door) -> None:
    """One with a dispute waits with a sentence; waived, it is closed the next time, and the others answer the same."""
    treasurer, maker = door.signed_in(Role.TREASURER), door.signed_in(Role.MAKER)
    with door.shop.changing() as change:
        dispute(change, "of-oven", "2027-01", "owner-1", "one use too many")

    forbidden = maker.post("/api/v1/closings", json={"period": "2027-01"})
    first = treasurer.post("/api/v1/closings", json={"period": "2027-01", "waive": HEARD}).json()["items"]
    closed = _closed(door)
    reasons = HEARD | {"disputes": "answered by telephone"}
    second = treasurer.post("/api/v1/closings", json={"period": "2027-01", "waive": reasons}).json()["items"]

    assert forbidden.status_code == 403
    assert [(each["agreement"], each["waits"] is None) for each in first] == [
        ("ceramics", True),
        ("of-oven", False),
        ("of-wheel", True),
    ]
    assert "disputes" in first[1]["waits"]
    assert closed == {"ceramics", "of-wheel"}
    assert [first[0], first[2]] == [second[0], second[2]]
    assert _closed(door) == {"ceramics", "of-oven", "of-wheel"}


def test_the_command_closes_them_all_and_says_which_wait(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """A month with one that waits ends as not well; once it is closed it ends well, and all adds up from zero."""
    shop = Workshop.founded(tmp_path_factory.mktemp("command"))
    with shop.changing() as change:
        create_web_account(change, "books", "three fictional words", (Role.TREASURER,))
        dispute(change, "ceramics", "2026-10", "owner-1", "one use too many")
    shop.store.close()
    database = ["--database", str(shop.folder / "office.db")]
    asked = ["ledger", "close", "--all", *database, "--period", "2026-10", "--login", "books"]

    waiting = cli.main([*asked, "--json"])
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    done = cli.main([*asked, "--waive", "disputes=answered by telephone", "--waive", "controllers_heard=in a box"])

    assert (waiting, done) == (1, 0)
    assert [(each["agreement"], each["hash"]) for each in told] == [("ceramics", None)]
    assert "disputes" in told[0]["waits"]
    assert cli.main(["ledger", "check", *database]) == 0
