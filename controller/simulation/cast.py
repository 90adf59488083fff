"""Who and what is in the simulated workshop: machines with different policies, people with different standing.

House rules: invented, and drawn from the seed, so that a seed is a workshop of its own; ids only, for nobody here has a
name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from controller.domain.components import Component, Offer
from controller.domain.directory import (
    BadgeEntry,
    CreditPolicyEntry,
    GroupEntry,
    MachineEntry,
    MemberEntry,
    RightEntry,
)
from controller.domain.ids import (
    AccountId,
    BadgeToken,
    BooksId,
    ControllerId,
    GroupId,
    MachineId,
    MemberId,
    SiteId,
    TrainingId,
)
from controller.domain.sessions import SessionKind
from controller.domain.tariff import OFFERS_SCHEMA, Price

HERE, BOOKS, SITE = ControllerId("sim-pi"), BooksId("sim"), SiteId("atelier-simule")
MORNING_MS = 1_900_000_000_000 // 86_400_000 * 86_400_000 + 7 * 3_600_000  # seven in the morning of a day of 2030
DAY_MS = 86_400_000

_PLAIN = MachineEntry(
    machine=MachineId("laser"),
    books=BOOKS,
    site=SITE,
    controller=HERE,
    channel="relay-1",
    name="Laser (simulé)",
    in_service="in_service",
    trainings=(TrainingId("t-laser"),),
    price=Price(machine=MachineId("laser"), version=1, per_minute_num=50, minimum_cents=100),
    free_of_charge=False,
    minimum_start_cents=200,
    max_duration_s=7_200,
    stop_tap="immediate",
    end_policy="cut",
    without_clock="allow",
    on_process_exit="off",
    hold_max_gap_s=0,
    stale_rights_max_s=3 * 86_400,
)


EXTRACTOR = "relay-12"
"""The channel of the laser's second relay."""

CHANNELS = tuple(f"relay-{number}" for number in range(1, 13))
"""All that is wired: a machine's first place, the one where it is moved to, and the extractor."""


@dataclass(frozen=True, slots=True)
class Cast:
    """The machines as they are wired, and everybody with their badge. `far` are the channels whose switch is a plug;
    `orders_cents` what each class's organisation has ordered.
    """

    machines: tuple[MachineEntry, ...]
    members: tuple[MemberEntry, ...]
    badges: tuple[BadgeEntry, ...]
    rights: tuple[RightEntry, ...]
    policy: CreditPolicyEntry
    groups: tuple[GroupEntry, ...]
    orders_cents: tuple[int, ...]
    far: frozenset[str]


def drawn(dice: Random) -> Cast:
    """Return the workshop of a seed."""
    members, machines = tuple(_member(number, dice) for number in range(1, 13)), _machines(dice)
    own = Random(str(machines))
    members = tuple(replace(one, audience=own.choice(["", "fablab"])) for one in members)
    machines = tuple(_at_a_rich_price(each, own) if own.random() < 0.4 else each for each in machines)
    groups = tuple(_class(number, members, own) for number in (1, 2))
    return Cast(
        machines=machines,
        members=members,
        badges=tuple(BadgeEntry(token=token(one.member), member=one.member, status="active") for one in members),
        rights=tuple(_right(one, training, dice) for one in members for training in TRAININGS if dice.random() < 0.8),
        policy=CreditPolicyEntry(books=BOOKS, credit_fresh_s=60, offline_ceiling_cents=dice.choice([0, 1_500, 5_000])),
        groups=groups,
        orders_cents=tuple(own.choice([500, 3_000, 20_000]) for _ in groups),
        # What is held through the end of the program is on pins: a plug opens when nobody renews it.
        far=frozenset(each.channel for each in machines if each.on_process_exit == "off" and own.random() < 0.4),
    )


TRAININGS = (TrainingId("t-laser"), TrainingId("t-wood"), TrainingId("t-kiln"))


def token(member: MemberId) -> BadgeToken:
    """Return what stands for somebody's badge."""
    return BadgeToken(f"badge-of-{member}")


def _member(number: int, dice: Random) -> MemberEntry:
    kinds = [SessionKind.PAID] * 8 + [SessionKind.STAFF, SessionKind.GROUP, SessionKind.OWNER, SessionKind.MAINTENANCE]
    shared = dice.random() < 0.2  # some pay from the account of the one before
    return MemberEntry(
        member=MemberId(f"m-{number}"),
        account=AccountId(f"a-{max(1, number - 1 if shared else number)}"),
        status="active",
        membership_until_ms=MORNING_MS + dice.choice([5, 20, 400]) * DAY_MS,
        language=dice.choice(["fr", "en"]),
        use_kind=dice.choice(kinds),
    )


def _class(number: int, members: tuple[MemberEntry, ...], dice: Random) -> GroupEntry:
    machines = dice.sample(["laser", "saw", "kiln", "press"], 3)
    return GroupEntry(
        group=GroupId(f"class-{number}"),
        trainers=tuple(sorted(one.member for one in dice.sample(members, 2))),
        machines=tuple(MachineId(each) for each in machines),
        account=AccountId(f"school-{number}"),
        admits=True,
        lessons=(),
    )


def _right(member: MemberEntry, training: TrainingId, dice: Random) -> RightEntry:
    return RightEntry(
        member=member.member,
        training=training,
        from_ms=MORNING_MS - 30 * DAY_MS,
        until_ms=dice.choice([None, None, None, MORNING_MS + dice.randrange(1, 40) * DAY_MS]),
        may_train=dice.random() < 0.3,
    )


def _machines(dice: Random) -> tuple[MachineEntry, ...]:
    laser = replace(
        _PLAIN,
        extend_s=dice.choice([0, 600]),
        extended_max_s=9_000,
        uses_at_once_max=dice.choice([0, 1, 2]),
        on_the_spot=dice.choice(["no", "grant", "supervised"]),
        stop_on_revoked=dice.random() < 0.5,
        max_duration_s=dice.choice([900, 3_600, 7_200]),
        bookings=dice.choice(["ignore", "honour", "honour", "require"]),
        no_show_s=dice.choice([0, 900]),
        person_day_max_s=dice.choice([0, 0, 1_800, 5_400]),
        extractor=dice.choice(["", EXTRACTOR]),
        cool_down_s=dice.choice([0, 120, 600]),
    )
    if dice.random() < 0.5:
        laser = replace(laser, running_above_w=200, running_below_w=100, idle_end_s=dice.choice([0, 600]))
        if laser.price is not None and dice.random() < 0.5:
            laser = replace(laser, price=replace(laser.price, measured="running"))
    handed = dice.random() < 0.6
    saw = replace(
        _named("saw", 2, (37, 3), minimum_cents=0),
        trainings=(TrainingId("t-wood"),),
        stop_tap="confirm" if handed else dice.choice(["immediate", "confirm"]),
        hand_over="yes" if handed else "no",
        end_policy="finish",
        finish_max_s=dice.choice([0, 300, 900]),
        max_duration_s=dice.choice([1_200, 5_400]),
        minimum_start_cents=0,
        without_clock=dice.choice(["allow", "refuse"]),
        after_power_loss=dice.choice(["ready", "acknowledge"]),
    )
    kiln = replace(
        _named("kiln", 3, (10, 1), minimum_cents=500),
        trainings=(TrainingId("t-kiln"),),
        end_policy=dice.choice(["cut", "warn_only"]),
        on_process_exit="hold",
        hold_max_gap_s=60,
        without_clock="refuse",
        max_duration_s=6 * 3_600,
    )
    press = replace(
        _named("press", 4, (1, 1), minimum_cents=0),
        trainings=(),
        price=None,
        free_of_charge=True,
        person_day_max_s=dice.choice([0, 900, 7_200]),
        after_power_loss=dice.choice(["ready", "acknowledge"]),
        uses_at_once_max=dice.choice([0, 0, 1]),
    )
    door = replace(_named("door", 5, (1, 1), minimum_cents=0), trainings=(), pulse_s=5)
    return laser, saw, kiln, press, door


def _at_a_rich_price(machine: MachineEntry, dice: Random) -> MachineEntry:
    """Return the machine with a price of offers; no hours of the week, for those are another's in each time zone."""
    if machine.price is None or machine.pulse_s:
        return machine
    measured: Literal["badge_on", "running"] = machine.price.measured
    time = Component(
        kind="per_time",
        cents=dice.randrange(100, 3_000),
        per=3_600,
        measured=measured,
        after=dice.choice([0, 60, 600]),
        step=dice.choice([0, 60, 1_200]),
    )
    to_all = [
        Component(kind="per_use", cents=dice.choice([0, 50, 500])),
        time,
        Component(kind="per_energy", cents=dice.choice([20, 5_000]), per=1_000, max_w=1_000),
        Component(kind="minimum", cents=dice.choice([0, 100])),
        Component(kind="maximum", cents=dice.choice([1_000, 10_000])),
    ]
    to_fablab = [*to_all, Component(kind="discount", percent=dice.choice([10, 50, 100]))]
    offers = (Offer(components=tuple(to_fablab), audiences=("fablab", "owner")), Offer(components=tuple(to_all)))
    rich = Price(machine=machine.machine, version=1, per_minute_num=0, schema=OFFERS_SCHEMA, offers=offers)
    return replace(machine, price=rich)


def _named(name: str, number: int, rate: tuple[int, int], *, minimum_cents: int) -> MachineEntry:
    price = Price(
        machine=MachineId(name),
        version=1,
        per_minute_num=rate[0],
        per_minute_den=rate[1],
        minimum_cents=minimum_cents,
    )
    return replace(_PLAIN, machine=MachineId(name), channel=f"relay-{number}", name=f"{name} (simulé)", price=price)
