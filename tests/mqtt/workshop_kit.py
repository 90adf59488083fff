"""A workshop with one laser cutter, and makers whose every name is a marker that must never be published."""

from dataclasses import replace
from types import MappingProxyType

from controller.domain import events as ev
from controller.domain.access import Credit, HeldRight, Holder, Reading
from controller.domain.decide import decide
from controller.domain.directory import LockEntry, MachineEntry
from controller.domain.evolve import evolve
from controller.domain.ids import (
    AccountId,
    BadgeToken,
    BooksId,
    BranchId,
    ControllerId,
    LockId,
    MachineId,
    MemberId,
    SiteId,
    TrainingId,
)
from controller.domain.now import Now
from controller.domain.sessions import SessionKind
from controller.domain.tariff import Price
from controller.domain.workshop import Idle, Limits, Machine, Workshop
from controller.exchange.public import Place

LASER = MachineId("laser")
PLACE = Place(site=SiteId("crest"), controller=ControllerId("crest-1"))
MINUTE_MS = 60_000
NOON = 1_795_608_000_000  # 2026-11-25 12:00 UTC


def at(boot_ms: int, *, dated: bool = True) -> Now:
    """An instant so long after a boot at noon."""
    if not dated:
        return Now(boot_id="boot-1", boot_ms=boot_ms, wall_ms=None, clock="unknown")
    return Now(boot_id="boot-1", boot_ms=boot_ms, wall_ms=NOON + boot_ms, clock="synced")


def laser(training: str = "training-laser", books: str = "books") -> MachineEntry:
    """The laser cutter: 30 cents a minute, two hours at most."""
    return MachineEntry(
        machine=LASER,
        books=BooksId(books),
        site=PLACE.site,
        controller=PLACE.controller,
        channel="1",
        name="Découpe laser",
        in_service="in_service",
        trainings=(TrainingId(training),),
        price=Price(machine=LASER, version=1, per_minute_num=30),
        free_of_charge=False,
        minimum_start_cents=100,
        max_duration_s=7_200,
        stop_tap="immediate",
        end_policy="cut",
        without_clock="allow",
        on_process_exit="off",
        hold_max_gap_s=0,
        stale_rights_max_s=86_400,
    )


def workshop(policy: MachineEntry | None = None) -> Workshop:
    """The laser cutter alone, idle."""
    machine = Machine(policy=policy or laser(), situation=Idle())
    return Workshop(
        branch=BranchId("b1"), limits=Limits(), machines=MappingProxyType({machine.policy.machine: machine})
    )


def holder(
    member: str = "maker-1", account: str = "account-1", training: str = "training-laser", cents: int = 10_000
) -> Holder:
    """A maker who may use the laser cutter."""
    return Holder(
        member=MemberId(member),
        account=AccountId(account),
        use_kind=SessionKind.PAID,
        badge_blocked=False,
        suspended=False,
        membership_until_ms=None,
        rights=(HeldRight(training=TrainingId(training), from_ms=0, until_ms=None),),
        credit=Credit(available_cents=cents, fresh=True),
    )


def tap(who: Holder | None, token: str = "token-1") -> ev.Tapped:
    """A badge at the laser cutter."""
    reading = Reading(revision=1, age_ms=0, needs_upgrade=False, empty=False)
    return ev.Tapped(machine=LASER, token=BadgeToken(token), holder=who, reading=reading)


def step(before: Workshop, event: ev.Event, now: Now) -> tuple[Workshop, tuple[ev.Effect, ...]]:
    """What the engine does in one step, without relays and disk."""
    effects = decide(before, event, now)
    after = before
    for effect in effects:
        match effect:
            case ev.Record(fact=became_true) | ev.Note(notice=became_true):
                after = evolve(after, became_true)
            case _:
                pass
    return after, effects


def in_use(who: Holder | None = None, token: str = "token-1", policy: MachineEntry | None = None) -> Workshop:
    """The laser cutter in use since the boot."""
    opened, _ = step(workshop(policy), tap(who or holder(), token), at(0))
    situation = opened.machines[LASER].situation
    stored = ev.SessionStored(machine=LASER, session=situation.opened.session)  # type: ignore[union-attr]
    return step(opened, stored, at(0))[0]


def locked(before: Workshop, lock: str = "lock-1", reason: str = "courroie usée") -> Workshop:
    """The same with the laser cutter locked out by a person, with what they typed."""
    entry = LockEntry(lock=LockId(lock), machine=LASER, reason=reason, emergency=False)
    return replace(before, locks=MappingProxyType({entry.lock: entry}))
