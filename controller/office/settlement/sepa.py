"""The bank's file of a payout run: a SEPA credit transfer, pain.001.001.09 (ISO 20022; EPC132-08 rules of use).

House rules: written from data alone, so the same run is the same bytes; whole cents become decimals here and nowhere
else; only the signs that every bank of the area takes. Names and account numbers are in it: whoever keeps it seals it.
"""

from __future__ import annotations

import unicodedata
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.office.settlement.banking import BankAccount

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_TAKEN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
_NAME_LENGTH, _TEXT_LENGTH = 70, 140


@dataclass(frozen=True, slots=True)
class Transfer:
    """One credit transfer: the name under which the bank reports on it, to whom, cents, and what the payee reads."""

    reference: str
    to: BankAccount
    cents: int
    text: str


def reference_of(key: str) -> str:
    """Return a payout's or run's id in the signs that banks take."""
    return key.replace("_", "-")


def credit_transfer(run: str, debtor: BankAccount, transfers: Sequence[Transfer], day: str, made_at: int) -> bytes:
    """Return the file of a run: `day` (ISO) is when the bank is to execute it, `made_at` (Unix ms) when it was made."""
    document = ET.Element("Document", {"xmlns": NAMESPACE})
    whole = ET.SubElement(document, "CstmrCdtTrfInitn")
    count, total = str(len(transfers)), _decimal(sum(each.cents for each in transfers))
    head = ET.SubElement(whole, "GrpHdr")
    _text(head, "MsgId", reference_of(run))
    _text(head, "CreDtTm", datetime.fromtimestamp(made_at // 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _text(head, "NbOfTxs", count)
    _text(head, "CtrlSum", total)
    _text(ET.SubElement(head, "InitgPty"), "Nm", _plain(debtor.name, _NAME_LENGTH))
    order = ET.SubElement(whole, "PmtInf")
    _text(order, "PmtInfId", reference_of(run))
    _text(order, "PmtMtd", "TRF")
    _text(order, "NbOfTxs", count)
    _text(order, "CtrlSum", total)
    _text(ET.SubElement(ET.SubElement(order, "PmtTpInf"), "SvcLvl"), "Cd", "SEPA")
    _text(ET.SubElement(order, "ReqdExctnDt"), "Dt", day)
    _text(ET.SubElement(order, "Dbtr"), "Nm", _plain(debtor.name, _NAME_LENGTH))
    _account(order, "DbtrAcct", debtor.iban)
    agent = ET.SubElement(ET.SubElement(order, "DbtrAgt"), "FinInstnId")
    _text(ET.SubElement(agent, "Othr"), "Id", "NOTPROVIDED")  # the IBAN alone names the bank since 2016
    _text(order, "ChrgBr", "SLEV")
    for each in transfers:
        _transfer(order, each)
    ET.indent(document)
    return b"<?xml version='1.0' encoding='utf-8'?>\n" + ET.tostring(document, encoding="unicode").encode() + b"\n"


def _transfer(order: ET.Element, each: Transfer) -> None:
    one = ET.SubElement(order, "CdtTrfTxInf")
    _text(ET.SubElement(one, "PmtId"), "EndToEndId", each.reference)
    amount = ET.SubElement(ET.SubElement(one, "Amt"), "InstdAmt", {"Ccy": "EUR"})
    amount.text = _decimal(each.cents)
    _text(ET.SubElement(one, "Cdtr"), "Nm", _plain(each.to.name, _NAME_LENGTH))
    _account(one, "CdtrAcct", each.to.iban)
    _text(ET.SubElement(one, "RmtInf"), "Ustrd", _plain(each.text, _TEXT_LENGTH))


def _account(place: ET.Element, name: str, number: str) -> None:
    _text(ET.SubElement(ET.SubElement(place, name), "Id"), "IBAN", number)


def _text(place: ET.Element, name: str, text: str) -> None:
    ET.SubElement(place, name).text = text


def _decimal(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def _plain(text: str, length: int) -> str:
    letters = unicodedata.normalize("NFKD", text)
    kept = (sign if sign in _TAKEN else " " for sign in letters if not unicodedata.combining(sign))
    return " ".join("".join(kept).split())[:length].strip() or "-"
