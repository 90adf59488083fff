"""Why somebody is suspended: said to them and at the desk, to nobody else, and gone when it is over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from controller.office.accounts import Role
from controller.office.directory.importing import MemberLine, import_members
from controller.office.directory.tables import audit, directory_entry
from tests.office.door import Door
from tests.office.workshop import NOON

REASON = "Outil rendu cassé le 3 mars"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """One workshop, whose stories follow each other."""
    opened = Door.opened(tmp_path_factory.mktemp("suspension"))
    yield opened
    opened.shop.store.close()


def _audited(door: Door) -> list[str]:
    with door.shop.store.read() as tx:
        mine = audit.c.subject == door.shop.member
        rows = tx.execute(select(audit).where(mine, audit.c.what == "set_status").order_by(audit.c.id))
        return [f"{row.actor} {row.before} {row.after}" for row in rows]


def test_a_suspension_has_a_reason_that_the_desk_and_the_member_read_and_nobody_else(door: Door) -> None:
    """Without one it is refused; the trainer sees that, not why; neither comes down to a machine."""
    path, desk = f"/api/v1/members/{door.shop.member}", door.signed_in(Role.FABMANAGER)

    refused = desk.patch(path, json={"status": "suspended", "reason": "  "})
    taken = desk.patch(path, json={"status": "suspended", "reason": REASON})

    assert (refused.status_code, taken.status_code) == (422, 204)
    assert "motif" in refused.text or "reason" in refused.text
    maker = door.signed_in(Role.MAKER, member=door.shop.member)
    trainer = door.signed_in(Role.TRAINER)
    read = [who.get(path).json() for who in (desk, maker, trainer)]
    assert [each["suspended_reason"] for each in read] == [REASON, REASON, None]
    assert [each["status"] for each in read] == ["suspended"] * 3
    assert REASON not in trainer.get("/api/v1/members").text
    assert REASON in _audited(door)[-1]
    with door.shop.store.read() as tx:
        bodies = " ".join(row.body or "" for row in tx.execute(select(directory_entry.c.body)))
    assert "suspended" in bodies
    assert "cass" not in bodies


def test_a_list_that_suspends_keeps_the_reason_and_one_that_lets_in_clears_it(door: Door) -> None:
    """Another program's list knows no reasons, and must not wipe the one that was written here."""
    desk = door.signed_in(Role.FABMANAGER, Role.TREASURER)
    made = desk.post("/api/v1/members", json={"name": "Ana Inventée", "books": "lab", "external_id": "x-1"}).json()
    path = f"/api/v1/members/{made['id']}"
    desk.patch(path, json={"status": "suspended", "reason": REASON})

    reasons = []
    for status in ("suspended", "active"):
        line = MemberLine(external_id="x-1", name="Ana Inventée", status=status)
        import_members(door.shop.store, door.shop.vault, "tester", NOON, "lab", [line])
        reasons.append(desk.get(path).json()["suspended_reason"])

    assert reasons == [REASON, None]


def test_letting_somebody_in_again_clears_the_reason_and_erasing_them_takes_it_from_the_audit(door: Door) -> None:
    """The audit keeps who and when; the words about a person go with the person."""
    path, admin = f"/api/v1/members/{door.shop.member}", door.signed_in(Role.ADMIN)
    admin.patch(path, json={"status": "suspended", "reason": REASON})

    admin.patch(path, json={"status": "active"})
    lifted, kept = admin.get(path).json()["suspended_reason"], "".join(_audited(door))
    admin.delete(f"{path}/names")

    assert lifted is None
    assert REASON in kept
    assert len(_audited(door)) > 1
    assert "cass" not in "".join(_audited(door))
