"""Uses as a controller's journal tells them, for benchmarks of what the office does with them.

House rule: facts are sealed one behind the other as a floor seals them, so that the office checks all of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from controller.domain.chain import GENESIS_HASH, SealedFact, commitment_of
from controller.domain.codec import body_of
from controller.domain.facts import RULES_VERSION, BranchOpened, Fact, Inputs, SessionEnded, SessionOpened, Stamp
from controller.domain.ids import AccountId, BadgeToken, BranchId, ControllerId, MachineId, MemberId, SessionId
from controller.domain.reasons import StopReason
from controller.domain.sessions import SessionKind
from controller.domain.tariff import Price, charge

HOLD_CENTS, LIMIT_S, AVAILABLE_CENTS = 600, 3_600, 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One use: by whom, who pays, where, at what price, from when (Unix ms) and for how long."""

    session: SessionId
    member: MemberId
    account: AccountId
    machine: MachineId
    price: Price
    start_at: int
    seconds: int


class Journal:
    """A controller's one branch; `add` seals what comes next."""

    def __init__(self, controller: str, branch: str, began_at: int) -> None:
        """Begin at an instant (Unix ms), from which the boot is counted."""
        self._controller, self._branch, self._began_at = ControllerId(controller), BranchId(branch), began_at
        self._n, self._hash = 0, GENESIS_HASH

    def opening(self) -> SealedFact:
        """The first fact of the branch."""
        return self.add(
            BranchOpened(
                parent_branch=None,
                parent_n=0,
                parent_hash=GENESIS_HASH,
                software="bench",
                at=self._stamp(self._began_at),
            )
        )

    def begun(self, use: Use) -> SealedFact:
        """The use was opened."""
        return self.add(
            SessionOpened(
                session=use.session,
                machine=use.machine,
                member=use.member,
                account=use.account,
                kind=SessionKind.PAID,
                token=BadgeToken("ab" * 32),
                price=use.price,
                hold_cents=HOLD_CENTS,
                limit_s=LIMIT_S,
                limit_reason=StopReason.MAXIMUM_DURATION,
                inputs=Inputs(revision=1, age_s=0, available_cents=AVAILABLE_CENTS, credit_fresh=True, locks=()),
                rules=RULES_VERSION,
                at=self._stamp(use.start_at),
            )
        )

    def ended(self, use: Use) -> SealedFact:
        """The use was ended by its own badge."""
        end = self._stamp(use.start_at + use.seconds * 1_000)
        return self.add(
            SessionEnded(
                session=use.session,
                machine=use.machine,
                member=use.member,
                account=use.account,
                kind=SessionKind.PAID,
                reason=StopReason.SECOND_TAP,
                seconds=use.seconds,
                price=use.price,
                announced_cents=charge(use.price, use.seconds).gross_cents,
                started=self._stamp(use.start_at),
                ended=end,
                rules=RULES_VERSION,
                at=end,
            )
        )

    def one_after_the_other(self, uses: Iterator[Use]) -> Iterator[SealedFact]:
        """The whole branch, each use ended before the next."""
        yield self.opening()
        for use in uses:
            yield self.begun(use)
            yield self.ended(use)

    def add(self, fact: Fact) -> SealedFact:
        """Seal a fact behind the last one."""
        self._n += 1
        body, salt = body_of(fact), f"{self._n:032x}"
        sealed = SealedFact(
            controller=self._controller,
            branch=self._branch,
            n=self._n,
            kind=fact.KIND,
            schema=fact.SCHEMA,
            prev=self._hash,
            commitment=commitment_of(salt, body),
            salt=salt,
            body=body,
        )
        self._hash = sealed.hash
        return sealed

    def _stamp(self, at: int) -> Stamp:
        return Stamp(boot_id="boot-1", boot_ms=at - self._began_at, wall_ms=at, clock="synced")
