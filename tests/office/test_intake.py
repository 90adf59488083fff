"""From the floor's facts to the owners' cents: stored once, read once, nothing thrown away."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from controller.domain.chain import commitment_of
from controller.domain.facts import CommandAnswered, FaultRaised, HeadWitnessed, StartAbandoned
from controller.domain.ids import AccountId, BooksId, LockId, MachineId, SessionId
from controller.domain.reasons import Refusal
from controller.domain.sessions import SessionKind
from controller.office.directory import badges, machines, places
from controller.office.directory.tables import alarm, command
from controller.office.intake import (
    ForgeryError,
    NotWellFormedError,
    contained_vector,
    set_quarantine,
    stored_facts,
    stored_up_to,
)
from controller.office.interpreting import interpret
from controller.office.journal_tables import hold, session
from controller.office.ledger.caches import check
from controller.office.ledger.tables import ledger_entry
from controller.office.refusals import NotFoundError
from controller.office.store import OfficeStore
from controller.office.tray import dismiss, retry_tray, tray
from tests.office.workshop import NOON, Journal, Workshop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    """The workshop, five euros times ten on the member's account."""
    shop = Workshop.founded(tmp_path)
    yield shop
    shop.store.close()


def entries(shop: Workshop) -> int:
    """How many session entries the ledger has."""
    with shop.store.read() as tx:
        query = select(func.count()).where(ledger_entry.c.kind == "session")
        return tx.execute(query).scalar_one()


def alarms(shop: Workshop) -> list[str]:
    """The kinds of open alarms."""
    with shop.store.read() as tx:
        return list(tx.execute(select(alarm.c.kind).order_by(alarm.c.kind)).scalars())


def reasons(shop: Workshop) -> list[str]:
    """Why facts are in the tray."""
    with shop.store.read() as tx:
        return [row["reason"] for row in tray(tx)]


def vector(shop: Workshop) -> dict[str, int]:
    """Up to where each branch is contained in the directory."""
    with shop.store.read() as tx:
        return contained_vector(tx, "pi-1")


def interpret_and_fail(shop: Workshop) -> None:
    """Read what is stored, then lose the transaction."""
    with shop.changing() as change:
        interpret(change)
        raise RuntimeError


def test_a_use_at_the_kiln_reaches_each_co_owner(shop: Workshop) -> None:
    """Six euros for ten minutes: credit goes down by them, net goes to the owners to the cent, VAT apart."""
    journal = Journal(shop)
    journal.used(seconds=600)

    done = shop.told(journal)

    assert (done.facts, done.posted, done.in_tray) == (3, 1, 0)
    assert shop.credit_cents() == 5_000 - 600
    assert shop.owned_cents() == [250, 50, 50, 50, 50, 50]
    assert shop.entry("balance", shop.account)["balance_cents"] == 4_400


def test_a_machine_that_nobody_shares_earns_for_the_books(shop: Workshop) -> None:
    """A use outside every agreement is charged and moves no owner's wheel."""
    journal = Journal(shop)
    journal.used(machine="laser")

    shop.told(journal)

    assert shop.credit_cents() == 4_400
    assert shop.owned_cents() == [0] * 6


def test_an_open_use_holds_credit_until_it_ends(shop: Workshop) -> None:
    """What an open use may cost comes down as a hold of its controller and goes with its end."""
    journal = Journal(shop)
    journal.opened(hold_cents=700)
    shop.told(journal)
    held = shop.entry("balance", shop.account)["holds"]
    journal.ended()

    shop.told(journal)

    assert held == [{"controller": "pi-1", "cents": 700}]
    assert shop.entry("balance", shop.account)["holds"] == []


def test_facts_sent_again_change_nothing(shop: Workshop) -> None:
    """The same numbers with the same content are stored and posted once, however often they come."""
    journal = Journal(shop)
    journal.used()
    shop.told(journal)

    again = [shop.receive(journal), shop.receive(journal)]
    done = shop.interpret()

    assert again == [3, 3]
    assert (done.facts, entries(shop)) == (0, 1)


def test_the_same_name_with_other_content_is_a_forgery(shop: Workshop) -> None:
    """A stored number that comes with another hash is refused, and what is stored stays."""
    honest, copy = Journal(shop), Journal(shop)
    honest.used(seconds=600)
    copy.used(seconds=60)
    shop.receive(honest)

    with pytest.raises(ForgeryError):
        shop.receive(copy)

    with shop.store.read() as tx:
        assert stored_up_to(tx, "pi-1", "b1") == (3, honest.facts[-1].hash)
        assert stored_facts(tx, "pi-1", "b1") == honest.facts


def test_a_gap_is_not_stored_and_not_acknowledged(shop: Workshop) -> None:
    """Facts behind a missing one wait at the controller: the acknowledgement stops before the gap."""
    journal = Journal(shop)
    journal.used(1)
    journal.used(2)
    whole = list(journal.facts)
    journal.facts[2:3] = []

    first = shop.receive(journal)
    journal.facts = whole
    second = shop.receive(journal)

    assert (first, second) == (2, 5)


def test_a_damaged_fact_is_refused(shop: Workshop) -> None:
    """A body that is not the one committed to, or a fact that does not follow the last one, is not stored."""
    journal = Journal(shop)
    journal.opened()
    good = journal.facts[1]
    bad_body = replace(good, body={**(good.body or {}), "hold_cents": 0})
    bad_place = replace(good, prev="0" * 64)

    for damaged in (bad_body, bad_place):
        journal.facts[1] = damaged
        with pytest.raises(NotWellFormedError):
            shop.receive(journal)

    with shop.store.read() as tx:
        assert stored_up_to(tx, "pi-1", "b1")[0] == 0


def test_an_unknown_controller_stores_nothing(shop: Workshop) -> None:
    """Only controllers that a person has made known may write."""
    stranger = Journal(shop, controller="pi-9")

    with pytest.raises(NotFoundError):
        shop.receive(stranger)


def test_a_crash_between_storing_and_reading_loses_and_doubles_nothing(shop: Workshop) -> None:
    """What was stored by a process that died is read by the next one, once."""
    journal = Journal(shop)
    journal.used()
    shop.receive(journal)
    shop.store.close()
    shop.store = OfficeStore(shop.folder / "office.db")

    first, second = shop.interpret(), shop.interpret()

    assert (first.posted, second.posted, entries(shop)) == (1, 0, 1)


def test_a_transaction_that_fails_while_reading_leaves_everything_to_be_read(shop: Workshop) -> None:
    """Reading and posting are one transaction: taken back together, done again together."""
    journal = Journal(shop)
    journal.used()
    shop.receive(journal)

    with pytest.raises(RuntimeError):
        interpret_and_fail(shop)

    assert entries(shop) == 0
    assert shop.interpret().posted == 1


def test_a_use_without_a_date_waits_for_the_anchor_of_its_boot(shop: Workshop) -> None:
    """Undated, it is in the tray and its price is kept from being spent; dated, it is posted at its own
    instant.
    """
    journal = Journal(shop, clock=False)
    journal.used(seconds=600)
    shop.told(journal)
    waiting = (reasons(shop), shop.entry("balance", shop.account)["balance_cents"], entries(shop))
    journal.anchored()

    done = shop.told(journal)

    assert waiting == (["undated"], 4_400, 0)
    assert (done.posted, reasons(shop)) == (1, [])
    assert shop.entry("balance", shop.account)["balance_cents"] == 4_400
    with shop.store.read() as tx:
        assert tx.execute(select(ledger_entry.c.event_at).where(ledger_entry.c.kind == "session")).scalar() == (
            NOON + 660_000
        )


def test_an_anchor_in_the_same_batch_dates_what_came_before_it(shop: Workshop) -> None:
    """When use and anchor arrive together, nothing is left in the tray."""
    journal = Journal(shop, clock=False)
    journal.used()
    journal.anchored()

    done = shop.told(journal)

    assert (done.posted, done.in_tray) == (1, 0)


def test_an_anchor_of_another_boot_dates_nothing(shop: Workshop) -> None:
    """Each boot has its own zero."""
    journal = Journal(shop, clock=False)
    journal.used()
    journal.anchored("boot-2")

    done = shop.told(journal)

    assert (done.posted, reasons(shop)) == (0, ["undated"])


def test_another_announced_price_is_corrected_and_alarms(shop: Workshop) -> None:
    """The office posts what the rules give, notes the difference and refuses nothing."""
    journal = Journal(shop)
    journal.opened()
    journal.ended(seconds=600, announced_cents=1)

    shop.told(journal)

    assert shop.credit_cents() == 4_400
    assert alarms(shop) == ["announced_otherwise"]
    with shop.store.read() as tx:
        assert tx.execute(select(session.c.adjustment)).scalar() == "announced_otherwise"


def test_a_kind_of_use_that_the_agreement_frees_costs_nothing(shop: Workshop) -> None:
    """A staff use is recorded, charged to nobody, and no fault of anyone."""
    journal = Journal(shop)
    journal.opened()
    journal.ended(kind=SessionKind.STAFF)

    shop.told(journal)

    assert (shop.credit_cents(), alarms(shop), entries(shop)) == (5_000, [], 1)


def test_a_session_told_by_two_branches_counts_once(shop: Workshop) -> None:
    """A copied card tells the same use twice: posted once, and an alarm says that a journal has forked."""
    first = Journal(shop)
    first.used()
    copy = first.child("b2", after=2)
    copy.ended()
    shop.told(first)

    shop.told(copy)

    assert (entries(shop), shop.credit_cents()) == (1, 4_400)
    assert alarms(shop) == ["forked_journal"]


def test_a_plain_restart_raises_no_alarm(shop: Workshop) -> None:
    """A branch that goes on from the end of the one before it is what every start looks like."""
    first = Journal(shop)
    first.opened()
    second = first.child("b2")
    second.ended()
    shop.told(first)

    shop.told(second)

    assert (entries(shop), alarms(shop)) == (1, [])


def test_two_ends_of_one_use_leave_the_second_in_the_tray(shop: Workshop) -> None:
    """Two copies that end the same use differently: the first is posted, a person decides on the other."""
    first = Journal(shop)
    first.used(seconds=600)
    copy = first.child("b2", after=2)
    copy.ended(seconds=60)
    shop.told(first)

    shop.told(copy)

    assert (shop.credit_cents(), reasons(shop)) == (4_400, ["counted_otherwise"])
    assert shop.entry("balance", shop.account)["balance_cents"] == 4_400


def test_a_quarantined_branch_is_stored_and_not_read(shop: Workshop) -> None:
    """It moves no money and is not contained until a person lets it go on."""
    journal = Journal(shop)
    shop.told(journal)
    with shop.changing() as change:
        set_quarantine(change, "pi-1", "b1", quarantined=True)
    journal.used()

    stored = shop.receive(journal)
    held_back = (shop.interpret().posted, vector(shop))
    with shop.changing() as change:
        set_quarantine(change, "pi-1", "b1", quarantined=False)
    released = (shop.interpret().posted, vector(shop))

    assert stored == 3
    assert held_back == (0, {"b1": 1})
    assert released == (1, {"b1": 3})


def test_a_fact_of_a_newer_version_is_stored_and_not_contained(shop: Workshop) -> None:
    """What is not understood goes to the tray, and the floor keeps its own view of everything from there on."""
    journal = Journal(shop)
    newer = journal.opened()
    body = {**(newer.body or {}), "colour": "red"}
    journal.facts[-1] = replace(newer, schema=2, body=body, commitment=commitment_of(newer.salt or "", body))
    journal.used(2)

    done = shop.told(journal)

    assert (done.posted, reasons(shop)) == (1, ["not_understood"])
    assert vector(shop) == {"b1": 1}


def test_what_is_stored_and_not_read_is_not_contained(shop: Workshop) -> None:
    """The vector tells what the directory knows, not what the disk holds."""
    journal = Journal(shop)
    journal.used()

    shop.receive(journal)
    before = vector(shop)
    shop.interpret()

    assert (before, vector(shop)) == ({"b1": 0}, {"b1": 3})


def test_a_use_of_an_unknown_machine_waits_until_the_machine_is_known(shop: Workshop) -> None:
    """The tray keeps it, its price is not spent twice, and it is posted when tried again."""
    journal = Journal(shop)
    journal.used(machine="saw")
    shop.told(journal)
    waiting = (reasons(shop), shop.entry("balance", shop.account)["balance_cents"])
    with shop.changing() as change:
        machines.create_machine(change, "saw", "crest", "Scie")

    with shop.changing() as change:
        done = retry_tray(change)

    assert waiting == (["unknown_machine"], 4_400)
    assert (done.posted, reasons(shop), shop.credit_cents()) == (1, [], 4_400)


def test_a_person_may_settle_a_use_in_the_tray(shop: Workshop) -> None:
    """With a note it leaves the tray, costs nothing, and the fact stays stored."""
    journal = Journal(shop)
    journal.used(machine="saw")
    shop.told(journal)

    with shop.changing() as change:
        dismiss(change, ("pi-1", "b1", 3), "test of a borrowed saw")

    assert (reasons(shop), shop.entry("balance", shop.account)["balance_cents"]) == ([], 5_000)
    with shop.store.read() as tx:
        assert stored_up_to(tx, "pi-1", "b1")[0] == 3


def test_credit_of_other_books_pays_nothing_here(shop: Workshop) -> None:
    """Credit never crosses books: such a use goes to the tray."""
    with shop.changing() as change:
        places.create_books(change, "other", "Autre Atelier")
        places.create_site(change, "valence", "other", "Valence")
        machines.create_machine(change, "mill", "valence", "Fraiseuse")
    journal = Journal(shop)
    journal.used(machine="mill")

    shop.told(journal)

    assert (reasons(shop), shop.credit_cents()) == (["other_books"], 5_000)


def test_an_abandoned_start_lets_go_of_its_hold(shop: Workshop) -> None:
    """A use that never had power holds and costs nothing."""
    journal = Journal(shop)
    journal.opened()
    journal.add(
        StartAbandoned(
            session=SessionId("s-1"),
            machine=MachineId("kiln"),
            account=AccountId(shop.account),
            reason=Refusal.STORAGE_SLOW,
            rules=1,
            at=journal.stamp(61),
        )
    )

    shop.told(journal)

    with shop.store.read() as tx:
        assert tx.execute(select(func.count()).select_from(hold)).scalar() == 0
        assert tx.execute(select(session.c.state)).scalar() == "abandoned"


def test_a_fault_on_the_floor_is_a_lock_with_the_same_id(shop: Workshop) -> None:
    """The floor names the lock; the office lifts it by that name."""
    journal = Journal(shop)
    journal.add(
        FaultRaised(
            lock=LockId("lk-floor"), machine=MachineId("kiln"), wanted_on=False, read_on=True, at=journal.stamp(1)
        )
    )
    shop.told(journal)
    locked = shop.entry("lock", "lk-floor")

    with shop.changing() as change:
        machines.lift_lock(change, "lk-floor")

    assert locked["machine"] == "kiln"
    assert shop.entry("lock", "lk-floor") is None


def test_an_unknown_badge_shows_for_a_minute_and_is_attached_in_one_gesture(shop: Workshop) -> None:
    """The tap shows machine and instant, never the badge; attached, it opens and is shown no more."""
    journal = Journal(shop)
    journal.unknown_badge()
    journal.unknown_badge()
    shop.told(journal)
    with shop.store.read() as tx:
        shown = badges.unknown_taps(tx, NOON + 59_000)
        later = badges.unknown_taps(tx, NOON + 61_000)

    with shop.changing() as change:
        badges.enrol_from_tap(change, shown[0]["id"], shop.member)

    assert [set(tap) for tap in shown] == [{"id", "machine", "controller", "seen_at"}]
    assert later == []
    assert shop.entry("badge", "cd" * 32)["member"] == shop.member
    with shop.store.read() as tx:
        assert badges.unknown_taps(tx, NOON + 59_000) == []


def test_the_first_answer_to_a_command_is_kept(shop: Workshop) -> None:
    """A command is answered once."""
    with shop.changing() as change:
        change.tx.execute(
            command.insert().values(
                id="c_1", controller="pi-1", machine="kiln", kind="stop", session="s-1", asked_by="w", asked_at=NOON
            )
        )
    journal = Journal(shop)
    for outcome in ("done", "too_late"):
        journal.add(CommandAnswered(command="c_1", session=SessionId("s-1"), outcome=outcome, at=journal.stamp(1)))

    shop.told(journal)

    with shop.store.read() as tx:
        assert tx.execute(select(command.c.outcome)).scalar() == "done"


def test_a_head_that_the_ledger_no_longer_has_alarms(shop: Workshop) -> None:
    """A controller remembers the head it was told; a ledger without it was rewritten or cut."""
    with shop.store.read() as tx:
        head = tx.execute(select(ledger_entry.c.hash).where(ledger_entry.c.seq == 1)).scalar_one()
    journal = Journal(shop)
    journal.add(HeadWitnessed(books=BooksId("lab"), entry=1, hash=head, at=journal.stamp(1)))
    shop.told(journal)
    quiet = alarms(shop)
    journal.add(HeadWitnessed(books=BooksId("lab"), entry=7, hash="f" * 64, at=journal.stamp(2)))

    shop.told(journal)

    assert (quiet, alarms(shop)) == ([], ["ledger_rewritten"])


def test_sums_kept_beside_the_entries_add_up(shop: Workshop) -> None:
    """After a morning of uses, balances and wheels are what the entries say."""
    journal = Journal(shop)
    for number in range(1, 20):
        journal.used(number, "kiln" if number % 2 else "laser", seconds=37 * number)

    shop.told(journal)

    with shop.store.read() as tx:
        assert check(tx) == []
    assert entries(shop) == 19
