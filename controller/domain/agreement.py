"""Who owns a machine together, and what each of them earns: agreements with dated versions.

House rules: never a fixed count or percentage; fee and shares are lines with whole weights in a written
order, which is also the order of ties. Versions follow each other without gap or overlap ([from_at, to_at) in
Unix milliseconds). A machine outside every agreement earns for its books alone. Legal frame: Code civil 815-2
to 815-14 and 1873-1 to 1873-15.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from controller.domain.canonical import canonical, sha256_hex
from controller.domain.deductions import Deductions
from controller.domain.ids import MachineId, is_id
from controller.domain.scope import is_scope
from controller.domain.sessions import SessionKind
from controller.domain.split import Wheel, reduced

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from controller.domain.canonical import Json

LineRole = Literal["fee", "share"]
LegalBasis = Literal["legal_indivision", "convention", "mandate", "sole_owner"]
Agency = Literal["own_name", "on_behalf"]
OwnUse = Literal["normal_rate", "owner_rate", "free_hours", "indemnity"]
Credited = Literal["used", "paid"]
"""When owners are credited with a use: with its closing, paid or not, or with the first closing after it is paid."""
Renewal = Literal["none", "tacit"]
"""What follows the term: nothing, so that the law's own co-ownership holds, or the same agreement anew."""

TERM_MAX_MS = 5 * 366 * 86_400_000
"""Five years with every leap day that they can have: a convention agreed for longer is refused."""

LossRule = Literal["carry", "call_for_funds"]


class OwnersShare(StrEnum):
    """What a kind of session means for the owners."""

    CREDITED = "credited"
    """Charged; the net goes to the owners' pool."""
    KEPT_BY_BOOKS = "kept_by_books"
    """Charged; the net stays with the books that run the workshop."""
    FREE = "free"
    """Not charged; it is recorded, and counted in the hours of the statement."""


DEFAULT_KINDS: Mapping[SessionKind, OwnersShare] = {
    SessionKind.PAID: OwnersShare.CREDITED,
    SessionKind.GROUP: OwnersShare.CREDITED,
    SessionKind.OWNER: OwnersShare.CREDITED,
    SessionKind.TRAINING: OwnersShare.KEPT_BY_BOOKS,
    SessionKind.GIFT: OwnersShare.FREE,
    SessionKind.STAFF: OwnersShare.FREE,
    SessionKind.MAINTENANCE: OwnersShare.FREE,
    SessionKind.TEST: OwnersShare.FREE,
}
"""Used where an agreement says nothing else: an owner pays like anyone (Code civil 815-9), a gift earns
nothing unless agreed.
"""


class AgreementRefusedError(ValueError):
    """The agreement contradicts itself; the message names the version and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Quota:
    """A co-owner's part of the goods: any whole number, in proportion to the others'."""

    party: str
    quota: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the split: the manager's fee or a co-owner's share. A party may hold several lines."""

    role: LineRole
    party: str
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What else was agreed; schema 1 records it. Each field is dated by its version and none is a constant of
    the program.
    """

    schema: int = 1
    manager: str
    legal_basis: LegalBasis
    agency: Agency = "own_name"
    own_use: OwnUse = "normal_rate"
    loss_rule: LossRule = "carry"
    kinds: Mapping[SessionKind, OwnersShare] = field(default_factory=lambda: DEFAULT_KINDS)
    deductions: Deductions | None = None
    """Null: nothing is taken off, and the flat wheel alone splits."""
    payout_minimum_cents: int = 0
    """Less than this is not paid out but waits, and stays due."""
    term_until_at: int | None = None
    """When a convention of fixed term ends (Unix ms), five years after it begins at the latest (Code civil 1873-3)."""
    renewal: Renewal = "none"
    own_free_s: int = 0
    """Seconds of own use that each co-owner has free in a closing, for `free_hours`."""
    indemnity_per_hour_cents: int = 0
    """What a co-owner owes all owners for an hour of own use, for `indemnity`."""
    credited: Credited = "used"
    kept_components: tuple[str, ...] = ()
    """Components of a price that the books keep, as `scope.KINDS` names them; all others earn for the owners."""

    def __post_init__(self) -> None:
        """Refuse terms that nobody could keep."""
        if not is_scope(self.kept_components):
            raise AgreementRefusedError(f"the books cannot keep {', '.join(self.kept_components)} of a price")
        if self.own_free_s < 0 or (self.own_free_s and self.own_use != "free_hours"):
            raise AgreementRefusedError("free time of own use is 0 s or more, and goes with free_hours alone")
        if self.indemnity_per_hour_cents < 0 or (self.indemnity_per_hour_cents and self.own_use != "indemnity"):
            raise AgreementRefusedError("an indemnity an hour is 0 cents or more, and goes with indemnity alone")
        if self.renewal == "tacit" and self.term_until_at is None:
            raise AgreementRefusedError("only an agreement with a term is renewed")
        if self.payout_minimum_cents < 0:
            raise AgreementRefusedError(f"a least payout of {self.payout_minimum_cents} cents is none")

    @property
    def taken_off(self) -> Deductions | None:
        """The deductions to settle by; none of them but step by step where owners settle their own use."""
        return Deductions() if self.deductions is None and self.settles_own_use else self.deductions

    @property
    def settles_own_use(self) -> bool:
        """Whether own use moves anything between owners; versions from before it was counted name no figure."""
        return bool(self.own_free_s or self.indemnity_per_hour_cents)

    def owners_share(self, kind: SessionKind) -> OwnersShare:
        """Return what a session of `kind` means for the owners."""
        return self.kinds.get(kind, DEFAULT_KINDS[kind])


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementVersion:
    """The agreement as it stands in [from_at, to_at); `to_at` is null while no end is known."""

    agreement: str
    version: int
    from_at: int
    to_at: int | None
    lines: tuple[Line, ...]
    terms: Terms

    def __post_init__(self) -> None:
        """Refuse a version that cannot be split by or never holds."""
        if not is_id(self.agreement):
            raise AgreementRefusedError(f"{self.agreement!r} is not an agreement's id")
        if self.to_at is not None and self.to_at <= self.from_at:
            raise AgreementRefusedError(f"{self.agreement} version {self.version} ends before it begins")
        term = self.terms.term_until_at
        if term is not None and not self.from_at < term <= self.from_at + TERM_MAX_MS:
            raise AgreementRefusedError(
                f"{self.agreement} version {self.version} has a term that is past, or more than five years away"
            )
        reduced(self.weights)

    @property
    def weights(self) -> tuple[int, ...]:
        """The flat weights of all lines, in written order."""
        return tuple(line.weight for line in self.lines)

    @property
    def wheel(self) -> Wheel:
        """The cent wheel of this version."""
        return Wheel.of(self.weights)

    def holds_at(self, instant_ms: int) -> bool:
        """Tell whether this version is in force at `instant_ms`."""
        return self.from_at <= instant_ms and (self.to_at is None or instant_ms < self.to_at)

    def to_data(self) -> dict[str, Json]:
        """Return the version as data, complete: what is stored, signed and hashed."""
        terms = self.terms
        return {
            "agreement": self.agreement,
            "version": self.version,
            "from_at": self.from_at,
            "to_at": self.to_at,
            "lines": [{"role": line.role, "party": line.party, "weight": line.weight} for line in self.lines],
            "terms": {
                "schema": terms.schema,
                "manager": terms.manager,
                "legal_basis": terms.legal_basis,
                "agency": terms.agency,
                "own_use": terms.own_use,
                "loss_rule": terms.loss_rule,
                "kinds": {kind.value: terms.owners_share(kind).value for kind in SessionKind},
                **({} if terms.deductions is None else {"deductions": terms.deductions.to_data()}),
                **_term_data(terms),
                **{name: getattr(terms, name) for name, usual in _LATER.items() if getattr(terms, name) != usual},
                **({"kept_components": list(terms.kept_components)} if terms.kept_components else {}),
                **({} if not terms.payout_minimum_cents else {"payout_minimum_cents": terms.payout_minimum_cents}),
            },
        }

    @property
    def content_hash(self) -> str:
        """SHA-256 of `to_data`."""
        return sha256_hex(canonical(self.to_data()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The goods held together and every version of how; raises `AgreementRefusedError` for a gap or an
    overlap.
    """

    agreement: str
    goods: tuple[MachineId, ...]
    versions: tuple[AgreementVersion, ...]

    def __post_init__(self) -> None:
        """Check that the versions are numbered from 1 and follow each other to the millisecond."""
        if not self.goods or not self.versions:
            raise AgreementRefusedError(
                f"agreement {self.agreement} names no goods or has no version (Code civil 1873-2)"
            )
        for number, version in enumerate(self.versions, start=1):
            if version.agreement != self.agreement or version.version != number:
                raise AgreementRefusedError(f"agreement {self.agreement}: version {number} is missing or out of order")
        for earlier, later in zip(self.versions, self.versions[1:], strict=False):
            if earlier.to_at != later.from_at:
                raise AgreementRefusedError(
                    f"agreement {self.agreement}: version {earlier.version} ends at {earlier.to_at} and"
                    f" version {later.version} begins at {later.from_at}; one must end where the next begins",
                )

    def version_at(self, instant_ms: int) -> AgreementVersion | None:
        """Return the version in force at `instant_ms`; `None` before the first and after the last."""
        return next((version for version in self.versions if version.holds_at(instant_ms)), None)


_LATER: Mapping[str, Json] = {"own_free_s": 0, "indemnity_per_hour_cents": 0, "credited": "used"}
"""Terms that came later, with what they are where nothing was agreed: left out then, so that old hashes stand."""


def _term_data(terms: Terms) -> dict[str, Json]:
    if terms.term_until_at is None:
        return {}
    return {"term_until_at": terms.term_until_at, "renewal": terms.renewal}


def version_for(agreements: Sequence[Agreement], machine: MachineId, instant_ms: int) -> AgreementVersion | None:
    """Return the version that a use of `machine` ending at `instant_ms` falls under; `None` when nobody
    shares it then.

    Raises `AgreementRefusedError` when two agreements claim the machine at that instant: nobody may guess
    between owners.
    """
    found = [
        version
        for agreement in agreements
        if machine in agreement.goods
        if (version := agreement.version_at(instant_ms)) is not None
    ]
    if len(found) > 1:
        raise AgreementRefusedError(
            f"{machine} is claimed at {instant_ms} by {found[0].agreement} and {found[1].agreement}"
        )
    return found[0] if found else None


def owners_share(version: AgreementVersion | None, kind: SessionKind) -> OwnersShare:
    """Return what a use of `kind` means under `version`; where nobody shares the machine, what it means anywhere."""
    return DEFAULT_KINDS[kind] if version is None else version.terms.owners_share(kind)


def kept_of(version: AgreementVersion | None) -> tuple[str, ...]:
    """Return the components of a price that earn nothing for owners; none where nobody shares the machine."""
    return () if version is None else version.terms.kept_components


def lines_by_weight(manager: str, fee_weight: int, quotas: Sequence[Quota]) -> tuple[Line, ...]:
    """Return the lines of an agreement that states its fee as a weight beside the quotas."""
    fee = (Line("fee", manager, fee_weight),)
    return fee + tuple(Line("share", quota.party, quota.quota) for quota in quotas)


def lines_by_fee(manager: str, fee: Fraction, quotas: Sequence[Quota]) -> tuple[Line, ...]:
    """Return the lines of an agreement that states its fee as an exact part of the revenue and the rest by
    quotas.

    With the fee p/q and quotas of sum Q: the fee weighs p·Q, each share (q - p)·quota; then all are reduced.
    """
    if not 0 <= fee <= 1:
        raise AgreementRefusedError(f"a fee of {fee} is not between nothing and all of the revenue")
    total = sum(quota.quota for quota in quotas)
    flat = [fee.numerator * total, *((fee.denominator - fee.numerator) * quota.quota for quota in quotas)]
    fee_weight, *shares = reduced(flat)
    by_party = [Quota(quota.party, weight) for quota, weight in zip(quotas, shares, strict=True)]
    return lines_by_weight(manager, fee_weight, by_party)


def reading(letter: Literal["A", "B", "C", "D"]) -> tuple[Line, ...]:
    """Return one reading of "the manager keeps 50 %, and shares the other 50 % with the 4 other investors".

    A: the four others only. B: the manager owns too, so five share. C: four owners in all, the manager among
    them. D: as A with unequal contributions (40/25/15/10/10, five owners). All parties are fictional.
    """
    others = [Quota(f"owner-{number}", 1) for number in range(1, 5)]
    unequal = [Quota(f"owner-{number}", quota) for number, quota in enumerate((40, 25, 15, 10, 10), start=1)]
    quotas = {
        "A": others,
        "B": [Quota("manager", 1), *others],
        "C": [Quota("manager", 1), *others[:3]],
        "D": unequal,
    }
    return lines_by_fee("manager", Fraction(1, 2), quotas[letter])
