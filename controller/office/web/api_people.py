"""Members, badges, enrolment by tapping, grants."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query

from controller.domain.wishes import Wishes
from controller.office import phones
from controller.office.accounts import Principal
from controller.office.directory import access, badges, people, places, rights, supervised
from controller.office.directory.importing import MemberLine, import_members
from controller.office.messages.wishes import forget_member
from controller.office.vault import Names
from controller.office.web.auth import check_own, may
from controller.office.web.doors import (
    Admins,
    After,
    Desk,
    Limit,
    MemberReaders,
    PhoneHolders,
    Readers,
    RightsReaders,
    TheOffice,
    Trainers,
    Wishers,
)
from controller.office.web.roles import Action
from controller.office.web.schemas import (
    Created,
    Enrolment,
    GrantIn,
    MemberChange,
    MemberIn,
    MemberOut,
    MemberRows,
    Page,
    PhoneLink,
    ReplacementIn,
    WishesIn,
)

router = APIRouter(tags=["people"])


@router.get("/members")
def list_members(
    office: TheOffice,
    principal: Readers,
    search: Annotated[str, Query(max_length=100)] = "",
    after: After = "",
    limit: Limit = 100,
) -> Page:
    """List members by id, or those whose name or e-mail holds every word of `search`, by name."""
    if search.strip():
        found = dict(office.vault.search(office.store, search, limit))
        with office.store.read() as tx:
            rows = {row["id"]: row for row in people.member_rows(tx, found, limit=limit)}
        return Page(items=[_member(rows[key], names, principal) for key, names in found.items() if key in rows])
    with office.store.read() as tx:
        listed = people.member_rows(tx, after=after, limit=limit)
        names = office.vault.names(tx, [row["id"] for row in listed])
    following = listed[-1]["id"] if len(listed) == limit else None
    return Page(items=[_member(row, names.get(row["id"]), principal) for row in listed], next=following)


@router.post("/members", status_code=HTTPStatus.CREATED)
def add_member(body: MemberIn, office: TheOffice, principal: Desk) -> Created:
    """Add a member."""
    with office.changing(principal.account) as change:
        return Created(id=people.create_member(change, office.vault, people.NewMember(**dict(body))))


@router.post("/members/import")
def import_list(body: MemberRows, office: TheOffice, principal: Desk) -> dict[str, int]:
    """Add or change many members from another program's list."""
    lines = [MemberLine(**dict(line)) for line in body.members]
    done = import_members(office.store, office.vault, principal.account, office.now_ms(), body.books, lines)
    office.live.publish("directory")
    return {"created": done.created, "updated": done.updated}


@router.get("/members/{key}")
def read_member(key: str, office: TheOffice, principal: MemberReaders) -> MemberOut:
    """Read one member; makers read themselves only."""
    check_own(principal, Action.READ_MEMBER, key)
    with office.store.read() as tx:
        row = people.member_row(tx, key)
        return MemberOut(**_member(row, office.vault.names(tx, [key]).get(key), principal))


@router.patch("/members/{key}", status_code=HTTPStatus.NO_CONTENT)
def change_member(key: str, body: MemberChange, office: TheOffice, principal: Desk) -> None:
    """Change what is given: names, status, membership, quality."""
    with office.changing(principal.account) as change:
        if body.name is not None or body.email is not None:
            known = office.vault.names(change.tx, [key]).get(key, Names(""))
            name = known.name if body.name is None else body.name
            email = known.email if body.email is None else body.email
            people.rename_member(change, office.vault, key, name, email)
        if body.status is not None:
            people.set_status(change, key, body.status, body.reason)
        if "membership_until_at" in body.model_fields_set:
            people.set_membership(change, key, body.membership_until_at)
        if body.use_kind is not None:
            people.set_use_kind(change, key, body.use_kind)
        if body.audience is not None:
            people.set_audience(change, key, body.audience)


@router.put("/members/{key}/wishes", status_code=HTTPStatus.NO_CONTENT)
def set_wishes(key: str, body: WishesIn, office: TheOffice, principal: Wishers) -> None:
    """Say how machines are to speak to a member: everybody for themselves, the desk for anybody."""
    check_own(principal, Action.SET_WISHES, key)
    with office.changing(principal.account) as change:
        wishes = Wishes(sound=body.always_sound, spoken=body.spoken_messages, large=body.larger_text)
        people.set_wishes(change, key, body.language, wishes, longer_windows=body.longer_windows)


@router.delete("/members/{key}/names", status_code=HTTPStatus.NO_CONTENT)
def erase_member(key: str, office: TheOffice, principal: Admins) -> None:
    """Erase a person: names and their key go for good, ids and the ledger stay as the law asks."""
    with office.changing(principal.account) as change:
        people.member_row(change.tx, key)
        people.forget_reasons(change, key)
        forget_member(change, key)
        office.vault.erase(change, key)


@router.get("/members/{key}/badges")
def list_badges(key: str, office: TheOffice, _: Desk) -> Page:
    """List a member's badges; no number is ever shown."""
    with office.store.read() as tx:
        people.member_row(tx, key)
        return Page(items=badges.badges_of(tx, key))


@router.post("/badges/{key}/replace", status_code=HTTPStatus.CREATED)
def replace_badge(key: str, body: ReplacementIn, office: TheOffice, principal: Desk) -> Created:
    """Block a lost badge and give its holder the badge of this tap, in one step; what was done with it stays theirs."""
    with office.changing(principal.account) as change:
        return Created(id=badges.replace_badge(change, key, body.tap, body.label, office.speed))


@router.post("/badges/{key}/block", status_code=HTTPStatus.NO_CONTENT)
def block_badge(key: str, office: TheOffice, principal: Desk) -> None:
    """Block a badge that is lost."""
    with office.changing(principal.account) as change:
        badges.block_badge(change, key)


@router.post("/badges/{key}/unblock", status_code=HTTPStatus.NO_CONTENT)
def unblock_badge(key: str, office: TheOffice, principal: Desk) -> None:
    """Let a blocked badge open again."""
    with office.changing(principal.account) as change:
        badges.set_badge_blocked(change, key, blocked=False)


@router.delete("/badges/{key}", status_code=HTTPStatus.NO_CONTENT)
def take_back_badge(key: str, office: TheOffice, principal: Desk) -> None:
    """Take a badge back, so that it can be given to somebody else."""
    with office.changing(principal.account) as change:
        badges.take_back_badge(change, key)


@router.get("/unknown-taps")
def unknown_taps(office: TheOffice, _: Desk) -> Page:
    """List the unknown badges that were tapped in the last minute: where and when, never which."""
    with office.store.read() as tx:
        return Page(items=badges.unknown_taps(tx, office.now_ms(), office.speed))


@router.post("/unknown-taps/{tap}/enrol", status_code=HTTPStatus.CREATED)
def enrol(tap: str, body: Enrolment, office: TheOffice, principal: Desk) -> Created:
    """Give the badge of this tap to a member."""
    with office.changing(principal.account) as change:
        return Created(id=badges.enrol_from_tap(change, tap, body.member, body.label, office.speed))


@router.get("/members/{key}/grants")
def list_grants(key: str, office: TheOffice, principal: RightsReaders) -> Page:
    """List a member's grants; an open one says on how many controllers it has arrived."""
    check_own(principal, Action.READ_RIGHTS, key)
    with office.store.read() as tx:
        people.member_row(tx, key)
        items = []
        for row in rights.grants_of(tx, key):
            arrived = None if row["revision"] is None else places.arrived_on(tx, row["revision"])
            items.append({**row, "arrived": arrived and {"controllers": arrived[0], "of": arrived[1]}})
        return Page(items=items)


@router.get("/members/{key}/supervised-uses")
def list_supervised_uses(key: str, office: TheOffice, principal: RightsReaders) -> Page:
    """List what a member has practised under whose eyes."""
    check_own(principal, Action.READ_RIGHTS, key)
    with office.store.read() as tx:
        people.member_row(tx, key)
        return Page(items=supervised.uses_of(tx, key))


@router.get("/members/{key}/access/{machine}")
def read_access(key: str, machine: str, office: TheOffice, principal: RightsReaders) -> dict[str, Any]:
    """Read what a member lacks for a machine, who gives it (as far as they agreed to be named), until when it holds."""
    check_own(principal, Action.READ_RIGHTS, key)
    with office.store.read() as tx:
        return access.access_of(tx, office.vault, key, machine, office.now_ms())


@router.get("/members/{key}/access")
def list_accesses(key: str, office: TheOffice, principal: RightsReaders) -> Page:
    """List the same for every machine that asks for a training."""
    check_own(principal, Action.READ_RIGHTS, key)
    with office.store.read() as tx:
        return Page(items=access.accesses_of(tx, office.vault, key, office.now_ms()))


@router.post("/members/{key}/phone-link", status_code=HTTPStatus.CREATED)
def add_phone_link(key: str, office: TheOffice, principal: Desk) -> PhoneLink:
    """Make the path that opens a member's own page once, on their phone; it is shown this once."""
    with office.changing(principal.account) as change:
        code = phones.create_link(change, key)
        return PhoneLink(path=f"/phone/{code}", expires_at=change.now_ms + phones.LINK_MS)


@router.delete("/members/{key}/phones", status_code=HTTPStatus.NO_CONTENT)
def end_phones(key: str, office: TheOffice, principal: PhoneHolders) -> None:
    """Sign a member's phones out: everybody their own, the desk a lost one."""
    check_own(principal, Action.END_PHONES, key)
    with office.changing(principal.account) as change:
        phones.end_phones(change, key)


@router.get("/rights/expiring")
def list_expiring(office: TheOffice, _: Trainers, within_days: Annotated[int, Query(ge=1, le=366)] = 30) -> Page:
    """List the rights that end soon, by date or because they are not used: whoever is told in time comes in time."""
    with office.store.read() as tx:
        return Page(items=rights.expiring(tx, office.now_ms(), within_days))


@router.post("/members/{key}/grants", status_code=HTTPStatus.CREATED)
def add_grant(key: str, body: GrantIn, office: TheOffice, principal: Trainers) -> Created:
    """Grant a training."""
    with office.changing(principal.account) as change:
        granted = rights.grant(
            change,
            key,
            body.training,
            from_at=body.from_at,
            until_at=body.until_at,
            note=body.note,
            may_train=body.may_train,
            may_be_named=body.may_be_named,
        )
    return Created(id=granted)


@router.delete("/members/{key}/grants/{training}", status_code=HTTPStatus.NO_CONTENT)
def end_grant(key: str, training: str, office: TheOffice, principal: Trainers) -> None:
    """Take a training's right back."""
    with office.changing(principal.account) as change:
        people.member_row(change.tx, key)
        rights.revoke(change, key, training)


def _member(row: dict[str, Any], names: Names | None, principal: Principal) -> dict[str, Any]:
    shown = {key: value for key, value in row.items() if key in MemberOut.model_fields}
    shown |= {"name": None, "email": None} if names is None else {"name": names.name, "email": names.email}
    told = principal.member == row["id"] or may(principal, Action.DESK)
    return shown if told else {**shown, "suspended_reason": None}
