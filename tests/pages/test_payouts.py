"""The treasurer pays on the page, a co-owner reads what came; the API and the command do the same."""

import json
import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from controller import cli
from controller.office.accounts import Role
from controller.office.settlement import closing
from tests.office.door import Door
from tests.office.test_payouts import FIRST, LAB, answered
from tests.office.workshop import NOON, Journal
from tests.pages.test_statements import WAIVED

PLACE = "/agreements/ceramics/payouts"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The kiln's January is closed: one euro for each of five."""
    door = Door.opened(tmp_path_factory.mktemp("payouts"))
    journal = Journal(door.shop)
    journal.used(1)
    journal.used(20)
    door.shop.told(journal)
    door.shop.now_ms = NOON + 20 * 86_400_000
    with door.shop.changing("treasurer") as change:
        closing.close(
            change,
            "ceramics",
            "2027-01",
            waive=WAIVED,
        )
    yield door
    door.shop.store.close()


@pytest.fixture(scope="module")
def keeper(door: Door) -> TestClient:
    """Who keeps the books."""
    return door.signed_in(Role.TREASURER)


@pytest.fixture(scope="module")
def owner(door: Door) -> TestClient:
    """A co-owner, and no other."""
    return door.signed_in(Role.CO_OWNER, party="owner-1")


def send(client: TestClient, place: str, **form: str) -> int:
    """Fill a form of the page in and send it; return how it was answered."""
    csrf = re.findall(r'name="csrf" value="([0-9a-f]+)"', client.get(PLACE).text)[0]
    return client.post(PLACE + place, data={"csrf": csrf, **form}, follow_redirects=False).status_code


def test_the_treasurer_pays_with_one_button_and_the_co_owner_sees_their_line(
    keeper: TestClient, owner: TestClient
) -> None:
    """Without an account nobody is paid; the bank's file is the treasurer's alone; numbers are shown nowhere."""
    assert "compte bancaire inconnu" in keeper.get(PLACE).text
    wrong = send(keeper, "/account", of="party:owner-1", holder="Une Fictive", iban=FIRST[:-1] + "1")
    told = send(keeper, "/account", of="party:owner-1", holder="Une Fictive", iban=FIRST)
    books = send(keeper, "/account", of="", holder="Atelier Exemple", iban=LAB)
    sent, again = send(keeper, ""), send(keeper, "")

    shown, mine = keeper.get(PLACE).text, owner.get(PLACE).text
    run = re.findall(r"/payout-runs/(pr_[0-9a-f]+)/file", shown)[0]
    file = keeper.get(f"/payout-runs/{run}/file")

    assert (wrong, told, books, sent, again) == (422, 303, 303, 303, 409)
    assert f"<IBAN>{FIRST}</IBAN>" in file.text
    assert all(number not in shown + mine for number in (FIRST, LAB))
    assert ("DE…3000" in mine, "envoyé à la banque" in mine, "owner-2" in mine, "<form" in mine.split("<main")[1]) == (
        True, True, False, False,
    )  # fmt: skip
    assert owner.get(f"/payout-runs/{run}/file").status_code == 403
    assert owner.post(f"/api/v1{PLACE}", json={}).status_code == 403


def test_marks_holds_and_payments_by_hand_are_on_the_page_too(keeper: TestClient, owner: TestClient) -> None:
    """Rejected, the euro is due again and may be held; the manager is paid out of the till."""
    listed = owner.get(f"/api/v1{PLACE}").json()
    payout = listed["payouts"][0]["id"]

    answers = [
        send(keeper, f"/{payout}/paid"),
        send(keeper, f"/{payout}/rejected", reason="AC04"),
        send(keeper, "/hold", party="owner-1", reason="compte à vérifier"),
        send(keeper, ""),
        send(keeper, "/by-hand", party="manager", amount="1,00", means="cash", reference="caisse 4"),
        send(keeper, "/by-hand", party="manager", amount="1,00", means="cash", reference="caisse 5"),
        send(keeper, "/by-hand", party="manager", amount="beaucoup", means="cash", reference="caisse 5"),
    ]

    assert [each["party"] for each in listed["due"]] == ["owner-1"]
    assert answers == [303, 303, 303, 409, 303, 409, 422]
    text = keeper.get(PLACE).text
    assert "compte à vérifier" in text
    assert "rejeté : de nouveau dû" in text
    assert send(keeper, "/hold", party="owner-1", reason="") == 303


def test_the_api_and_the_command_pay_and_read_the_bank(
    door: Door, keeper: TestClient, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The command names who does it; the file is the same bytes through both."""
    shop = door.shop
    opened = ["--database", str(shop.folder / "office.db"), "--login", "treasurer"]
    sealed = ["--vault-key", str(shop.folder / "vault.key")]
    keeper.put("/api/v1/bank-accounts", json={"party": "owner-1", "name": "Une Fictive", "iban": FIRST})

    run = keeper.post(f"/api/v1{PLACE}", json={"parties": ["owner-1"]}).json()["id"]
    file = keeper.get(f"/api/v1/payout-runs/{run}/file").content
    told = cli.main(["payout", "file", *opened, *sealed, "--id", run])

    assert (told, capsysbinary.readouterr().out) == (0, file)
    answer = keeper.post(
        "/api/v1/bank-files", content=answered("", run.replace("_", "-")), headers={"Content-Type": "application/xml"}
    )
    assert (answer.status_code, len(answer.json()["rejected"])) == (200, 1)
    assert cli.main(["payout", "list", *opened, *sealed, "--agreement", "ceramics", "--json"]) == 0
    due = json.loads(capsysbinary.readouterr().out)["due"]
    assert {each["party"]: each["cents"] for each in due}["owner-1"] == 100
    assert cli.main(["payout", "run", *opened, *sealed, "--agreement", "ceramics"]) == 0
    assert b"pr_" in capsysbinary.readouterr().out
    assert cli.main(["payout", "run", *opened, "--agreement", "ceramics"]) == 2
    assert b"--vault-key" in capsysbinary.readouterr().err
