"""The API: what each role may do, from a badge that is tapped to a cent that an owner sees."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.office.accounts import Role
from controller.office.directory import badges, places
from controller.office.web.app import OPENAPI_PATH
from tests.office.door import Door
from tests.office.workshop import NOON, Journal


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """The fictional workshop behind its web door."""
    door = Door.opened(tmp_path)
    yield door
    door.shop.store.close()


def test_a_tapped_badge_is_enrolled_and_its_number_never_shown(door: Door) -> None:
    """The fabmanager sees where and when an unknown badge was tapped, and says whose it is."""
    journal = Journal(door.shop)
    journal.unknown_badge()
    door.shop.told(journal)
    desk = door.signed_in(Role.FABMANAGER)

    shown = desk.get("/api/v1/unknown-taps").json()["items"]
    enrolled = desk.post(f"/api/v1/unknown-taps/{shown[0]['id']}/enrol", json={"member": door.shop.member})
    held = desk.get(f"/api/v1/members/{door.shop.member}/badges")

    assert shown == [{"id": shown[0]["id"], "machine": "laser", "controller": "pi-1", "seen_at": NOON}]
    assert enrolled.status_code == 201
    assert len(held.json()["items"]) == 2
    assert "cd" * 8 not in held.text


def test_a_badge_that_is_somebodys_is_refused_with_the_holders_id(door: Door) -> None:
    """A second holder is a conflict that names the first by id."""
    journal = Journal(door.shop)
    journal.unknown_badge()
    door.shop.told(journal)
    desk = door.signed_in(Role.FABMANAGER)
    other = desk.post("/api/v1/members", json={"name": "Léo Inventé", "books": "lab"}).json()["id"]
    tap = desk.get("/api/v1/unknown-taps").json()["items"][0]["id"]
    with door.shop.changing() as change:
        badges.attach_badge(change, door.shop.member, "cd" * 32)

    refused = desk.post(f"/api/v1/unknown-taps/{tap}/enrol", json={"member": other})

    assert refused.status_code == 409
    assert door.shop.member in refused.json()["detail"]


def test_members_are_found_by_a_part_of_their_name(door: Door) -> None:
    """Search ignores case and accents; the answer has names, the directory has none."""
    desk = door.signed_in(Role.FABMANAGER)

    found = desk.get("/api/v1/members", params={"search": "zoe fict"}).json()["items"]

    assert [(member["id"], member["name"]) for member in found] == [(door.shop.member, "Zoé Fictive")]


def test_a_list_of_members_goes_on_where_the_page_ended(door: Door) -> None:
    """Pages follow each other without a gap or a double."""
    desk = door.signed_in(Role.FABMANAGER)
    for number in range(4):
        desk.post("/api/v1/members", json={"name": f"Personne {number}", "books": "lab"})

    first = desk.get("/api/v1/members", params={"limit": 3}).json()
    second = desk.get("/api/v1/members", params={"limit": 3, "after": first["next"]}).json()

    ids = [member["id"] for member in first["items"] + second["items"]]
    assert (len(ids), len(set(ids)), second["next"]) == (5, 5, None)


def test_what_is_not_given_is_not_changed(door: Door) -> None:
    """A change of the status leaves name and membership as they are."""
    desk = door.signed_in(Role.FABMANAGER)
    path = f"/api/v1/members/{door.shop.member}"
    desk.patch(path, json={"membership_until_at": NOON})

    desk.patch(path, json={"status": "suspended", "reason": "outil rendu cassé"})

    member = desk.get(path).json()
    assert (member["name"], member["status"], member["membership_until_at"]) == ("Zoé Fictive", "suspended", NOON)


def test_an_erased_person_has_no_name_and_keeps_the_account(door: Door) -> None:
    """Erasing takes the names; id, credit and ledger stay."""
    admin = door.signed_in(Role.ADMIN)
    path = f"/api/v1/members/{door.shop.member}"

    erased = admin.delete(f"{path}/names")

    assert erased.status_code == 204
    assert admin.get(path).json()["name"] is None
    assert admin.get(f"{path}/credit").json()["credit_cents"] == 5_000


def test_a_grant_says_where_it_has_arrived(door: Door) -> None:
    """A grant counts the controllers that have applied its revision."""
    trainer = door.signed_in(Role.TRAINER)
    path = f"/api/v1/members/{door.shop.member}/grants"
    trainer.post(path, json={"training": "ceramics", "until_at": NOON + 1})
    before = trainer.get(path).json()["items"][-1]
    with door.shop.store.write() as tx:
        places.note_heard(tx, "pi-1", NOON, applied_revision=before["revision"])

    after = trainer.get(path).json()["items"][-1]

    assert before["arrived"] == {"controllers": 0, "of": 1}
    assert after["arrived"] == {"controllers": 1, "of": 1}


def test_a_repeated_top_up_pays_in_once(door: Door) -> None:
    """With an id of the caller's own, a request that is sent twice is one payment; other content is a conflict."""
    till = door.signed_in(Role.TREASURER)
    path = f"/api/v1/payers/{door.shop.account}/top-ups"
    paid = {"amount_cents": 1_000, "means": "cash", "reference": "till 2", "id": "till-2"}

    answers = [till.post(path, json=paid).status_code]
    door.shop.now_ms += 60_000
    answers.append(till.post(path, json=paid).status_code)
    other = till.post(path, json={**paid, "amount_cents": 2_000}).status_code

    assert (answers, other) == ([201, 201], 409)
    assert door.shop.credit_cents() == 6_000


def test_an_entry_is_taken_back_by_its_key(door: Door) -> None:
    """A reversed use gives the credit back and takes the owners' cents back."""
    journal = Journal(door.shop)
    journal.used()
    door.shop.told(journal)
    treasurer = door.signed_in(Role.TREASURER)

    answer = treasurer.post(
        "/api/v1/reversals", json={"books": "lab", "target": "session:s-1", "reason": "forgotten stop"}
    )

    assert answer.status_code == 204
    assert (door.shop.credit_cents(), door.shop.owned_cents()) == (5_000, [0] * 6)


def test_a_co_owner_sees_the_split_of_their_own_agreement_only(door: Door) -> None:
    """A party of the agreement sees every line's cents; another co-owner finds no such agreement."""
    journal = Journal(door.shop)
    journal.used()
    door.shop.told(journal)
    owner = door.signed_in(Role.CO_OWNER, party="owner-1")
    door.account("elsewhere", Role.CO_OWNER, party="owner-of-another")
    foreign = door.stranger()
    foreign.post("/api/v1/session", json={"login": "elsewhere", "password": "three fictional words"})

    seen = owner.get("/api/v1/agreements/ceramics/balances").json()["items"][0]
    hidden = foreign.get("/api/v1/agreements/ceramics/balances")

    assert [line["cents"] for line in seen["lines"]] == [250, 50, 50, 50, 50, 50]
    assert (seen["income_cents"], seen["sessions"], seen["seconds"]) == (500, 1, 600)
    assert hidden.status_code == 404
    assert foreign.get("/api/v1/agreements").json()["items"] == []


def test_an_agreement_and_its_next_version_come_in_as_data(door: Door) -> None:
    """Quotas, fee and dates are given, never built in; the version before ends where the next begins."""
    treasurer = door.signed_in(Role.TREASURER)
    terms = {"manager": "lab", "legal_basis": "convention"}
    lines = [{"role": "share", "party": "a", "weight": 2}, {"role": "share", "party": "b", "weight": 1}]
    body = {"id": "lasers", "name": "Laser", "goods": ["laser"], "from_at": NOON, "lines": lines, "terms": terms}

    first = treasurer.post("/api/v1/agreements", json=body)
    again = treasurer.post("/api/v1/agreements", json={**body, "id": "other"})
    second = treasurer.post(
        "/api/v1/agreements/lasers/versions", json={"from_at": NOON + 5, "lines": lines[:1], "terms": terms}
    )

    shown = {each["id"]: each for each in treasurer.get("/api/v1/agreements").json()["items"]}
    assert (first.status_code, again.status_code, second.json()) == (201, 409, {"version": 2})
    assert [version["to_at"] for version in shown["lasers"]["versions"]] == [NOON + 5, None]


def test_a_stop_goes_to_the_floor_naming_its_session(door: Door) -> None:
    """The command is written down, then handed to the exchange; a use that is over cannot be stopped."""
    journal = Journal(door.shop)
    journal.opened()
    door.shop.told(journal)
    keeper = door.signed_in(Role.MAINTAINER)

    asked = keeper.post("/api/v1/sessions/s-1/stop")
    journal.ended()
    door.shop.told(journal)
    late = keeper.post("/api/v1/sessions/s-1/stop")

    assert (asked.status_code, late.status_code) == (202, 409)
    assert [(command.id, command.session, command.controller) for command in door.sent] == [
        (asked.json()["id"], "s-1", "pi-1")
    ]


def test_a_lock_out_holds_until_its_own_id_is_lifted(door: Door) -> None:
    """Two locks on one machine: lifting one leaves the other."""
    keeper = door.signed_in(Role.MAINTAINER)
    first, second = (
        keeper.post("/api/v1/machines/laser/locks", json={"reason": reason}).json()["id"] for reason in ("belt", "lens")
    )

    keeper.delete(f"/api/v1/locks/{first}")

    left = keeper.get("/api/v1/machines/laser").json()["locks"]
    assert [lock["id"] for lock in left] == [second]


def test_whoever_is_signed_in_reports_a_danger_and_may_not_lift_it(door: Door) -> None:
    """No role is asked for, and no words are needed; lifting wants one."""
    maker = door.signed_in(Role.MAKER)

    reported = maker.post("/api/v1/machines/laser/danger", json={})
    lifted = maker.delete(f"/api/v1/locks/{reported.json()['id']}")

    (lock,) = maker.get("/api/v1/machines/laser").json()["locks"]
    assert (reported.status_code, lifted.status_code) == (201, 403)
    assert (lock["id"], lock["emergency"]) == (reported.json()["id"], True)


def test_the_tray_shows_reasons_and_is_emptied_by_people(door: Door) -> None:
    """A use of an unknown machine waits there, and leaves with a note."""
    journal = Journal(door.shop)
    journal.used(machine="saw")
    door.shop.told(journal)
    desk = door.signed_in(Role.FABMANAGER)

    waiting = desk.get("/api/v1/tray").json()["items"]
    retried = desk.post("/api/v1/tray/retry").json()
    settled = desk.post("/api/v1/tray/pi-1/b1/3/settle", json={"note": "borrowed saw"})

    assert [(row["n"], row["reason"]) for row in waiting] == [(3, "unknown_machine")]
    assert retried == {"facts": 1, "posted": 0, "in_tray": 1}
    assert settled.status_code == 204
    assert desk.get("/api/v1/tray").json()["items"] == []


def test_health_counts_what_waits(door: Door) -> None:
    """Stored but unread facts, the tray and the controllers' news are one look away."""
    journal = Journal(door.shop)
    journal.used(machine="saw")
    door.shop.receive(journal)
    watcher = door.signed_in(Role.SERVICE)

    before = watcher.get("/api/v1/health").json()
    door.shop.interpret()
    after = watcher.get("/api/v1/health").json()

    assert (before["facts_waiting"], before["facts_in_tray"]) == (3, 0)
    assert (after["facts_waiting"], after["facts_in_tray"]) == (0, 1)
    assert [controller["id"] for controller in after["controllers"]] == ["pi-1"]


def test_uses_are_listed_page_by_page_and_makers_see_their_own(door: Door) -> None:
    """Newest first without a gap; a maker may ask for nobody else's."""
    journal = Journal(door.shop)
    for number in range(1, 6):
        journal.used(number)
    door.shop.told(journal)
    maker = door.signed_in(Role.MAKER, member=door.shop.member)
    mine = f"/api/v1/sessions?limit=3&member={door.shop.member}"

    first = maker.get(mine).json()
    second = maker.get(f"{mine}&before={first['next']}").json()

    assert [use["id"] for use in first["items"] + second["items"]] == ["s-5", "s-4", "s-3", "s-2", "s-1"]
    assert maker.get("/api/v1/sessions").status_code == 403


def test_a_price_and_a_policy_reach_the_entry_of_the_machine(door: Door) -> None:
    """What the page sets is what comes down."""
    desk = door.signed_in(Role.FABMANAGER)

    desk.post("/api/v1/machines/laser/prices", json={"per_minute_num": 100, "per_minute_den": 3})
    desk.put("/api/v1/machines/laser/policy", json={"max_duration_s": 600, "stop_tap": "confirm"})

    entry = door.shop.entry("machine", "laser")
    assert (entry["price"]["version"], entry["price"]["per_minute_den"]) == (2, 3)
    assert (entry["max_duration_s"], entry["stop_tap"]) == (600, "confirm")


def test_how_a_machine_ends_a_use_is_set_on_its_page_and_comes_down(door: Door) -> None:
    """Finish under a ceiling, extend by a tap, warn at its own times."""
    desk = door.signed_in(Role.FABMANAGER)
    policy: dict[str, object] = {
        "end_policy": "finish",
        "finish_max_s": 900,
        "extend_s": 600,
        "extended_max_s": 40_000,
        "warn_at_s": [90],
    }
    policy |= {"stop_on_revoked": True, "uses_at_once_max": 2, "on_the_spot": "grant"}
    policy |= {"running_above_w": 100, "running_below_w": 50, "idle_end_s": 900, "person_day_max_s": 7_200}
    policy |= {"stop_tap": "confirm", "hand_over": "yes"}
    policy |= {"bookings": "require", "no_show_s": 900}
    policy |= {"extractor": "relay-8", "cool_down_s": 120, "after_power_loss": "acknowledge"}

    desk.put("/api/v1/machines/laser/policy", json=policy)

    entry = door.shop.entry("machine", "laser")
    assert {key: entry[key] for key in policy} == policy
    read = desk.get("/api/v1/machines/laser").json()["policy"]
    assert {key: read[key] for key in policy} == policy


def test_who_may_train_is_said_with_the_grant_and_comes_down(door: Door) -> None:
    """Otherwise nobody may."""
    desk = door.signed_in(Role.FABMANAGER)
    where = f"/api/v1/members/{door.shop.member}/grants"
    before = door.shop.entry("right", f"{door.shop.member}/ceramics")

    done = desk.post(where, json={"training": "ceramics", "may_train": True})

    assert done.status_code == 201
    assert "may_train" not in before
    assert door.shop.entry("right", f"{door.shop.member}/ceramics")["may_train"] is True


@pytest.mark.parametrize(
    "policy",
    [
        {"end_policy": "finish"},
        {"warn_at_s": [-1]},
        {"warn_at_s": [60] * 9},
        {"extend_s": -1},
        {"uses_at_once_max": -1},
        {"no_show_s": -1},
        {"pulse_s": 5},
        {"pulse_s": 301, "free_of_charge": True},
        {"pulse_s": 5, "free_of_charge": True, "on_process_exit": "hold"},
        {"idle_end_s": 900},
        {"hand_over": "yes"},
        {"cool_down_s": 120},
        {"extractor": "relay 8"},
        {"running_above_w": 100, "idle_end_s": 5},
        {"running_above_w": 50, "running_below_w": 50},
    ],
)
def test_an_end_that_nobody_could_keep_is_refused(door: Door, policy: dict[str, object]) -> None:
    """Without a meter, who lets a job finish names a ceiling."""
    desk = door.signed_in(Role.FABMANAGER)

    assert desk.put("/api/v1/machines/laser/policy", json=policy).status_code == 422


def test_a_list_from_another_program_is_imported_twice_without_doubles(door: Door) -> None:
    """Lines are named by the other program's id: the second time they change what is known."""
    desk = door.signed_in(Role.FABMANAGER)
    lines = [{"external_id": str(number), "name": f"Personne {number}"} for number in range(600)]

    first = desk.post("/api/v1/members/import", json={"books": "lab", "members": lines}).json()
    second = desk.post("/api/v1/members/import", json={"books": "lab", "members": lines}).json()

    assert (first, second) == ({"created": 600, "updated": 0}, {"created": 0, "updated": 600})
    assert (
        len(desk.get("/api/v1/members", params={"search": "personne 59"}).json()["items"]) == 16
    )  # 59, 590 to 599, and five more


def test_the_contract_of_the_public_tree_is_served_to_anybody(door: Door) -> None:
    """Whoever builds a dashboard asks the office; nothing in it is of this office."""
    answer = door.stranger().get("/api/asyncapi.json")

    assert answer.status_code == 200
    assert answer.json()["asyncapi"] == "3.1.0"


def test_the_openapi_document_describes_every_door(door: Door) -> None:
    """The document is served and knows members, tray and the rest."""
    document = door.stranger().get(OPENAPI_PATH).json()

    assert {"/api/v1/members", "/api/v1/tray", "/api/v1/agreements/{key}/balances"} <= set(document["paths"])


def test_maintenance_is_planned_done_and_listed(door: Door) -> None:
    """A maintainer plans and notes it; the counters and what is left are there for all who sign in."""
    keeper = door.signed_in(Role.MAINTAINER)
    plan = "/api/v1/machines/kiln/maintenance/seal"

    put = keeper.put(plan, json={"name": "Joint", "every_uses": 5})
    never = keeper.put("/api/v1/machines/kiln/maintenance/dust", json={"name": "Filtre"})
    done = keeper.post(f"{plan}/done", json={"note": "neuf"})
    read = keeper.get("/api/v1/machines/kiln/maintenance").json()

    assert (put.status_code, never.status_code, done.status_code) == (204, 422, 204)
    assert read["hours"] == {"powered_s": 0, "busy_s": 0, "uses": 0, "energy_wh": 0}
    assert [(each["id"], each["left_uses"], each["state"]) for each in read["plans"]] == [("seal", 5, "later")]
    assert keeper.get("/api/v1/maintenance").json()["items"] == []
    assert keeper.delete(plan).status_code == 204
    assert door.signed_in(Role.TREASURER).put(plan, json={"name": "Joint", "every_uses": 5}).status_code == 403
