"""From the floor's facts to the owners' cents: what each kind of fact means."""

from sqlalchemy import func, select

from controller.domain.facts import (
    CommandAnswered,
    CurrentUnexplained,
    FaultRaised,
    HeadWitnessed,
    StartAbandoned,
    TapsUnwritten,
)
from controller.domain.ids import AccountId, BooksId, LockId, MachineId, SessionId
from controller.domain.reasons import Refusal
from controller.domain.sessions import SessionKind
from controller.office.directory import badges, machines, rights
from controller.office.directory.tables import command
from controller.office.journal_tables import hold, session
from controller.office.ledger.caches import check
from controller.office.ledger.tables import ledger_entry
from tests.office.workshop import NOON, Journal, Workshop


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


def test_a_use_whose_end_moved_holds_what_it_may_cost_by_then(shop: Workshop) -> None:
    """Extended or in overtime: the credit for it, and the debt its machine allows, are not there to be spent twice."""
    journal = Journal(shop)
    journal.opened(hold_cents=700)
    shop.told(journal)
    journal.end_moved(hold_cents=900, debt_cents=300)

    shop.told(journal)

    assert shop.entry("balance", shop.account)["holds"] == [{"controller": "pi-1", "cents": 1_200}]


def test_a_debt_that_a_job_made_is_owed_and_nothing_is_lost(shop: Workshop) -> None:
    """Fifty euros of credit, a job of sixty: ten are owed, and the owners have all of it."""
    journal = Journal(shop)
    journal.opened(hold_cents=5_000)
    journal.end_moved(hold_cents=5_000, debt_cents=2_000)
    journal.ended(seconds=6_000, announced_cents=6_000)

    shop.told(journal)

    assert shop.entry("balance", shop.account)["balance_cents"] == -1_000
    assert shop.alarms() == []


def test_another_announced_price_is_corrected_and_alarms(shop: Workshop) -> None:
    """The office posts what the rules give, notes the difference and refuses nothing."""
    journal = Journal(shop)
    journal.opened()
    journal.ended(seconds=600, announced_cents=1)

    shop.told(journal)

    assert shop.credit_cents() == 4_400
    assert shop.alarms() == ["announced_otherwise"]
    with shop.store.read() as tx:
        assert tx.execute(select(session.c.adjustment)).scalar() == "announced_otherwise"


def test_a_kind_of_use_that_the_agreement_frees_costs_nothing(shop: Workshop) -> None:
    """A staff use is recorded, charged to nobody, and no fault of anyone."""
    journal = Journal(shop)
    journal.opened()
    journal.ended(kind=SessionKind.STAFF)

    shop.told(journal)

    assert (shop.credit_cents(), shop.alarms(), shop.entries()) == (5_000, [], 1)


def test_a_reader_that_sees_too_many_strangers_raises_an_alarm(shop: Workshop) -> None:
    """Broken, or somebody tries numbers: a person goes and looks."""
    journal = Journal(shop)
    journal.add(TapsUnwritten(machine=MachineId("laser"), count=290, at=journal.stamp(60)))

    shop.told(journal)

    assert shop.alarms() == ["many_strangers"]


def test_current_without_a_use_raises_an_alarm(shop: Workshop) -> None:
    """A relay that was bypassed: a person goes and looks, and the owners read of it."""
    journal = Journal(shop)
    journal.add(CurrentUnexplained(machine=MachineId("kiln"), power_w=1_850, at=journal.stamp(60)))

    shop.told(journal)

    assert shop.alarms() == ["current_unexplained"]


def test_a_right_that_was_given_at_a_machine_is_a_grant_like_any_other(shop: Workshop) -> None:
    """By the trainer, from its own instant, as long as the training lasts; and it comes down to every controller."""
    journal = Journal(shop)
    with shop.changing() as change:
        rights.revoke(change, shop.member, "ceramics")
    shop.now_ms += 100_000
    journal.right_granted(after_s=50)

    shop.told(journal)

    with shop.store.read() as tx:
        newest = rights.grants_of(tx, shop.member)[-1]
    entry = shop.entry("right", f"{shop.member}/ceramics")
    assert (newest["granted_by"], newest["from_at"], newest["revoked_at"]) == ("trainer-1", NOON + 50_000, None)
    assert newest["note"] == "sur place / on the spot: kiln"
    assert entry["until_ms"] == NOON + 50_000 + 365 * 86_400_000


def test_a_right_that_was_taken_back_meanwhile_stays_taken_back(shop: Workshop) -> None:
    """The fact comes late: somebody has decided otherwise since."""
    journal = Journal(shop)
    shop.now_ms += 100_000
    with shop.changing() as change:
        rights.revoke(change, shop.member, "ceramics")
    journal.right_granted(after_s=50)

    shop.told(journal)

    assert shop.entry("right", f"{shop.member}/ceramics") is None


def test_a_right_to_what_is_not_there_waits_for_a_person(shop: Workshop) -> None:
    """A training that the directory does not have: in the tray, and everything beside it is read."""
    journal = Journal(shop)
    journal.right_granted(after_s=50, training="forgotten")

    assert shop.told(journal).in_tray == 1


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


def test_a_danger_that_was_reported_at_the_machine_is_an_emergency_lock(shop: Workshop) -> None:
    """By the id that the floor gave it, so that a maintainer lifts that one."""
    journal = Journal(shop)
    journal.add(
        FaultRaised(
            lock=LockId("danger-b1-kiln-7"), machine=MachineId("kiln"), wanted_on=True, read_on=None, cause="danger",
            at=journal.stamp(1),
        )
    )  # fmt: skip

    shop.told(journal)

    assert shop.entry("lock", "danger-b1-kiln-7")["emergency"] is True


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
    quiet = shop.alarms()
    journal.add(HeadWitnessed(books=BooksId("lab"), entry=7, hash="f" * 64, at=journal.stamp(2)))

    shop.told(journal)

    assert (quiet, shop.alarms()) == ([], ["ledger_rewritten"])


def test_sums_kept_beside_the_entries_add_up(shop: Workshop) -> None:
    """After a morning of uses, balances and wheels are what the entries say."""
    journal = Journal(shop)
    for number in range(1, 20):
        journal.used(number, "kiln" if number % 2 else "laser", seconds=37 * number)

    shop.told(journal)

    with shop.store.read() as tx:
        assert check(tx) == []
    assert shop.entries() == 19
