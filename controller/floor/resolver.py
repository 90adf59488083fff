"""Between reader and engine: who carries this badge, and what the account may spend.

House rules: one thread, one prepared statement for each tap, so one revision; it never decides. Taps go first: the
badges of open uses are looked up again when no tap waits. When the
look-up fails, the engine is given a copy that nobody ever heard of, which refuses the tap. What the floor itself has
learned since that revision is added from the overlay.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from typing import Protocol

from controller import logs
from controller.domain.access import Credit, HeldRight, Holder, Reading
from controller.domain.directory import BalanceEntry, CreditPolicyEntry, MachineEntry
from controller.domain.events import HolderSeen, LookUp, Tapped
from controller.domain.ids import AccountId, BadgeToken, ControllerId, MachineId, MemberId
from controller.domain.now import Now
from controller.domain.offline_ceiling import ceiling_cents
from controller.domain.proof import Proof
from controller.floor.replica_reading import Reader
from controller.floor.replica_view import View, age_ms, credit_age_ms

TAPS_MAX = 64
"""Taps waiting for their look-up: every reader of the largest floor at once. A look-up takes under a millisecond, so
more than this is a fault, and the tap is refused there and then (`internal_error`).
"""

LOOKS_MAX = 64
"""Open uses waiting to be looked up again: twice those of the largest floor. One more is left out and comes with the
next tick, thirty seconds later.
"""

LOOK_EVERY_S = 0.05
"""The pause without a tap after which one open use is looked up again: all of them within two seconds."""

CREDIT_FRESH_S = 60
"""For books whose policy has not come down: how old a balance may be and still be the office's word. Their ceiling
without the office is then nothing.
"""

UNREADABLE = Reading(revision=0, age_ms=None, needs_upgrade=False, empty=False)
"""What a failed look-up gives: a copy of unknown age, on which no start is granted."""


_Tap = tuple[MachineId, BadgeToken, Proof, int]


class _Bell:
    """Wakes the thread: something is to be looked up again."""


_BELL = _Bell()


class Overlay(Protocol):
    """What this controller knows of an account beyond the replica's vector; asked from the resolver's thread."""

    def complete(self) -> bool:
        """Say whether all of this is known; before, no credit is."""
        ...

    def spent_cents(self, account: AccountId) -> int:
        """Give what ended uses here cost that the balance does not contain yet."""
        ...

    def open_holds_cents(self, account: AccountId) -> int:
        """Give what open uses here may still cost."""
        ...

    def rights_of(self, member: MemberId) -> tuple[HeldRight, ...]:
        """Give the rights that the member was given here and the replica does not hold."""
        ...

    def used_s(self, member: MemberId, machine: MachineId, since_ms: int) -> int | None:
        """Give how long the member has used the machine since; null while not known."""
        ...

    def offline_spent_cents(self, account: AccountId, member: MemberId | None = None) -> int:
        """Give what uses here have taken of the account since the balance went stale, all or one member's."""
        ...


def holder_of(
    view: View,
    token: BadgeToken,
    machine: MachineId,
    overlay: Overlay,
    here: ControllerId,
    now: Now,
    zone: tzinfo | None = None,
    *,
    began_wall_ms: int | None = None,
) -> Holder | None:
    """Return who carries the badge, with rights and credit as far as this machine's books are concerned. Days and
    hours are those of `zone`, or of this computer where none is given. `began_wall_ms`: when the use began that is
    looked up again; the day of its limit is the one on which it began.
    """
    badge = view.badge(token)
    member = None if badge is None else view.member(badge.member)
    if badge is None or member is None:
        return None
    at = view.machine(machine)
    policy = None if at is None else view.policy(at.books)
    return Holder(
        member=member.member,
        account=member.account,
        use_kind=member.use_kind,
        badge_blocked=badge.status == "blocked",
        suspended=member.status == "suspended",
        membership_until_ms=member.membership_until_ms,
        rights=(
            *(
                HeldRight(
                    training=right.training,
                    from_ms=right.from_ms,
                    until_ms=right.until_ms,
                    may_train=right.may_train,
                )
                for right in view.rights_of(member.member)
            ),
            *overlay.rights_of(member.member),
        ),
        credit=credit_of(
            view.balance(member.account),
            policy,
            overlay,
            here,
            member=member.member,
            age=credit_age_ms(view.state.contact, now),
            as_of_ms=now.boot_ms,
        ),
        used_today_s=used_today_s(overlay, member.member, at, began_wall_ms or now.wall_ms, zone),
        language=member.language,
        audience=member.audience,
        longer_windows=member.longer_windows,
        wishes=member.wishes,
        week_min=week_min_of(now.wall_ms, zone),
    )


def week_min_of(wall_ms: int | None, zone: tzinfo | None = None) -> int | None:
    """Return the minute since Monday midnight by this controller's own time zone; `None` without a date."""
    if wall_ms is None:
        return None
    here = datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone(zone)
    return here.weekday() * 1_440 + here.hour * 60 + here.minute


def used_today_s(
    overlay: Overlay, member: MemberId, at: MachineEntry | None, wall_ms: int | None, zone: tzinfo | None = None
) -> int | None:
    """Return how long the member has used the machine since the midnight before `wall_ms`, by this controller's own
    time zone; 0 where the machine does not ask, and without a date, where no day can be told from another.
    """
    if at is None or not at.person_day_max_s or wall_ms is None:
        return 0
    midnight = (
        datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    )
    return overlay.used_s(member, at.machine, round(midnight.timestamp() * 1000))


def credit_of(
    balance: BalanceEntry | None,
    policy: CreditPolicyEntry | None,
    overlay: Overlay,
    here: ControllerId,
    *,
    member: MemberId,
    age: int | None,
    as_of_ms: int | None = None,
) -> Credit:
    """Return what an account may spend now, in cents: its balance above the floor, less all holds and our spending.

    The balance's hold of this controller is left out, for the overlay knows our open uses better. Stale, at most what
    the books allow without the office at that age, to the account and to this one member of it, less what was taken
    since.
    """
    fresh_s = CREDIT_FRESH_S if policy is None else policy.credit_fresh_s
    fresh = age is not None and age <= fresh_s * 1_000
    if not overlay.complete():
        return Credit(available_cents=None, fresh=fresh, spending_known=False)
    if balance is None:
        return Credit(available_cents=None, fresh=fresh)
    account = balance.account
    others = sum(hold.cents for hold in balance.holds if hold.controller != here)
    available = balance.balance_cents - balance.floor_cents - others
    available -= overlay.open_holds_cents(account) + overlay.spent_cents(account)
    if fresh:
        return Credit(available_cents=available, fresh=True, as_of_ms=as_of_ms)
    available = min(available, ceiling_cents(policy, age) - overlay.offline_spent_cents(account))
    own = None if policy is None else policy.offline_member_ceiling_cents
    own = None if own is None else own - overlay.offline_spent_cents(account, member)
    return Credit(available_cents=available, fresh=False, as_of_ms=as_of_ms, member_cents=own)


def reading_of(view: View, now: Now) -> Reading:
    """Return what the copy is worth; asked after the look-up, which may have met what it could not read."""
    return Reading(
        revision=view.state.revision,
        age_ms=age_ms(view.state.contact, now),
        needs_upgrade=view.needs_upgrade,
        empty=view.empty,
    )


class Resolver:
    """The thread. `deliver(event, received_ns)` hands a resolved tap to the engine; `now` reads a clock of its own."""

    def __init__(
        self,
        reader: Reader,
        overlay: Overlay,
        *,
        controller: ControllerId,
        now: Callable[[], Now],
        deliver: Callable[[Tapped | HolderSeen, int], object],
        zone: tzinfo | None = None,
    ) -> None:
        """Start nothing yet."""
        self._zone = zone
        self._reader = reader
        self._overlay = overlay
        self._controller = controller
        self._now = now
        self._deliver = deliver
        self._taps: queue.Queue[_Tap | LookUp | _Bell | None] = queue.Queue(TAPS_MAX)
        self._looks: queue.Queue[LookUp] = queue.Queue(LOOKS_MAX)
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, name="resolver", daemon=True)
        self._log = logs.get("resolver")

    def start(self) -> None:
        """Begin to take taps."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread that looks up is there."""
        return self._thread.is_alive()

    def submit(self, machine: MachineId, token: BadgeToken, proof: Proof, received_ns: int) -> bool:
        """Take a tap without waiting; `False` when too many wait: counted, and the caller shows `internal_error`."""
        try:
            self._taps.put_nowait((machine, token, proof, received_ns))
        except queue.Full:
            self.dropped += 1
            return False
        return True

    def look_again(self, asked: LookUp) -> bool:
        """Take the badge of an open use without waiting: before other looks when its maker stands there."""
        try:
            if asked.asked_by_tap:
                self._taps.put_nowait(asked)
            else:
                self._looks.put_nowait(asked)
                with suppress(queue.Full):  # it has enough to do, and comes by here after
                    self._taps.put_nowait(_BELL)
        except queue.Full:
            return False
        return True

    def close(self, deadline_s: float = 2.0) -> None:
        """Resolve what waits, then end; give up at the deadline."""
        with suppress(queue.Full):  # a look-up that hangs with all places taken: the thread ends with the process
            self._taps.put(None, timeout=deadline_s)
        self._thread.join(deadline_s)

    def resolve(
        self, machine: MachineId, token: BadgeToken, proof: Proof = "number", *, began_wall_ms: int | None = None
    ) -> Tapped:
        """Look one tap up, in the caller's thread; what was used today, for the day of `began_wall_ms` if given."""
        try:
            now = self._now()
            view = self._reader.tap(token, machine)
            holder = holder_of(
                view, token, machine, self._overlay, self._controller, now, self._zone, began_wall_ms=began_wall_ms
            )
            return Tapped(machine=machine, token=token, holder=holder, reading=reading_of(view, now), proof=proof)
        except Exception as error:  # noqa: BLE001 - whatever it is, this tap is refused and the next one is looked up
            self._log.error("a look-up failed; the tap is refused", error=type(error).__name__, why=str(error)[:200])
            self._reader.close()
            return Tapped(machine=machine, token=token, holder=None, reading=UNREADABLE, proof=proof)

    def seen(self, asked: LookUp) -> HolderSeen:
        """Look the badge of an open use up, in the caller's thread."""
        found = self.resolve(asked.machine, asked.token, asked.proof, began_wall_ms=asked.began_wall_ms)
        return HolderSeen(
            machine=asked.machine,
            session=asked.session,
            holder=found.holder,
            reading=found.reading,
            proof=asked.proof,
            asked_by_tap=asked.asked_by_tap,
            button=asked.button,
        )

    def _run(self) -> None:
        while (tap := self._next()) is not None:
            if isinstance(tap, LookUp):
                self._deliver(self.seen(tap), 0)
            else:
                machine, token, proof, received_ns = tap
                self._deliver(self.resolve(machine, token, proof), received_ns)
        self._reader.close()

    def _next(self) -> _Tap | LookUp | None:
        """Wait for a tap; what is looked up again has its turn when none waits."""
        while True:
            try:
                tap = self._taps.get(timeout=None if self._looks.empty() else LOOK_EVERY_S)
            except queue.Empty:
                return self._looks.get_nowait()
            if not isinstance(tap, _Bell):
                return tap
