"""Who and what is there on the evenings that `Story` tells: three machines, makers in good standing."""

from dataclasses import replace

from controller.domain.access import Credit, HeldRight, Holder, Reading
from controller.domain.directory import MachineEntry
from controller.domain.ids import AccountId, BooksId, ControllerId, MachineId, MemberId, SiteId, TrainingId
from controller.domain.sessions import SessionKind
from controller.domain.tariff import Price

LASER, MILL, KILN = MachineId("laser"), MachineId("mill"), MachineId("kiln")
EVENING_MS = 1_900_000_000_000  # a spring evening of 2030
DAY_MS = 86_400_000

MACHINE = MachineEntry(
    machine=LASER,
    books=BooksId("crest"),
    site=SiteId("drome"),
    controller=ControllerId("pi-1"),
    channel="relay-1",
    name="Découpe laser",
    in_service="in_service",
    trainings=(TrainingId("laser-basics"),),
    price=Price(machine=LASER, version=1, per_minute_num=50, minimum_cents=100),
    free_of_charge=False,
    minimum_start_cents=200,
    max_duration_s=7200,
    stop_tap="immediate",
    end_policy="cut",
    without_clock="allow",
    on_process_exit="off",
    hold_max_gap_s=0,
    stale_rights_max_s=86_400,
)
LASER_CUTTER = MACHINE
CNC_MILL = replace(MACHINE, machine=MILL, channel="relay-2", price=replace(MACHINE.price, machine=MILL))  # type: ignore[type-var]
CERAMIC_KILN = replace(
    MACHINE, machine=KILN, channel="relay-3", price=None, free_of_charge=True, max_duration_s=43_200,
    without_clock="refuse", on_process_exit="hold", hold_max_gap_s=60,
)  # fmt: skip

TRAINED = HeldRight(training=TrainingId("laser-basics"), from_ms=EVENING_MS - 30 * DAY_MS, until_ms=None)
FRESH = Reading(revision=7, age_ms=1_000, needs_upgrade=False, empty=False)


def maker(name: str, *, cents: int | None = 10_000, fresh: bool = True, kind: SessionKind = SessionKind.PAID) -> Holder:
    """A member in good standing, trained, who pays from an account with `cents` on it."""
    return Holder(
        member=MemberId(f"m-{name}"), account=AccountId(f"a-{name}"), use_kind=kind, badge_blocked=False,
        suspended=False, membership_until_ms=EVENING_MS + 300 * DAY_MS, rights=(TRAINED,),
        credit=Credit(available_cents=cents, fresh=fresh),
    )  # fmt: skip
