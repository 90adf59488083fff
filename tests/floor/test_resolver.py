"""The resolver: who carries the badge, what the account may spend, and what happens when nobody can say."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path

import pytest

from controller.domain.access import Credit, HeldRight
from controller.domain.directory import BalanceEntry, HoldEntry, OfflineStep
from controller.domain.events import HolderSeen, LookUp, Tapped
from controller.domain.ids import AccountId, BadgeToken, ControllerId, MachineId, MemberId, SessionId, TrainingId
from controller.domain.now import Now
from controller.errors import UserError
from controller.floor.badge_key import badge_token, load_badge_key
from controller.floor.replica_memory import MemoryReplica
from controller.floor.replica_reading import Reader
from controller.floor.replica_view import Contact, View
from controller.floor.resolver import LOOKS_MAX, TAPS_MAX, UNREADABLE, Resolver, credit_of
from tests.floor.directory_kit import HERE, LASER, POLICY, fill, maker, token

LASER_ID = MachineId("laser")
NOW = Now(boot_id="boot-1", boot_ms=100_000, wall_ms=9_000_000, clock="synced")
MAKER = MemberId("m-1")
FRESH, STALE = 60_000, 60_001
BALANCE = BalanceEntry(
    account=AccountId("acc-1"),
    balance_cents=2_000,
    floor_cents=-100,
    holds=(HoldEntry(controller=HERE, cents=30), HoldEntry(controller=ControllerId("pi-west"), cents=200)),
)


@dataclass(frozen=True, slots=True)
class Known:
    """What the floor itself knows of every account."""

    spent: int = 0
    held: int = 0
    offline: int = 0
    offline_of_member: int = 0
    all_read: bool = True
    given: tuple[HeldRight, ...] = ()
    asked_since: list[int] = field(default_factory=list)

    def complete(self) -> bool:
        return self.all_read

    def spent_cents(self, account: AccountId) -> int:
        return self.spent

    def open_holds_cents(self, account: AccountId) -> int:
        return self.held

    def rights_of(self, member: MemberId) -> tuple[HeldRight, ...]:
        return self.given

    def used_s(self, member: MemberId, machine: MachineId, since_ms: int) -> int | None:
        self.asked_since.append(since_ms)
        return None

    def offline_spent_cents(self, account: AccountId, member: MemberId | None = None) -> int:
        return self.offline if member is None else self.offline_of_member


class Broken:
    """A reader whose file is gone."""

    def view(self) -> AbstractContextManager[View]:
        raise sqlite3.OperationalError("disk I/O error")

    def tap(self, token: BadgeToken, machine: MachineId) -> View:
        raise sqlite3.OperationalError("disk I/O error")

    def close(self) -> None:
        """Nothing is open."""


def resolver(reader: Reader, *, deliver: object = None) -> Resolver:
    """A resolver of this controller, with what it delivers thrown away unless asked for."""
    taps: list[tuple[Tapped, int]] = []
    hand_over = deliver if callable(deliver) else lambda event, received_ns: taps.append((event, received_ns))
    return Resolver(reader, Known(), controller=HERE, now=lambda: NOW, deliver=hand_over)


def copy_of(boot_ms: int = 95_000) -> MemoryReplica:
    """A copy with the laser and one maker, confirmed at `boot_ms`."""
    copy = MemoryReplica()
    fill(copy, LASER, POLICY, *maker(1), revision=7)
    copy.heard(Contact(boot_id="boot-1", boot_ms=boot_ms, wall_ms=None))
    return copy


def test_a_known_badge_brings_its_holder_with_rights_and_credit() -> None:
    """Everything a decision needs, read from one revision, and how old that is."""
    tapped = resolver(copy_of()).resolve(LASER_ID, token(1))

    holder = tapped.holder
    assert holder is not None
    assert (holder.member, holder.account, holder.badge_blocked, holder.suspended) == ("m-1", "acc-1", False, False)
    assert holder.rights == (HeldRight(training=TrainingId("laser-basics"), from_ms=0, until_ms=None),)
    assert holder.credit == Credit(available_cents=1_900, fresh=True, as_of_ms=100_000)
    assert (tapped.reading.revision, tapped.reading.age_ms, tapped.reading.empty) == (7, 5_000, False)


def test_a_right_that_was_given_here_is_held_at_once() -> None:
    """The office has not heard of it yet; the pupil of a moment ago may begin."""
    here = HeldRight(training=TrainingId("pottery"), from_ms=5, until_ms=None)
    made = Resolver(copy_of(), Known(given=(here,)), controller=HERE, now=lambda: NOW, deliver=lambda _event, _ns: None)

    holder = made.resolve(LASER_ID, token(1)).holder

    assert holder is not None
    assert here in holder.rights


def test_an_unknown_badge_brings_nobody() -> None:
    """A stranger is a tap without a holder; the reading says that the copy was good."""
    tapped = resolver(copy_of()).resolve(LASER_ID, token(2))

    assert (tapped.holder, tapped.reading.needs_upgrade, tapped.reading.revision) == (None, False, 7)


def test_an_entry_from_the_future_reaches_the_decision() -> None:
    """The reading is taken after the look-up, which may have met what it could not read."""
    copy = copy_of()
    (entry,) = (one for one in maker(1) if one.KIND == "member")
    newer = replace(entry, language="it")  # type: ignore[arg-type]
    fill(copy, newer, revision=8)

    tapped = resolver(copy).resolve(LASER_ID, token(1))

    assert (tapped.holder, tapped.reading.needs_upgrade) == (None, True)


def test_the_badge_of_an_open_use_is_looked_up_again_after_the_taps() -> None:
    """A maker who answers a warning is a tap; the look at every tick waits until nobody stands at a reader."""
    told: list[tuple[str, bool]] = []
    done = threading.Event()

    def deliver(event: Tapped | HolderSeen, _received_ns: int) -> None:
        told.append((type(event).__name__, getattr(event, "asked_by_tap", False)))
        if len(told) == 3:
            done.set()

    made = resolver(copy_of(), deliver=deliver)
    asked = LookUp(machine=LASER_ID, session=SessionId("b-1"), token=token(1), proof="number", asked_by_tap=False)
    made.look_again(asked)
    made.look_again(replace(asked, asked_by_tap=True))
    made.submit(LASER_ID, token(1), "number", 1)
    made.start()
    done.wait(20)
    made.close()

    assert told == [("HolderSeen", True), ("Tapped", False), ("HolderSeen", False)]


def test_the_day_of_a_use_is_the_one_on_which_it_began() -> None:
    """Looked up again after midnight, a use of yesterday evening is held to yesterday's limit."""
    copy, known = copy_of(), Known()
    fill(copy, replace(LASER, person_day_max_s=3_600), revision=8)
    day_ms = 86_400_000
    after_midnight = replace(NOW, wall_ms=2 * day_ms + 1_000)
    made = Resolver(
        copy, known, controller=HERE, now=lambda: after_midnight, deliver=lambda _event, _at: None, zone=UTC
    )
    asked = LookUp(machine=LASER_ID, session=SessionId("b-1"), token=token(1), proof="number", asked_by_tap=True)

    made.resolve(LASER_ID, token(1))
    made.seen(replace(asked, began_wall_ms=2 * day_ms - 1_000))

    assert known.asked_since == [2 * day_ms, day_ms]


def test_uses_that_wait_to_be_looked_up_again_are_bounded() -> None:
    """One too many is left out until the next tick; no tap loses its place."""
    made = resolver(copy_of())
    asked = LookUp(machine=LASER_ID, session=SessionId("b-1"), token=token(1), proof="number", asked_by_tap=False)

    taken = [made.look_again(asked) for _ in range(LOOKS_MAX + 1)]

    assert taken == [True] * LOOKS_MAX + [False]


def test_a_look_up_again_names_its_use_and_what_was_found() -> None:
    """The holder with the credit of the moment."""
    asked = LookUp(machine=LASER_ID, session=SessionId("b-1"), token=token(1), proof="number+pin", asked_by_tap=True)

    seen = resolver(copy_of()).seen(asked)

    assert (seen.session, seen.proof, seen.asked_by_tap) == ("b-1", "number+pin", True)
    assert seen.holder is not None
    assert seen.holder.credit.available_cents == 1_900


def test_a_failed_look_up_refuses_the_tap() -> None:
    """Nobody, from a copy that nobody ever heard of: nothing fails open."""
    tapped = resolver(Broken()).resolve(LASER_ID, token(1))

    assert (tapped.holder, tapped.reading) == (None, UNREADABLE)
    assert tapped.reading.age_ms is None


@pytest.mark.parametrize(
    ("age", "known", "expected"),
    [
        (FRESH, Known(), Credit(available_cents=1_900, fresh=True)),
        (FRESH, Known(spent=300, held=500, offline=9_999), Credit(available_cents=1_100, fresh=True)),
        (STALE, Known(), Credit(available_cents=1_500, fresh=False)),
        (STALE, Known(offline=1_200), Credit(available_cents=300, fresh=False)),
        (STALE, Known(spent=1_800, offline=0), Credit(available_cents=100, fresh=False)),
        (None, Known(), Credit(available_cents=1_500, fresh=False)),
    ],
)
def test_credit_is_what_is_left_after_every_hold_and_our_own_spending(
    age: int | None, known: Known, expected: Credit
) -> None:
    """Our own hold in the balance is not counted twice; stale, the ceiling without the office binds."""
    assert credit_of(BALANCE, POLICY, known, HERE, member=MAKER, age=age) == expected


@pytest.mark.parametrize(("age", "left"), [(FRESH, None), (STALE, 250)])
def test_one_member_of_an_account_has_a_ceiling_of_their_own_without_the_office(age: int, left: int | None) -> None:
    """Ten euros each, of which this one has taken 7.50 € while the account's people took 8 € in all."""
    policy, known = replace(POLICY, offline_member_ceiling_cents=1_000), Known(offline=800, offline_of_member=750)

    credit = credit_of(BALANCE, policy, known, HERE, member=MAKER, age=age)

    assert credit.member_cents == left
    assert credit.available_cents == (1_900 if left is None else 700)


@pytest.mark.parametrize(
    ("age", "left"),
    [(STALE, 1_500), (3_599_999, 1_500), (3_600_000, 800), (86_400_000, 0), (None, 0)],
)
def test_the_older_the_offices_word_the_less_is_spent_on_it(age: int | None, left: int) -> None:
    """Fifteen euros, eight after an hour, nothing after a day; an age that nobody can tell is the oldest."""
    steps = (OfflineStep(after_s=3_600, ceiling_cents=800), OfflineStep(after_s=86_400, ceiling_cents=0))

    credit = credit_of(BALANCE, replace(POLICY, offline_steps=steps), Known(), HERE, member=MAKER, age=age)

    assert credit == Credit(available_cents=left, fresh=False, as_of_ms=None)


def test_credit_is_not_known_before_our_own_spending_is() -> None:
    """A balance alone would let the same cent be spent twice."""
    credit = credit_of(BALANCE, POLICY, Known(all_read=False), HERE, member=MAKER, age=FRESH)

    assert credit == Credit(available_cents=None, fresh=True, spending_known=False)


def test_books_without_a_policy_trust_nothing_without_the_office() -> None:
    """Unknown means none, not unlimited."""
    assert credit_of(BALANCE, None, Known(), HERE, member=MAKER, age=STALE) == Credit(available_cents=0, fresh=False)
    assert credit_of(BALANCE, None, Known(), HERE, member=MAKER, age=FRESH).available_cents == 1_900


def test_an_account_that_did_not_come_down_has_no_credit() -> None:
    """No balance is not a balance of nothing: the decision is told the difference."""
    assert credit_of(None, POLICY, Known(), HERE, member=MAKER, age=FRESH) == Credit(available_cents=None, fresh=True)


def test_the_thread_delivers_taps_in_order_with_the_instant_they_came() -> None:
    """The last byte's instant travels with the tap."""
    delivered: list[tuple[str, int]] = []
    thread = resolver(copy_of(), deliver=lambda event, received_ns: delivered.append((event.token, received_ns)))
    thread.start()

    taken = [thread.submit(LASER_ID, token(number), "number", number) for number in (1, 2, 3)]
    thread.close(20.0)

    assert taken == [True, True, True]
    assert delivered == [(token(1), 1), (token(2), 2), (token(3), 3)]


def test_a_tap_too_many_is_refused_there_and_then() -> None:
    """A full queue never blocks a reader: the tap is counted and its reader told."""
    busy, free = threading.Event(), threading.Event()

    def hang(_event: Tapped, _received_ns: int) -> None:
        busy.set()
        free.wait(20.0)

    thread = resolver(copy_of(), deliver=hang)
    thread.start()
    thread.submit(LASER_ID, token(1), "number", 0)
    assert busy.wait(20.0)

    taken = [thread.submit(LASER_ID, token(1), "number", number) for number in range(TAPS_MAX + 1)]
    free.set()
    thread.close(20.0)

    assert (taken.count(True), taken[-1], thread.dropped) == (TAPS_MAX, False, 1)


def test_a_token_depends_on_key_and_number_and_shows_neither() -> None:
    """HMAC-SHA-256 over the digits as RFC 2104 has it; upper and lower case are one badge."""
    first = badge_token(b"k" * 32, "0A00123456")

    assert first == badge_token(b"k" * 32, "0a00123456")
    assert first != badge_token(b"j" * 32, "0A00123456")
    assert (len(first), "123456" in first) == (64, False)


def test_the_key_is_read_from_a_file_of_its_owner(tmp_path: Path) -> None:
    """32 bytes that nobody else can read."""
    path = tmp_path / "badge.key"
    path.write_bytes(bytes(range(32)))
    path.chmod(0o600)

    assert load_badge_key(path) == bytes(range(32))


@pytest.mark.parametrize(("mode", "length"), [(0o604, 32), (0o660, 32), (0o600, 31), (0o600, 33), (0o600, 0)])
def test_a_key_that_protects_nothing_is_refused(tmp_path: Path, mode: int, length: int) -> None:
    """Open to others, or not as long as it must be: one sentence that names the file and no byte of it."""
    path = tmp_path / "badge.key"
    path.write_bytes(b"\x55" * length)
    path.chmod(mode)

    with pytest.raises(UserError, match=r"badge\.key") as refused:
        load_badge_key(path)

    assert "U" * 8 not in str(refused.value)


def test_a_key_that_is_missing_is_one_sentence(tmp_path: Path) -> None:
    """The file is named, and what belongs there."""
    with pytest.raises(UserError, match=r"badge\.key"):
        load_badge_key(tmp_path / "badge.key")
