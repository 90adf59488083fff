"""What may happen in the simulated workshop, and how often: people, the office, things that break.

House rules: a chance is one entry of the table; a new one changes every seed's history.
"""

from __future__ import annotations

from collections.abc import Callable

from controller.simulation import breakdowns, desk, makers
from controller.simulation.scene import Scene

CHANCES: tuple[tuple[int, Callable[[Scene], None]], ...] = (
    (400, makers.somebody_taps),
    (30, breakdowns.put_right),
    (12, makers.trainer_and_pupil),
    (12, makers.hand_over),
    (16, makers.a_class_works),
    (10, makers.regular),
    (4, makers.reader_flaps),
    (2, makers.unheard),
    (8, makers.a_hand_on_the_button),
    (8, makers.meter),
    (6, makers.works_on),
    (24, desk.top_up),
    (14, desk.right_comes_or_goes),
    (8, desk.standing_changes),
    (4, desk.badge_changes),
    (6, desk.opening_hours),
    (10, desk.bookings),
    (14, desk.a_lesson_is_planned),
    (4, makers.danger),
    (5, desk.lock_out),
    (8, desk.locks_lifted),
    (6, desk.machine_changes),
    (3, desk.office_goes_away),
    (6, desk.office_stops_a_use),
    (4, desk.quarantine),
    (6, breakdowns.disk_hangs),
    (20, breakdowns.disk_recovers),
    (4, breakdowns.disk_fills),
    (5, breakdowns.clock_steps),
    (5, breakdowns.killed),
    (3, breakdowns.power_cut),
    (2, breakdowns.clean_restart),
    (12, breakdowns.stall),
    (12, breakdowns.commit_is_late),
    (3, breakdowns.relay_misbehaves),
    (9, breakdowns.relays_mended),
    (8, breakdowns.contact),
    (8, breakdowns.switch_lost_or_back),
)
"""How often, in parts of the whole, and what."""

WEIGHTS = tuple(weight for weight, _ in CHANCES)
"""The first column."""
