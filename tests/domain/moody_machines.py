"""The machines of any day: between them they have every policy, with times so short that all of it happens."""

from dataclasses import replace

from controller.domain.ids import MachineId
from tests.story import CERAMIC_KILN, CNC_MILL, LASER_CUTTER

DOOR = MachineId("door")
MACHINES = (
    replace(
        LASER_CUTTER,
        max_duration_s=900,
        extend_s=300,
        extended_max_s=1_500,
        stop_on_revoked=True,
        uses_at_once_max=2,
        bookings="honour",
        no_show_s=900,
        on_the_spot="grant",
        running_above_w=100,
        running_below_w=50,
        idle_end_s=120,
        person_day_max_s=2_000,
        extractor="relay-8",
        cool_down_s=60,
    ),
    replace(CNC_MILL, stop_tap="confirm", end_policy="finish", finish_max_s=120, stop_on_revoked=True, hand_over="yes"),
    replace(CERAMIC_KILN, max_duration_s=3_600, end_policy="warn_only", on_the_spot="supervised", bookings="require"),
    replace(CERAMIC_KILN, machine=DOOR, channel="relay-4", without_clock="allow", pulse_s=20),
)
