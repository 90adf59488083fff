"""Co-owners are paid what closings gave them: sent once, never more than is due, due again when the bank refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from controller.domain.agreement import Terms, reading
from controller.domain.ledger import MeansOfPayment
from controller.errors import IndivisError
from controller.office import money
from controller.office.directory import agreements
from controller.office.ledger.caches import check
from controller.office.ledger.verification import verify
from controller.office.refusals import ConflictError, InvalidError
from controller.office.settlement import banking, payouts, statements
from controller.office.settlement.bank_reading import Word, words_of
from controller.office.settlement.dues import Due, dues
from tests.office.closing_kit import AFTER, LATER, NEXT, account, close, used
from tests.office.workshop import NOON, Workshop

LAB, FIRST, SECOND = "FR1420041010050500013M02606", "DE89370400440532013000", "BE68539007547034"
"""IBANs that banks print as examples."""

YEAR = 365 * 86_400_000


@pytest.fixture
def house(shop: Workshop) -> Workshop:
    """The kiln's January is closed, one euro for each; the lab and two owners have told their bank accounts."""
    used(shop, 1, 20)
    close(shop)
    with shop.changing() as change:
        for holder, name, number in (
            (banking.of_books("lab"), "Atelier Exemple", LAB),
            (banking.of_party("owner-1"), "Élan & Fils, fictif", FIRST),
            (banking.of_party("owner-2"), "Deuxième Fictive", SECOND),
        ):
            banking.write_bank_account(change, shop.vault, holder, name, number)
    return shop


def pay(shop: Workshop, *parties: str) -> str:
    """Make a run, for everybody payable where nobody is named."""
    with shop.changing("treasurer") as change:
        return payouts.pay(change, shop.vault, "ceramics", list(parties) or None)


def due(shop: Workshop) -> dict[str, Due]:
    """What is due to each, and why it waits."""
    with shop.store.read() as tx:
        return {each.party: each for each in dues(tx, shop.vault, "ceramics", shop.now_ms)}


def paid(shop: Workshop) -> list[tuple[str, int, str]]:
    """Whom what was paid, and what became of it."""
    with shop.store.read() as tx:
        return sorted((each["party"], each["cents"], each["state"]) for each in payouts.payout_views(tx, "ceramics"))


def key_of(shop: Workshop, party: str) -> str:
    """The newest payout to somebody."""
    with shop.store.read() as tx:
        found: str = payouts.payout_views(tx, "ceramics", party)[0]["id"]
        return found


def test_a_run_pays_who_has_an_account_once_and_the_ledger_says_so(house: Workshop) -> None:
    """Two of five have told theirs; the others' euro waits for them, and a second run finds nothing."""
    pay(house)

    assert paid(house) == [("owner-1", 100, "sent"), ("owner-2", 100, "sent")]
    assert [account(house, f"owner:ceramics:{party}") for party in ("owner-1", "owner-3")] == [0, -100]
    assert account(house, "means:transfer") == -200
    assert {each.party: each.state for each in due(house).values()} == {
        "manager": "no_account",
        "owner-1": "nothing",
        "owner-2": "nothing",
        "owner-3": "no_account",
        "owner-4": "no_account",
    }
    with pytest.raises(ConflictError, match="rien à verser"):
        pay(house)
    with house.store.read() as tx:
        assert check(tx) == []
        assert verify(tx, None).ok


def test_what_is_held_or_below_the_agreed_minimum_waits_and_stays_due(house: Workshop) -> None:
    """A hold has a reason; a minimum is the agreement's; lifted, the same euro is paid."""
    with house.changing() as change:
        payouts.hold(change, "ceramics", "owner-1", "the heirs are not known yet")
        terms = Terms(manager="manager", legal_basis="convention", payout_minimum_cents=101)
        agreements.create_version(change, "ceramics", from_at=AFTER - 1, lines=reading("B"), terms=terms)

    assert [due(house)[party].state for party in ("owner-1", "owner-2")] == ["held", "below_minimum"]
    with pytest.raises(ConflictError, match="owner-1"):
        pay(house, "owner-1")

    with house.changing() as change:
        payouts.release(change, "ceramics", "owner-1")
        agreements.create_version(
            change,
            "ceramics",
            from_at=AFTER,
            lines=reading("B"),
            terms=Terms(manager="manager", legal_basis="convention"),
        )
    pay(house, "owner-1")

    assert paid(house) == [("owner-1", 100, "sent")]


def test_what_the_bank_sends_back_is_due_again_and_paid_anew(house: Workshop) -> None:
    """Once only, whatever is said twice; a rejected payout is never marked paid."""
    pay(house, "owner-1")
    key = key_of(house, "owner-1")

    with house.changing() as change:
        assert payouts.mark_paid(change, key, "statement 12")
        assert payouts.reject(change, key, "AC04: account closed")
        assert not payouts.reject(change, key, "AC04: account closed")
        with pytest.raises(ConflictError):
            payouts.mark_paid(change, key)

    assert account(house, "owner:ceramics:owner-1") == -100
    assert account(house, "means:transfer") == 0
    pay(house, "owner-1")
    assert paid(house) == [("owner-1", 100, "rejected"), ("owner-1", 100, "sent")]


def test_a_payout_is_taken_back_by_its_rejection_and_in_no_other_way(house: Workshop) -> None:
    """Else the list would say paid and the ledger due."""
    pay(house, "owner-1")

    with house.changing() as change, pytest.raises(InvalidError, match="rejeté"):
        money.reverse(change, "lab", f"payout:{key_of(house, 'owner-1')}", "please")


def test_cash_is_written_down_by_hand_and_never_more_than_is_due(house: Workshop) -> None:
    """The manager takes its own part out of the till."""
    with house.changing() as change:
        with pytest.raises(ConflictError, match="100"):
            payouts.pay_by_hand(change, house.vault, "ceramics", "manager", 101, MeansOfPayment.CASH, "till 4")
        payouts.pay_by_hand(change, house.vault, "ceramics", "manager", 100, MeansOfPayment.CASH, "till 4")

    assert paid(house) == [("manager", 100, "paid")]
    assert account(house, "means:cash") == -100


def test_a_statement_shows_what_was_paid_since_the_last_one(house: Workshop) -> None:
    """Balance before, paid, part, balance due: they add up, and the closed January has not changed."""
    first = statements.as_json(statements.statement(close(house), "owner-1"))
    pay(house)

    february = close(house, NEXT, LATER)
    mine = statements.statement(february, "owner-1")["mine"]

    assert [mine[name] for name in ("before_cents", "paid_cents", "part_cents", "after_cents")] == [100, 100, 0, 0]
    assert mine["paid"] == [{"day": "2027-02-04", "cents": 100}]
    table = statements.as_csv(statements.statement(february, "owner-1")).decode("utf-8-sig").splitlines()
    assert "mon compte;Versé depuis la clôture précédente;;;;;-1,00" in table
    assert statements.as_json(statements.statement(close(house), "owner-1")) == first


def test_a_claim_of_five_years_is_told_and_nothing_is_taken(house: Workshop) -> None:
    """What is paid settles the oldest first."""
    assert due(house)["owner-3"].old == ()

    house.now_ms = NOON + 6 * YEAR

    old = due(house)["owner-3"]
    assert (old.cents, old.old, [claim.cents for claim in old.claims]) == (100, ("2027-01",), [100])


def test_an_account_number_is_checked_sealed_and_never_repeated(house: Workshop) -> None:
    """Neither in the database, nor in the audit, nor in the sentence that refuses it."""
    mistyped = FIRST[:-1] + "1"
    with house.changing() as change, pytest.raises(InvalidError) as refused:
        banking.write_bank_account(change, house.vault, banking.of_party("owner-3"), "Troisième", mistyped)

    assert "check digits" in refused.value.sentence("en")
    assert mistyped not in refused.value.sentence("en")
    pay(house)
    house.store.close()
    stored = b"".join(file.read_bytes() for file in house.folder.glob("office.db*"))
    assert all(number.encode() not in stored for number in (LAB, FIRST, SECOND))
    assert due_account_shown(house) == "DE…3000"


def due_account_shown(shop: Workshop) -> str:
    """What the list of dues shows of the first owner's account."""
    return due(shop)["owner-1"].account


def test_the_banks_own_files_say_what_became_of_each(house: Workshop) -> None:
    """Booked debits are paid; another amount is left alone; a return and a refused run are due again, once each."""
    run = pay(house)
    first, second = (key_of(house, party).replace("_", "-") for party in ("owner-1", "owner-2"))
    files = {
        "pending": booked([(first, "1.00", "DBIT")], "PDNG"),
        "other": booked([(first, "9.00", "DBIT"), ("NOTPROVIDED", "1.00", "DBIT")]),
        "booked": booked([(first, "1.00", "DBIT"), (second, "1.00", "DBIT")]),
        "return": booked([(first, "1.00", "CRDT")]),
        "refused": answered("", run.replace("_", "-")),
        "again": booked([(first, "1.00", "DBIT")]),
    }

    told = {}
    for kind, file in files.items():
        with house.changing() as change:
            done = payouts.read_bank(change, file)
        told[kind] = [len(done[name]) for name in ("paid", "rejected", "differing")]

    assert told == {
        "pending": [0, 0, 0],
        "other": [0, 0, 1],
        "booked": [2, 0, 0],
        "return": [0, 1, 0],
        "refused": [0, 1, 0],
        "again": [0, 0, 0],
    }
    assert [state for _, _, state in paid(house)] == ["rejected", "rejected"]
    assert account(house, "means:transfer") == 0


def test_an_answer_of_the_bank_names_the_transfer_and_why() -> None:
    """Only a refusal is final: what was accepted is paid when it is booked."""
    one = (
        "<TxInfAndSts><OrgnlEndToEndId>po-1</OrgnlEndToEndId><TxSts>{}</TxSts>"
        "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf></TxInfAndSts>"
    )

    assert words_of(answered(one.format("RJCT"))) == [Word("po-1", "rejected", None, "AC04")]
    assert words_of(answered(one.format("ACSC"))) == []


@pytest.mark.parametrize("file", [b"", b"not xml", b"<Document/>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><Document/>"])
def test_what_is_no_file_of_the_bank_is_one_sentence(file: bytes) -> None:
    """Also one that would grow without bound while it is read."""
    with pytest.raises(InvalidError, match="fichier de la banque"):
        words_of(file)


def test_without_the_labs_own_account_or_on_a_past_day_nothing_is_sent(shop: Workshop) -> None:
    """One sentence each, and the ledger as before."""
    used(shop, 1, 20)
    close(shop)
    with shop.changing() as change:
        banking.write_bank_account(change, shop.vault, banking.of_party("owner-1"), "Une Fictive", FIRST)
    before = account(shop, "owner:ceramics:owner-1")
    refused: list[Any] = []
    for day in (None, "2027-01-01", "soon"):
        with pytest.raises(IndivisError) as error, shop.changing() as change:
            payouts.pay(change, shop.vault, "ceramics", None, day)
        refused.append(error.value.sentence("en"))
        with shop.changing() as change:
            banking.write_bank_account(change, shop.vault, banking.of_books("lab"), "Atelier", LAB)

    assert ["own bank account" in refused[0], "past" in refused[1], "no day" in refused[2]] == [True] * 3
    assert account(shop, "owner:ceramics:owner-1") == before


def booked(entries: list[tuple[str, str, str]], status: str = "BOOK") -> bytes:
    """A camt.053 with these transfers: reference, euros, way."""
    lines = "".join(
        f'<Ntry><Amt Ccy="EUR">{euros}</Amt><CdtDbtInd>{way}</CdtDbtInd><Sts><Cd>{status}</Cd></Sts><NtryDtls><TxDtls>'
        f"<Refs><EndToEndId>{reference}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>"
        for reference, euros, way in entries
    )
    space = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
    return f'<Document xmlns="{space}"><BkToCstmrStmt><Stmt>{lines}</Stmt></BkToCstmrStmt></Document>'.encode()


def answered(inside: str, run: str = "none") -> bytes:
    """A pain.002 that refuses a whole run, or what stands inside."""
    space = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"
    status = "ACTC" if inside else "RJCT"
    return (
        f'<Document xmlns="{space}"><CstmrPmtStsRpt><OrgnlGrpInfAndSts><OrgnlMsgId>{run}</OrgnlMsgId>'
        f"<GrpSts>{status}</GrpSts></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>{inside}</OrgnlPmtInfAndSts>"
        "</CstmrPmtStsRpt></Document>"
    ).encode()


def test_a_run_has_the_same_file_whenever_it_is_asked_for(house: Workshop) -> None:
    """Also after the account was replaced: the file says where the money went."""
    run = pay(house, "owner-1")
    with house.store.read() as tx:
        first = payouts.run_file(tx, house.vault, run)
    with house.changing() as change:
        banking.erase_bank_account(change, banking.of_party("owner-1"))

    with house.store.read() as tx:
        assert payouts.run_file(tx, house.vault, run) == first
    assert f"<IBAN>{FIRST}</IBAN>".encode() in first
    assert b"<Nm>Elan Fils, fictif</Nm>" in first
    assert due(house)["owner-1"].account == ""
    assert json.dumps(paid(house)) == '[["owner-1", 100, "sent"]]'
