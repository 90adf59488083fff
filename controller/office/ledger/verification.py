"""Proof that the ledger is what was posted: every row, its place, its legs, the wheels, and the signed heads.

House rules: nothing is trusted but the public key and the witnessed hash that the verifier brings; only
reads. What is proven ends at the last signed head; a tail cut after it shows only against a head that
somebody else has kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import select, union

from controller.domain.chain import GENESIS_HASH
from controller.domain.ids import BooksId
from controller.domain.ledger import Entry, entry_hash
from controller.errors import Message
from controller.office.ledger.rows import READ_AHEAD, entry_from, walk
from controller.office.ledger.signing import SignedHead, head_from
from controller.office.ledger.tables import ledger_chain, ledger_entry, ledger_head, ledger_posting
from controller.office.ledger.witnesses import Standing, Witnesses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from sqlalchemy import Connection, Row

FINDINGS_LIMIT = 20
"""Findings told per books, later ones are dropped: the first is what matters, and a damaged file has
millions.
"""

FindingCode = Literal[
    "changed",
    "missing",
    "misplaced",
    "unsealed",
    "wheel",
    "recomputed",
    "cut",
    "head",
    "unsigned",
    "witness",
    "totals",
    "signature",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: in which books, from which entry on (`None` when no place can be told), and
    what; in an archive also in which line.
    """

    books: str | None
    seq: int | None
    code: FindingCode
    message: Message
    line: int | None = None


@dataclass(frozen=True, slots=True)
class BooksVerdict:
    """One chain: how long it is, where it ends, up to which entry signed heads prove it."""

    books: str
    entries: int
    end_hash: str
    signed_up_to: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every chain of a file; `findings` first broken entry first, `standing` the witnessed hashes that are there."""

    books: tuple[BooksVerdict, ...]
    findings: tuple[Finding, ...]
    signatures_checked: bool
    standing: tuple[Standing, ...] = ()

    @property
    def ok(self) -> bool:
        """Nothing is wrong."""
        return not self.findings


def verify(connection: Connection, public_key: Ed25519PublicKey | None, head: str | Witnesses | None = None) -> Verdict:
    """Walk every chain and compare it with itself, with its signed heads and with what was witnessed: a hash (64
    hex digits), or several.
    """
    witnesses = Witnesses.of(head)
    tables = (ledger_entry, ledger_posting, ledger_head, ledger_chain)
    names = connection.execute(union(*(select(table.c.books) for table in tables))).scalars()
    audits = [_Audit(connection, BooksId(name), public_key, witnesses) for name in sorted(names)]
    verdicts = tuple(audit.run() for audit in audits)
    findings = [finding for verdict in verdicts for finding in verdict.findings]
    findings += witness_findings(witnesses)
    return Verdict(
        verdicts, tuple(findings), signatures_checked=public_key is not None, standing=tuple(witnesses.standing())
    )


def witness_findings(witnesses: Witnesses) -> list[Finding]:
    """Say of every witnessed hash that is gone where the chain broke, as closely as can be told."""
    findings = []
    for broken in witnesses.broken()[:FINDINGS_LIMIT]:
        fr, en = "fin coupée ou histoire réécrite", "tail cut or history rewritten"
        if broken.to_seq is not None:
            place = f"{broken.from_seq} – {broken.to_seq}"
            fr, en = f"{fr}, entre les entrées {place}", f"{en}, between entries {place}"
        said = Message(
            f"l'empreinte {broken.hash} n'est plus dans la chaîne : {fr}",
            f"the hash {broken.hash} is not in the chain any more: {en}",
        )
        findings.append(Finding(None, broken.from_seq, "witness", said))
    return findings


class _Audit:
    """One walk along one chain, beside its heads in the order of the entries they sign."""

    def __init__(
        self,
        connection: Connection,
        books: BooksId,
        public_key: Ed25519PublicKey | None,
        witnesses: Witnesses,
    ) -> None:
        self._connection = connection
        self._books = books
        self._public_key = public_key
        self._witnesses = witnesses
        self._findings: list[Finding] = []
        self._expected = 1
        self._previous = GENESIS_HASH
        self._positions: dict[str, int] = {}
        self._signed_up_to = 0
        self._head_n = 0

    def run(self) -> BooksVerdict:
        heads = self._heads()
        head = next(heads, None)
        entries = 0
        for row, seq, postings in walk(self._connection, self._books):
            while head is not None and head.seq < seq:
                self._head_without_entry(head)
                head = next(heads, None)
            if row is None:
                self._find(
                    seq,
                    "unsealed",
                    f"des écritures sans entrée {seq}",
                    f"postings of entry {seq}, which does not exist",
                )
                continue
            entries += 1
            self._entry(row, postings)
            while head is not None and head.seq == seq:
                self._head(head, row.hash)
                head = next(heads, None)
        while head is not None:
            self._head_without_entry(head)
            head = next(heads, None)
        if self._public_key is not None and entries and self._head_n == 0:
            self._find(1, "unsigned", "aucune tête signée : rien n'est prouvé", "no signed head: nothing is proven")
        findings = sorted(self._findings, key=lambda finding: finding.seq or 0)
        return BooksVerdict(
            self._books,
            entries,
            self._previous,
            self._signed_up_to,
            tuple(findings),
        )

    def _entry(self, row: Row[Any], postings: list[Row[Any]]) -> None:
        seq = row.seq
        if seq != self._expected:
            last = seq - 1
            self._find(
                self._expected,
                "missing",
                f"les entrées {self._expected} à {last} manquent",
                f"entries {self._expected} to {last} are missing",
            )
        elif row.previous != self._previous:
            self._find(
                seq,
                "misplaced",
                f"l'entrée {seq} ne suit pas celle d'avant",
                f"entry {seq} does not follow the one before it",
            )
        self._content(row, postings)
        self._witnesses.see(self._books, seq, row.hash)
        self._expected = seq + 1
        self._previous = row.hash

    def _content(self, row: Row[Any], postings: list[Row[Any]]) -> None:
        try:
            entry = entry_from(row, postings)
            intact = entry_hash(entry.draft, entry.books, entry.seq, entry.previous) == entry.hash
        except (TypeError, ValueError):
            self._changed(row)
            return
        if not intact:
            self._changed(row)
        elif not self._findings:  # behind a broken entry, the wheel says nothing new
            self._wheels(entry)

    def _changed(self, row: Row[Any]) -> None:
        self._find(
            row.seq,
            "changed",
            f"l'entrée {row.seq} ou ses écritures ont été modifiées",
            f"entry {row.seq} or its postings were changed",
        )

    def _wheels(self, entry: Entry) -> None:
        for leg in entry.draft.postings:
            if leg.wheel_before is None:
                continue
            position = self._positions.get(leg.account, 0)
            if position != leg.wheel_before:
                self._find(
                    entry.seq,
                    "wheel",
                    f"l'entrée {entry.seq} part de {leg.wheel_before} sur la roue au lieu de {position}",
                    f"entry {entry.seq} starts at {leg.wheel_before} on the wheel instead of {position}",
                )
            self._positions[leg.account] = leg.wheel_before - leg.amount

    def _heads(self) -> Iterator[SignedHead]:
        rows = self._connection.execution_options(yield_per=READ_AHEAD).execute(
            select(ledger_head).where(ledger_head.c.books == self._books).order_by(ledger_head.c.seq, ledger_head.c.n),
        )
        return (head_from(row) for row in rows)

    def _head(self, head: SignedHead, stored_hash: str) -> None:
        if not self._genuine(head):
            return
        if head.hash == stored_hash:
            self._signed_up_to = head.seq
            return
        if any((finding.seq or 0) > self._signed_up_to for finding in self._findings):
            return  # the break before this head is located already, more closely than between two heads
        first = self._signed_up_to + 1
        self._find(
            first,
            "recomputed",
            f"la chaîne a été recalculée sans la clé quelque part entre les entrées {first} et {head.seq}",
            f"the chain was recomputed without the key somewhere from entry {first} to {head.seq}",
        )

    def _head_without_entry(self, head: SignedHead) -> None:
        if self._genuine(head) and head.seq >= self._expected:
            self._find(
                self._expected,
                "cut",
                f"l'entrée {head.seq} a été signée mais la chaîne s'arrête avant l'entrée {self._expected}",
                f"entry {head.seq} was signed but the chain stops before entry {self._expected}",
            )

    def _genuine(self, head: SignedHead) -> bool:
        self._head_n += 1
        if head.n != self._head_n:
            self._find(
                head.seq,
                "head",
                f"la tête signée {self._head_n} manque",
                f"signed head {self._head_n} is missing",
            )
            self._head_n = head.n
        if self._public_key is None or head.is_signed_by(self._public_key):
            return True
        self._find(
            head.seq,
            "head",
            f"la tête signée {head.n} ne porte pas la signature de cette clé",
            f"signed head {head.n} does not carry this key's signature",
        )
        return False

    def _find(self, seq: int, code: FindingCode, fr: str, en: str) -> None:
        told = any(finding.seq == seq and finding.code == code for finding in self._findings)
        if not told and len(self._findings) < FINDINGS_LIMIT:
            self._findings.append(Finding(self._books, seq, code, Message(fr, en)))
