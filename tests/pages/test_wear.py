"""What pages say of a machine's hours: maintenance that is due, and running time that a person must say."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

from controller.office import money
from controller.office.directory import maintenance, people
from controller.office.directory.maintenance import Plan
from tests.office.workshop import PRICE, Journal, Workshop
from tests.pages.house import House, send


def test_due_maintenance_is_on_both_pages_and_noted_with_one_button(house: House) -> None:
    """The machine's page says what is left; the maintainer's button counts anew."""
    with house.office.changing("test") as change:
        maintenance.set_plan(change, "kiln", "seal", Plan(name="Joint de porte", every_days=30, every_uses=9))
    house.clock[0] += 30 * maintenance.DAY_MS
    keeper = house.browser("maintainer")

    assert "Joint de porte" in keeper.get("/health").text
    shown = keeper.get("/machines/kiln").text
    done = send(keeper, "/machines/kiln/maintenance/seal/done", "/machines/kiln")

    assert "À faire" in shown
    assert done.headers["Location"].endswith("done=done.maintained")
    assert "À faire" not in keeper.get("/machines/kiln").text


def test_a_silent_meters_use_is_charged_by_a_persons_word(house: House) -> None:
    """Ten of twenty minutes at twenty cents; what cannot be read does nothing, and the member pays nothing before."""
    member = house.members["zoe"]
    with house.office.store.read() as tx:
        payer = people.member_row(tx, member)["account"]
    shop = Workshop(Path(), house.office.store, house.office.vault, member, payer, house.clock[0])
    journal = Journal(shop)
    price = replace(PRICE, per_minute_num=20, measured="running")
    journal.ended(seconds=1_200, price=price, announced_cents=400)
    shop.told(journal)
    browser = house.browser("treasurer")
    path = re.search(r'action="(/health/tray/pi-1/[^"]+/running-time)"', browser.get("/health").text)
    assert path

    unread = send(browser, path[1], "/health", ran="longtemps", note="carnet du four")
    waiting = shop.entries()
    done = send(browser, path[1], "/health", ran="10", note="carnet du four")

    assert (unread.headers["Location"].partition("done=")[2], waiting) == ("done.unread_time", 0)
    assert done.headers["Location"].endswith("done.running_time")
    with house.office.store.read() as tx:
        assert money.account_state(tx, payer).owed_cents == 200


def test_a_maker_asks_on_the_machines_page_whether_three_hours_fit(house: House) -> None:
    """With the price, and with what the limit is; a stranger has no balance to ask of."""
    maker = house.browser("maker")

    answers = [unescape(maker.get("/machines/kiln", params={"time": asked}).text) for asked in ("3", "vite")]

    assert (
        "Non\u00a0: 3\u00a0h\u00a000 coûteraient 36,00\u00a0€. La limite est de 0\u00a0s (solde épuisé)." in answers[0]
    )
    assert "Cette durée ne se lit pas" in answers[1]
    assert "Mon solde suffit" not in house.browser().get("/machines/kiln").text
    assert "Mon solde suffit" not in house.browser("treasurer").get("/machines/kiln").text
