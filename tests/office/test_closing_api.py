"""Closing through the API and the command: who may, what is answered, and the files that come out."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from controller import cli
from controller.errors import UserError
from controller.office.accounts import Role
from tests.office.door import Door
from tests.office.workshop import NOON, Journal

AFTER = NOON + 20 * 86_400_000
CLOSINGS = "/api/v1/agreements/ceramics/closings"
STATEMENTS = "/api/v1/agreements/ceramics/statements/2027-01"
HEARD = {"controllers_heard": "the Pi was in a box", "top_ups": "the till is counted in March"}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The workshop in February, with two uses of the kiln in January."""
    door = Door.opened(tmp_path_factory.mktemp("closing"))
    journal = Journal(door.shop)
    journal.used(1)
    journal.used(20)
    door.shop.told(journal)
    door.shop.now_ms = AFTER
    yield door
    door.shop.store.close()


@pytest.fixture(scope="module")
def treasurer(door: Door) -> TestClient:
    """Who keeps the books."""
    return door.signed_in(Role.TREASURER)


@pytest.fixture(scope="module")
def owner(door: Door) -> TestClient:
    """A co-owner, and no other."""
    return door.signed_in(Role.CO_OWNER, party="owner-1")


def test_a_treasurer_closes_a_co_owner_reads_their_own_statement_and_nobody_elses(
    door: Door, treasurer: TestClient, owner: TestClient, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """What is in the way is named with a sentence; the file of the API is the command's, byte for byte."""
    foreign = door.signed_in(Role.MAKER, Role.CO_OWNER, party="somebody")
    so_far = owner.get(STATEMENTS).json()

    refused = treasurer.post(CLOSINGS, json={"period": "2027-01"})
    forbidden = owner.post(CLOSINGS, json={"period": "2027-01", "waive": HEARD})
    closed = treasurer.post(CLOSINGS, json={"period": "2027-01", "waive": HEARD})
    again = treasurer.post(CLOSINGS, json={"period": "2027-01"})

    assert (refused.status_code, forbidden.status_code, closed.status_code) == (409, 403, 200)
    assert "controllers_heard" in refused.text
    assert again.json() == closed.json()
    mine = owner.get(STATEMENTS)
    assert (so_far["status"], mine.json()["status"]) == ("provisional", "final")
    assert mine.json()["mine"]["after_cents"] == so_far["mine"]["after_cents"] == 100
    assert all("names" not in line for line in mine.json()["check_list"])
    assert owner.get(STATEMENTS, params={"party": "owner-2"}).status_code == 404
    assert foreign.get(STATEMENTS).status_code == 404
    assert owner.get(f"{CLOSINGS}/2027-01").status_code == 403
    assert treasurer.get(STATEMENTS, params={"party": "owner-1"}).content == mine.content
    assert owner.get(CLOSINGS).json()["items"][0]["hash"] == closed.json()["hash"]
    table = owner.get(STATEMENTS, params={"form": "csv"})

    database = str(door.shop.folder / "office.db")
    asked = ["--database", database, "--agreement", "ceramics", "--period", "2027-01", "--party", "owner-1"]
    assert (cli.main(["ledger", "statement", *asked]), capsysbinary.readouterr().out) == (0, mine.content)
    assert (cli.main(["ledger", "statement", *asked, "--csv"]), capsysbinary.readouterr().out) == (0, table.content)
    assert (cli.main(["ledger", "check", "--database", database, "--json"])) == 0
    assert json.loads(capsysbinary.readouterr().out) == {"ok": True, "balances": [], "closings": []}


def test_an_expense_and_a_dispute_come_in_and_are_answered(treasurer: TestClient, owner: TestClient) -> None:
    """A co-owner disputes for themselves only; an agreement without deductions takes no expense."""
    with_deductions = {
        "from_at": AFTER - 1,
        "lines": [{"role": "share", "party": "owner-1", "weight": 1}],
        "terms": {"manager": "lab", "legal_basis": "convention", "deductions": {"reserve_bp": 500}},
    }
    paid = {"voucher": "F-1", "cents": 500, "spent_at": AFTER}
    doors = "/api/v1/agreements/ceramics"

    early = treasurer.post(f"{doors}/expenses", json=paid)
    treasurer.post(f"{doors}/versions", json=with_deductions)
    taken = treasurer.post(f"{doors}/expenses", json={**paid, "note": "thermocouple"})
    listed = owner.get(f"{doors}/expenses").json()["items"]
    dropped = treasurer.delete(f"/api/v1/expenses/{taken.json()['id']}")
    said = owner.post(f"{doors}/disputes", json={"period": "2027-02", "claim": "the counter says more"})
    for_another = owner.post(f"{doors}/disputes", json={"period": "2027-02", "claim": "no", "party": "owner-2"})
    answered = treasurer.post(f"/api/v1/disputes/{said.json()['id']}/answer", json={"answer": "the maintainer's tests"})

    assert [each.status_code for each in (early, taken, dropped, said, for_another, answered)] == [
        422, 201, 204, 201, 404, 204,
    ]  # fmt: skip
    assert [(each["voucher"], each["note"], each["closing"]) for each in listed] == [("F-1", "thermocouple", None)]
    assert owner.get(f"{doors}/disputes").json()["items"][0]["answer"] == "the maintainer's tests"


def test_deductions_that_contradict_themselves_are_refused_in_one_sentence(treasurer: TestClient) -> None:
    """The least fee above the highest."""
    terms = {"manager": "lab", "legal_basis": "convention"}
    wrong = {**terms, "deductions": {"fee_floor_cents": 2, "fee_cap_cents": 1}}
    lines = [{"role": "share", "party": "owner-1", "weight": 1}]

    answer = treasurer.post(
        "/api/v1/agreements/ceramics/versions", json={"from_at": AFTER + 1, "lines": lines, "terms": wrong}
    )

    assert (answer.status_code, "fee" in answer.text) == (422, True)


def test_the_books_are_closed_through_the_api_and_by_the_command(
    door: Door, treasurer: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command names who closes; both answer the same for what is closed."""
    asked = ["--database", str(door.shop.folder / "office.db"), "--books", "lab", "--period", "2027-01-15"]

    closed = treasurer.post("/api/v1/books/lab/closings", json={"kind": "day", "period": "2027-01-15"}).json()
    told = cli.main(["ledger", "close-books", *asked, "--login", "treasurer", "--json"])

    assert (told, json.loads(capsys.readouterr().out)) == (0, closed)
    assert closed["totals"]["sales_cents"] == 1_200
    listed = treasurer.get("/api/v1/books/lab/closings", params={"kind": "day"}).json()["items"]
    assert [each["period"] for each in listed] == ["2027-01-15"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check"], "--database"),
        (["close", "--period", "2027-01"], "--login"),
        (["close", "--agreement", "ceramics"], "--period"),
        (["statement", "--agreement", "ceramics", "--period", "2027-01"], "--party"),
    ],
)
def test_what_the_command_misses_it_names(
    door: Door, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    """One sentence, and exit code 2."""
    place = [] if said == "--database" else ["--database", str(door.shop.folder / "office.db")]

    ended = cli.main(["ledger", *words, *place])

    assert (ended, said in capsys.readouterr().err) == (UserError.exit_code, True)
