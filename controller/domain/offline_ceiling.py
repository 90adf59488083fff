"""How much credit is trusted without the office, by how old its word is: less and less, step by step.

House rules: pure; a balance that is fresh needs no ceiling; an age that nobody can tell is the oldest of all; without
steps the ceiling is one, whatever the age.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.domain.directory import CreditPolicyEntry


def ceiling_cents(policy: CreditPolicyEntry | None, age_ms: int | None) -> int:
    """Return what an account may spend at one controller while its balance is stale; nothing without a policy."""
    if policy is None:
        return 0
    past = [step for step in policy.offline_steps if age_ms is None or age_ms >= 1_000 * step.after_s]
    return min([policy.offline_ceiling_cents, *(step.ceiling_cents for step in past)])
