"""How a fact is named, committed to and chained, so that bodies can be forgotten and the order still be proven.

A header holds the name (controller, branch, n), the kind, the previous header's hash and a commitment: SHA-256 over
a random
salt and the body. Deleting salt and body together leaves the chain whole and says nothing of what they held. Numbers
go on
through a controller's branches: a branch's first number follows its parent's last.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.domain.canonical import Json, canonical, sha256_hex
from controller.domain.ids import BranchId, ControllerId

GENESIS_HASH = "0" * 64
"""What stands as previous hash in the first fact of a controller that has no history."""

SALT_BYTES = 16
"""128 random bits: enough that a deleted body of few possible values cannot be guessed from its commitment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedFact:
    """A fact as it is stored and sent. `salt` and `body` are both null once their time is over."""

    controller: ControllerId
    branch: BranchId
    n: int
    kind: str
    schema: int
    prev: str
    commitment: str
    salt: str | None
    body: dict[str, Json] | None

    @property
    def hash(self) -> str:
        """SHA-256 of the header: what the next fact and every acknowledgement refer to."""
        return sha256_hex(canonical(self.header()))

    def header(self) -> dict[str, Json]:
        """Return what is hashed: everything but salt and body."""
        return {
            "controller": self.controller,
            "branch": self.branch,
            "n": self.n,
            "kind": self.kind,
            "schema": self.schema,
            "prev": self.prev,
            "commitment": self.commitment,
        }


def commitment_of(salt: str, body: dict[str, Json]) -> str:
    """Return the commitment to `body` under `salt` (hex)."""
    return commitment_to(salt, canonical(body))


def commitment_to(salt: str, text: bytes) -> str:
    """Return the commitment to a body's canonical `text` under `salt` (hex)."""
    return sha256_hex(bytes.fromhex(salt) + text)


def broken_because(fact: SealedFact, previous_hash: str | None) -> str | None:
    """Say why `fact` does not stand on `previous_hash` or does not hold its body; `None` when all is well."""
    if previous_hash is not None and fact.prev != previous_hash:
        return "it does not follow the fact before it"
    if (fact.salt is None) != (fact.body is None):
        return "its salt or its body is missing alone"
    if fact.salt is not None and fact.body is not None and commitment_of(fact.salt, fact.body) != fact.commitment:
        return "its body is not the one that was committed to"
    return None
