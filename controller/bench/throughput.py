"""How fast a journal becomes a ledger: facts stored, understood and posted by the office's own services.

House rule: every use of it is posted; one that fell into the tray would make the number a lie, and is an error.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from sqlalchemy import select

from controller.bench.office_child import BOOKS, member_lines, now_ms, open_office
from controller.domain.chain import GENESIS_HASH, SealedFact, commitment_of
from controller.domain.codec import body_of
from controller.domain.facts import BranchOpened, Fact, Inputs, SessionEnded, SessionOpened, Stamp
from controller.domain.ids import AccountId, BadgeToken, BranchId, ControllerId, MachineId, MemberId, SessionId
from controller.domain.reasons import StopReason
from controller.domain.sessions import SessionKind
from controller.domain.tariff import Price, charge
from controller.errors import Message, ProgrammerError
from controller.office.directory import machines, places
from controller.office.directory.importing import import_members
from controller.office.directory.tables import member
from controller.office.intake import FACTS_LIMIT, store_facts
from controller.office.interpreting import interpret

SESSIONS = 5_000
MEMBERS = 100
SECONDS = 600
CONTROLLER, BRANCH, MACHINE = ControllerId("pi-bench"), BranchId("b1"), MachineId("laser")
PRICE = Price(machine=MACHINE, version=1, per_minute_num=60)
BETWEEN_MS = 1_000_000


def journal_to_ledger(root: Path, sessions: int = SESSIONS) -> dict[str, Any]:
    """Store and interpret that many uses in a new database; facts and sessions per second."""
    folder = root / "ledger"
    folder.mkdir()
    store, vault = open_office(folder)
    began_ms = now_ms() - sessions * BETWEEN_MS
    try:
        import_members(store, vault, "bench", began_ms, BOOKS, member_lines(0, MEMBERS))
        with store.changing("bench", began_ms) as change:
            places.create_site(change, "bench", BOOKS, "Atelier Exemple")
            places.create_controller(change, CONTROLLER, "bench", "Pi de mesure")
            machines.create_machine(change, MACHINE, "bench", "Laser")
            machines.set_price(change, MACHINE, (60, 1))
            places.place_machine(change, MACHINE, CONTROLLER, "relay-1")
        with store.read() as tx:
            people = [(row.id, row.account) for row in tx.execute(select(member.c.id, member.c.account))]
        facts = _journal(people, sessions, began_ms)
        began = time.perf_counter()
        posted = 0
        for start in range(0, len(facts), FACTS_LIMIT):
            with store.changing("exchange", now_ms()) as change:
                store_facts(change, CONTROLLER, BRANCH, facts[start : start + FACTS_LIMIT])
            with store.changing("exchange", now_ms()) as change:
                posted += interpret(change).posted
        while True:
            with store.changing("exchange", now_ms()) as change:
                done = interpret(change)
            posted += done.posted
            if not done.facts:
                break
        seconds = time.perf_counter() - began
    finally:
        store.close()
    if posted != sessions:
        raise ProgrammerError(Message(f"{posted} usages sur {sessions}", f"{posted} of {sessions} sessions posted"))
    return {
        "facts": len(facts),
        "sessions": sessions,
        "seconds": round(seconds, 2),
        "facts_per_s": round(len(facts) / seconds),
        "sessions_per_s": round(sessions / seconds),
    }


def _journal(people: list[tuple[str, str]], sessions: int, began_ms: int) -> list[SealedFact]:
    sealed: list[SealedFact] = []

    def add(fact: Fact) -> None:
        body, salt = body_of(fact), f"{len(sealed):032x}"
        sealed.append(
            SealedFact(
                controller=CONTROLLER,
                branch=BRANCH,
                n=len(sealed) + 1,
                kind=fact.KIND,
                schema=fact.SCHEMA,
                prev=sealed[-1].hash if sealed else GENESIS_HASH,
                commitment=commitment_of(salt, body),
                salt=salt,
                body=body,
            )
        )

    def at(boot_ms: int) -> Stamp:
        return Stamp(boot_id="boot-1", boot_ms=boot_ms, wall_ms=began_ms + boot_ms, clock="synced")

    add(BranchOpened(parent_branch=None, parent_n=0, parent_hash=GENESIS_HASH, software="bench", at=at(0)))
    for number in range(sessions):
        who, account = people[number % len(people)]
        start_ms = number * BETWEEN_MS
        session, owner, payer = SessionId(f"{BRANCH}-{number + 1}"), MemberId(who), AccountId(account)
        add(
            SessionOpened(
                session=session,
                machine=MACHINE,
                member=owner,
                account=payer,
                kind=SessionKind.PAID,
                token=BadgeToken("ab" * 32),
                price=PRICE,
                hold_cents=600,
                limit_s=3_600,
                limit_reason=StopReason.MAXIMUM_DURATION,
                inputs=Inputs(revision=1, age_s=0, available_cents=5_000, credit_fresh=True, locks=()),
                rules=1,
                at=at(start_ms),
            )
        )
        add(
            SessionEnded(
                session=session,
                machine=MACHINE,
                member=owner,
                account=payer,
                kind=SessionKind.PAID,
                reason=StopReason.SECOND_TAP,
                seconds=SECONDS,
                price=PRICE,
                announced_cents=charge(PRICE, SECONDS).gross_cents,
                started=at(start_ms),
                ended=at(start_ms + SECONDS * 1_000),
                rules=1,
                at=at(start_ms + SECONDS * 1_000),
            )
        )
    return sealed
