"""Proof that an archive is what the office wrote: every line, every entry, every head, every total, the signature.

House rules: nothing is trusted but the public key that the verifier brings. Without one, the key that the file itself
names is tried, which proves that the file is whole and nothing about who wrote it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from controller.domain.canonical import canonical
from controller.domain.chain import GENESIS_HASH
from controller.domain.ids import BooksId, MachineId
from controller.domain.ledger import Draft, Entry, Posting, entry_hash
from controller.errors import Message
from controller.office.export.archive import FORMAT, Totals, line_hash, signed_words
from controller.office.ledger.signing import SignedHead, key_id
from controller.office.ledger.verification import (
    FINDINGS_LIMIT,
    BooksVerdict,
    Finding,
    FindingCode,
    Verdict,
    witness_findings,
)
from controller.office.ledger.witnesses import Witnesses

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE_BYTES_MAX = 1_000_000
"""A line is an entry of at most a few kilobytes; a longer one is damage, told as such without reading it whole."""

_BEGINNING = 4_096
_MAY_FOLLOW = {
    "": {"archive"},
    "archive": {"opening", "entry"},
    "opening": {"opening", "entry"},
    "entry": {"entry", "head", "closing", "end"},
    "head": {"entry", "head", "closing", "end"},
    "closing": {"closing", "end"},
    "end": {"signature"},
    "signature": set(),
}


def is_archive(name: str, beginning: bytes) -> bool:
    """Tell whether a file is meant to be an archive, by its name or by what its first bytes say."""
    return name.endswith(".jsonl") or FORMAT.encode() in beginning[:_BEGINNING]


def verify_archive(file: BinaryIO, public_key: Ed25519PublicKey | None, head: str | Witnesses | None = None) -> Verdict:
    """Read an archive from its first to its last byte and say everything that is wrong with it, and where."""
    return _Reader(file, public_key, Witnesses.of(head)).verdict()


class _Reader:
    """One reading: what stands at each line is compared with what must stand there."""

    def __init__(self, file: BinaryIO, public_key: Ed25519PublicKey | None, witnesses: Witnesses) -> None:
        self._file = file
        self._given = public_key
        self._key = public_key
        self._witnesses = witnesses
        self._findings: list[Finding] = []
        self._books = "-"
        self._line = 0
        self._before = ""
        self._sha256 = GENESIS_HASH
        self._expected: int | None = None
        self._previous = GENESIS_HASH
        self._entries = 0
        self._heads = 0
        self._signed_up_to = 0
        self._totals: Totals = {}
        self._closed: Totals = {}
        self._positions: dict[str, int] = {}
        self._end_sha256 = ""

    def verdict(self) -> Verdict:
        for data in self._data():
            name = next(iter(data))
            if name not in _MAY_FOLLOW[self._before]:
                self._find("misplaced", f"« {name} » n'a rien à faire ici", f"'{name}' has no place here")
                continue
            self._before = name
            try:
                getattr(self, f"_{name}")(data[name])
            except (TypeError, ValueError, KeyError, AttributeError):
                self._find(
                    "changed", f"« {name} » n'a pas la forme attendue", f"'{name}' has not the form it must have"
                )
        if self._before != "signature":
            self._line += 1
            self._find("cut", "le fichier s'arrête avant sa signature", "the file stops before its signature")
        findings = [*self._findings, *witness_findings(self._witnesses)]
        books = BooksVerdict(self._books, self._entries, self._previous, self._signed_up_to, tuple(self._findings))
        return Verdict(
            (books,),
            tuple(findings),
            signatures_checked=self._given is not None,
            standing=tuple(self._witnesses.standing()),
        )

    def _data(self) -> Iterator[dict[str, Any]]:
        """Yield the data of each line that is what was written there."""
        while raw := self._file.readline(LINE_BYTES_MAX):
            self._line += 1
            try:
                said = json.loads(raw)
                data, number, sha256 = said["data"], said["line"], said["sha256"]
                due = line_hash(self._sha256, data)
                intact = raw == canonical({"data": data, "line": self._line, "sha256": due}) + b"\n"
                known = len(data) == 1 and next(iter(data)) in _MAY_FOLLOW
            except (AttributeError, TypeError, ValueError, KeyError, RecursionError):
                self._find("changed", "elle a été modifiée", "it was changed")
                continue
            if not intact and type(number) is int and number != self._line:
                code: FindingCode = "missing" if number > self._line else "misplaced"
                self._find(code, f"la ligne {number} est ici", f"line {number} stands here")
                self._line = number
            elif not intact or not known:
                self._find("changed", "elle a été modifiée", "it was changed")
            self._sha256 = sha256 if isinstance(sha256, str) else due
            if known:
                yield data

    def _archive(self, about: dict[str, Any]) -> None:
        self._books = about["books"]
        self._expected = about["first_seq"]
        self._previous = about["previous"]
        self._witnesses.see(self._books, about["first_seq"] - 1, about["previous"])
        own = Ed25519PublicKey.from_public_bytes(bytes.fromhex(about["public_key"]))
        if about["format"] != FORMAT or key_id(own) != about["key_id"]:
            raise ValueError("another format, or a key under another name")
        if self._given is None:
            self._key = own
        elif key_id(self._given) != about["key_id"]:
            self._find(
                "signature",
                f"cette archive est signée par la clé {about['key_id']}, pas par la vôtre",
                f"this archive is signed by key {about['key_id']}, not by yours",
            )

    def _opening(self, said: list[Any]) -> None:
        account, commodity, amount = said
        self._totals[account, commodity] = [0, 0, amount]

    def _entry(self, said: dict[str, Any]) -> None:
        entry = entry_of(self._books, said)
        if entry.seq != self._expected:
            text = f"l'entrée {entry.seq} au lieu de {self._expected}", f"entry {entry.seq} instead of {self._expected}"
            self._find("missing", *text, seq=self._expected)
        elif entry.previous != self._previous:
            fr, en = f"l'entrée {entry.seq} ne suit pas celle d'avant", f"entry {entry.seq} does not follow"
            self._find("misplaced", fr, en, seq=entry.seq)
        if entry_hash(entry.draft, entry.books, entry.seq, entry.previous) != entry.hash:
            fr, en = f"l'entrée {entry.seq} a été modifiée", f"entry {entry.seq} was changed"
            self._find("changed", fr, en, seq=entry.seq)
        self._witnesses.see(self._books, entry.seq, entry.hash)
        self._entries += 1
        self._expected, self._previous = entry.seq + 1, entry.hash
        for leg in entry.draft.postings:
            total = self._totals.setdefault((leg.account, leg.commodity), [0, 0, 0])
            total[0 if leg.amount > 0 else 1] += abs(leg.amount)
            total[2] += leg.amount
            if leg.wheel_before is not None:
                if self._positions.get(leg.account, leg.wheel_before) != leg.wheel_before:
                    fr, en = f"la roue saute à l'entrée {entry.seq}", f"the wheel jumps at entry {entry.seq}"
                    self._find("wheel", fr, en, seq=entry.seq)
                self._positions[leg.account] = leg.wheel_before - leg.amount

    def _head(self, said: dict[str, Any]) -> None:
        head = SignedHead(**{name: value for name, value in said.items() if name != "format"})
        self._heads += 1
        if self._key is None or head.key_id != key_id(self._key):
            return  # an older key's: the archive's own signature covers it
        if head.seq == (self._expected or 0) - 1 and head.hash != self._previous:
            first = self._signed_up_to + 1
            fr = f"la chaîne a été recalculée sans la clé entre les entrées {first} et {head.seq}"
            en = f"the chain was recomputed without the key between entries {first} and {head.seq}"
            self._find("recomputed", fr, en, seq=first)
        elif head.seq != (self._expected or 0) - 1 or not head.is_signed_by(self._key):
            fr, en = f"la tête signée {head.n} n'est pas de cette clé", f"signed head {head.n} is not this key's"
            self._find("head", fr, en, seq=head.seq)
        else:
            self._signed_up_to = head.seq

    def _closing(self, said: list[Any]) -> None:
        account, commodity, *amounts = said
        self._closed[account, commodity] = amounts
        if self._totals.get((account, commodity)) != amounts:
            fr, en = f"les totaux de {account} ne sont pas ceux des écritures", f"the totals of {account} are not"
            self._find("totals", fr, f"{en} those of the entries")

    def _end(self, said: dict[str, Any]) -> None:
        counted = {
            "entries": self._entries,
            "heads": self._heads,
            "last_seq": (self._expected or 0) - 1,
            "hash": self._previous,
        }
        if said != counted or self._closed.keys() != self._totals.keys():
            self._find("totals", "le compte final n'est pas celui du fichier", "the final count is not the file's")
        self._end_sha256 = self._sha256

    def _signature(self, signature: str) -> None:
        last = (self._expected or 0) - 1
        try:
            if self._key is not None:
                self._key.verify(bytes.fromhex(signature), signed_words(self._books, last, self._end_sha256))
        except (InvalidSignature, ValueError):
            fr = "la signature du bureau n'est pas celle de ce contenu"
            self._find("signature", fr, "the office's signature is not this content's")
        else:
            self._signed_up_to = last

    def _find(self, code: FindingCode, fr: str, en: str, seq: int | None = None) -> None:
        if len(self._findings) < FINDINGS_LIMIT:
            said = Message(f"ligne {self._line} : {fr}", f"line {self._line}: {en}")
            self._findings.append(Finding(self._books, seq, code, said, self._line))


def entry_of(books: str, said: dict[str, Any]) -> Entry:
    """Rebuild an entry from what an archive says of it; raise one of Python's own errors when it is none."""
    fields = {name: said[name] for name in ("key", "kind", "fingerprint", "event_at", "booked_at", "reason")}
    draft = Draft(
        **fields,
        machine=None if said["machine"] is None else MachineId(said["machine"]),
        reverses=said["reverses"],
        details=said["details"],
        postings=tuple(
            Posting(account, amount, commodity, before) for account, commodity, amount, before in said["postings"]
        ),
    )
    return Entry(books=BooksId(books), seq=said["seq"], draft=draft, previous=said["previous"], hash=said["hash"])
