"""The names by which things are known, each its own type so that they cannot be mixed up.

Ids are lower-case ASCII without separators of topics or paths; none of them says who a person is or where a machine
stands.
"""

from __future__ import annotations

import re
from typing import NewType

BooksId = NewType("BooksId", str)
SiteId = NewType("SiteId", str)
ControllerId = NewType("ControllerId", str)
MachineId = NewType("MachineId", str)
MemberId = NewType("MemberId", str)
AccountId = NewType("AccountId", str)
TrainingId = NewType("TrainingId", str)
BranchId = NewType("BranchId", str)
SessionId = NewType("SessionId", str)
LockId = NewType("LockId", str)
GroupId = NewType("GroupId", str)
BadgeToken = NewType("BadgeToken", str)
"""The keyed HMAC-SHA-256 of a badge's number, 64 hex digits: what is stored and compared instead of the number."""

ID_LENGTH_MAX = 64
"""Longer ids would not fit the displays, topics and file names they appear in; they are refused where they enter."""

_ID = re.compile(rf"[a-z0-9](?:[a-z0-9_-]{{0,{ID_LENGTH_MAX - 1}}})")


def is_id(text: str) -> bool:
    """Tell whether `text` can name a machine, a site, a controller or books: a-z, 0-9, `-`, `_`, at most 64."""
    return _ID.fullmatch(text) is not None
