"""The kinds of use. Every session has one from its first second; the agreement says what each means for the owners."""

from __future__ import annotations

from enum import StrEnum


class SessionKind(StrEnum):
    """Who uses the machine in which quality: a closed list, stored in journals and ledgers for ten years."""

    PAID = "paid"
    GROUP = "group"
    GIFT = "gift"
    OWNER = "owner"
    STAFF = "staff"
    MAINTENANCE = "maintenance"
    TRAINING = "training"
    TEST = "test"
