"""How fast a journal becomes a ledger: facts stored, understood and posted by the office's own services.

House rule: every use of it is posted; one that fell into the tray would make the number a lie, and is an error.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from sqlalchemy import select

from controller.bench.office_child import BOOKS, member_lines, now_ms, open_office
from controller.bench.uses import Journal, Use
from controller.domain.chain import SealedFact
from controller.domain.ids import AccountId, BranchId, ControllerId, MachineId, MemberId, SessionId
from controller.domain.tariff import Price
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
    uses = (
        Use(
            session=SessionId(f"{BRANCH}-{number + 1}"),
            member=MemberId(people[number % len(people)][0]),
            account=AccountId(people[number % len(people)][1]),
            machine=MACHINE,
            price=PRICE,
            start_at=began_ms + number * BETWEEN_MS,
            seconds=SECONDS,
        )
        for number in range(sessions)
    )
    return list(Journal(CONTROLLER, BRANCH, began_ms).one_after_the_other(uses))
