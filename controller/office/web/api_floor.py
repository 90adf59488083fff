"""What happens on the floor: uses, stops, the tray, branches, health."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from controller.office import explaining, intake, sessions, tray
from controller.office.commands import ask_stop
from controller.office.web import price_words
from controller.office.web.auth import check_own
from controller.office.web.doors import Desk, Keepers, Limit, MoneyReaders, TheOffice, Till, Watchers
from controller.office.web.roles import Action
from controller.office.web.schemas import Created, Page, RunningTimeIn, SettleIn

router = APIRouter(tags=["floor"])

Key = Annotated[str, Path(max_length=64)]


@router.get("/sessions")
def list_sessions(
    office: TheOffice,
    principal: MoneyReaders,
    machine: Annotated[str | None, Query(max_length=64)] = None,
    member: Annotated[str | None, Query(max_length=64)] = None,
    before: Annotated[str | None, Query(pattern=r"^\d{1,16}:[a-z0-9_-]{1,64}$")] = None,
    limit: Limit = 100,
) -> Page:
    """List ended uses, newest first; `next` is handed in as `before`. Makers see their own."""
    check_own(principal, Action.READ_MONEY, member)
    instant, _, key = (before or "").partition(":")
    with office.store.read() as tx:
        rows = sessions.ended_sessions(
            tx, machine=machine, member=member, before=(int(instant), key) if before else None, limit=limit
        )
    following = f"{rows[-1]['ended_at']}:{rows[-1]['id']}" if len(rows) == limit else None
    return Page(items=rows, next=following)


@router.get("/sessions/open")
def list_open(office: TheOffice, _: Watchers) -> Page:
    """List the uses under way."""
    with office.store.read() as tx:
        return Page(items=sessions.open_sessions(tx))


@router.get("/sessions/{key}/explanation")
def explain(key: Key, office: TheOffice, principal: MoneyReaders) -> dict[str, Any]:
    """Say how a use's charge came about, step by step and in words; makers ask for their own."""
    with office.store.read() as tx:
        member, priced = explaining.charge_of(tx, key)
    check_own(principal, Action.READ_MONEY, member)
    if priced is None:
        return {"charge": None, "said": None}
    said = {"fr": price_words.charge_lines(priced, "fr"), "en": price_words.charge_lines(priced, "en")}
    return {"charge": priced.to_data(), "said": said}


@router.post("/sessions/{key}/stop", status_code=HTTPStatus.ACCEPTED)
def stop(key: Key, office: TheOffice, principal: Keepers) -> Created:
    """Ask the floor to stop a use; what became of it is a fact that comes back."""
    with office.changing(principal.account) as change:
        command = ask_stop(change, key)
    office.send_command(command)
    return Created(id=command.id)


@router.get("/tray")
def list_tray(office: TheOffice, _: Till, limit: Limit = 100) -> Page:
    """List what could not be posted or understood, with the reason."""
    with office.store.read() as tx:
        return Page(items=tray.tray(tx, limit=limit))


@router.post("/tray/retry")
def retry(office: TheOffice, principal: Till) -> dict[str, int]:
    """Read the tray once more."""
    with office.changing(principal.account) as change:
        done = tray.retry_tray(change)
    return {"facts": done.facts, "posted": done.posted, "in_tray": done.in_tray}


@router.post("/tray/{controller}/{branch}/{n}/settle", status_code=HTTPStatus.NO_CONTENT)
def settle(
    controller: Key,
    branch: Key,
    n: Annotated[int, Path(ge=1, le=2**62)],
    body: SettleIn,
    office: TheOffice,
    principal: Till,
) -> None:
    """Take a fact out of the tray for good, with a note; it stays stored and is not posted."""
    with office.changing(principal.account) as change:
        tray.dismiss(change, (controller, branch, n), body.note)


@router.post("/tray/{controller}/{branch}/{n}/running-time")
def say_running_time(
    controller: Key,
    branch: Key,
    n: Annotated[int, Path(ge=1, le=2**62)],
    body: RunningTimeIn,
    office: TheOffice,
    principal: Till,
) -> dict[str, int]:
    """Say how long the machine ran in a use that its meter did not see whole, and post it."""
    with office.changing(principal.account) as change:
        done = tray.say_running_time(change, (controller, branch, n), body.busy_s, body.note)
    return {"facts": done.facts, "posted": done.posted, "in_tray": done.in_tray}


@router.get("/branches")
def list_branches(office: TheOffice, _: Watchers) -> Page:
    """List the journals' branches: how far each is stored and read, and which are quarantined."""
    with office.store.read() as tx:
        return Page(items=intake.branches(tx))


@router.post("/branches/{controller}/{branch}/release", status_code=HTTPStatus.NO_CONTENT)
def release(controller: Key, branch: Key, office: TheOffice, principal: Desk) -> None:
    """Let a quarantined branch be read again, once it is clear which card is the real one."""
    with office.changing(principal.account) as change:
        intake.set_quarantine(change, controller, branch, quarantined=False)


@router.get("/health")
def health(office: TheOffice, _: Watchers) -> dict[str, Any]:
    """Read what shows whether all is well."""
    with office.store.read() as tx:
        return sessions.health(tx)


@router.get("/alarms")
def list_alarms(office: TheOffice, _: Watchers) -> Page:
    """List the alarms that nobody has looked at."""
    with office.store.read() as tx:
        return Page(items=sessions.open_alarms(tx))
