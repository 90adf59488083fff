"""What the bank says became of transfers: its statements (camt.053, camt.054) and its answers (pain.002), read again.

House rules: a transfer is known by the reference that our file gave it and by nothing else; what is not ours, not
booked yet or of another amount is left alone. Neither names nor account numbers are read.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Literal

from controller.errors import Message
from controller.office.refusals import InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE_BYTES_MAX = 5_000_000
"""A month of a busy account is some hundred kilobytes; a longer file was given by mistake, and is refused."""

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Word:
    """The bank's word on one transfer; `cents` is null where it names no amount. `run` says that the reference is a
    whole run's.
    """

    reference: str
    outcome: Literal["paid", "rejected"]
    cents: int | None = None
    reason: str = ""
    run: bool = False


def words_of(file: bytes) -> list[Word]:
    """Return what a file of the bank says; raise `InvalidError` for a file that is none of these."""
    if len(file) > FILE_BYTES_MAX or b"<!DOCTYPE" in file or b"<!ENTITY" in file:
        raise _no_file()
    try:
        root = ET.fromstring(file)  # noqa: S314 - no document type, so no entities
    except ET.ParseError as error:
        raise _no_file() from error
    for each in root.iter():
        each.tag = each.tag.rpartition("}")[2]
    if root.find("CstmrPmtStsRpt") is not None:
        return list(_answers(root))
    if root.find("BkToCstmrStmt") is not None or root.find("BkToCstmrDbtCdtNtfctn") is not None:
        return list(_booked(root))
    raise _no_file()


def _booked(root: ET.Element) -> Iterator[Word]:
    """Our debits that are booked were paid; a credit with one of our references came back."""
    for entry in root.iter("Ntry"):
        status = entry.findtext("Sts/Cd") or entry.findtext("Sts") or ""
        if status.strip() != "BOOK":
            continue
        details = entry.findall("NtryDtls/TxDtls")
        for each in details:
            reference = each.findtext("Refs/EndToEndId")
            if reference is None:
                continue
            amount = each.find("Amt")
            if amount is None:
                amount = each.find("AmtDtls/TxAmt/Amt")
            if amount is None and len(details) == 1:
                amount = entry.find("Amt")
            way = each.findtext("CdtDbtInd") or entry.findtext("CdtDbtInd")
            reason = " ".join((each.findtext("RtrInf/Rsn/Cd") or "").split())
            yield Word(reference.strip(), "paid" if way == "DBIT" else "rejected", _cents(amount), reason)


def _answers(root: ET.Element) -> Iterator[Word]:
    """Only a rejection is final in an answer: what was accepted is paid when it is booked."""
    for group in root.iter("OrgnlGrpInfAndSts"):
        run = group.findtext("OrgnlMsgId")
        if run is not None and group.findtext("GrpSts") == "RJCT":
            yield Word(run.strip(), "rejected", None, _why(group), run=True)
    for one in root.iter("TxInfAndSts"):
        reference = one.findtext("OrgnlEndToEndId")
        if reference is not None and one.findtext("TxSts") == "RJCT":
            yield Word(reference.strip(), "rejected", None, _why(one))


def _why(place: ET.Element) -> str:
    return " ".join((place.findtext("StsRsnInf/Rsn/Cd") or "").split())


def _cents(amount: ET.Element | None) -> int | None:
    if amount is None or amount.get("Ccy") != "EUR":
        return None
    try:
        return int(Decimal((amount.text or "").strip()) / _CENT)
    except InvalidOperation:
        return None


def _no_file() -> InvalidError:
    return InvalidError(
        Message("ce n'est pas un fichier de la banque", "this is no file of the bank"),
        cure=Message(
            "donnez un relevé camt.053 ou camt.054, ou une réponse pain.002", "give a camt.053, camt.054 or pain.002"
        ),
    )
