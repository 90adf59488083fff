"""The bank's file holds to its published schema, whatever names and sums people have."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ET
from pathlib import Path

import sepaxml
import xmlschema

from controller.office.settlement.banking import BankAccount
from controller.office.settlement.sepa import NAMESPACE, Transfer, credit_transfer
from tests.office.workshop import NOON

SCHEMA = Path(sepaxml.__file__).parent / "schemas" / "pain.001.001.09.xsd"
LAB = BankAccount("Atelier Exemple", "FR1420041010050500013M02606")
NAMES = ("Élan & Fils <fictif>", "Œuvre 漢字", "x" * 120, "漢", "O'Brien-Fictif (SARL)")


def test_files_of_any_size_and_name_are_valid_and_add_up() -> None:
    """One transfer and a hundred, with signs that banks do not take; the total is the sum, to the cent."""
    schema = xmlschema.XMLSchema(str(SCHEMA))
    chance = random.Random(7)
    for count in (1, 100):
        transfers = [
            Transfer(
                f"po-{number}",
                BankAccount(chance.choice(NAMES), "DE89370400440532013000"),
                chance.choice((1, 99, 100, 123_456_789)),
                f"Four {number} " + "é" * chance.randint(0, 200),
            )
            for number in range(count)
        ]

        file = credit_transfer("pr_1a2b3c4d5e6f", LAB, transfers, "2027-02-05", NOON)

        schema.validate(file.decode())
        found = ET.fromstring(file)  # noqa: S314 - our own
        total = found.findtext(f".//{{{NAMESPACE}}}CtrlSum") or ""
        assert int(total.replace(".", "")) == sum(each.cents for each in transfers)
        assert found.findtext(f".//{{{NAMESPACE}}}NbOfTxs") == str(count)


def test_the_same_run_is_the_same_bytes_and_says_what_it_pays() -> None:
    """Nothing in it comes from a clock or from chance."""
    transfers = [Transfer("po-1", BankAccount("Élan & Fils", "BE68539007547034"), 101, "Four, parts de 2027-01")]

    file = credit_transfer("pr_1", LAB, transfers, "2027-02-05", NOON)

    assert file == credit_transfer("pr_1", LAB, transfers, "2027-02-05", NOON)
    for part in ("<Nm>Elan Fils</Nm>", '<InstdAmt Ccy="EUR">1.01</InstdAmt>', "<Dt>2027-02-05</Dt>", "<MsgId>pr-1<"):
        assert part.encode() in file
