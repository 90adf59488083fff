"""A school is invoiced: uses of its class, then a credit note for one taken back; numbers without a gap."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from facturx import xml_check_xsd
from pypdf import PdfReader
from pypdf.generic import StreamObject
from starlette.testclient import TestClient

from controller import cli
from controller.domain.ids import AccountId
from controller.domain.sessions import SessionKind
from controller.office import money
from controller.office.accounts import Role
from controller.office.invoicing.words import is_siret
from controller.office.ledger.caches import check
from tests.office.door import Door
from tests.office.workshop import NOON, Journal

DAY = "2027-01-01"
SELLER = {
    "name": "Atelier Exemple",
    "siret": "12345678200010",
    "vat_number": "FR00123456782",
    "street": "1 rue de l'Exemple",
    "postcode": "26400",
    "city": "Exempleville",
    "legal_form": "SCIC SA à capital variable",
    "iban": "FR76 3000 6000 0112 3456 7890 189",
}
SCHOOL = {
    "siret": "98765432400027",
    "street": "2 rue de l'École",
    "postcode": "26000",
    "city": "Exempleville",
    "service_code": "SERVICE-7",
}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The fictional workshop behind its web door."""
    door = Door.opened(tmp_path_factory.mktemp("invoices"))
    door.shop.now_ms = NOON + 3_600_000
    yield door
    door.shop.store.close()


@pytest.fixture(scope="module")
def treasurer(door: Door) -> TestClient:
    """Who keeps the books."""
    return door.signed_in(Role.TREASURER)


@pytest.fixture(scope="module")
def school(door: Door, treasurer: TestClient) -> str:
    """A school that owes up to a hundred euros, whose class has used the kiln twice, under a commitment number."""
    school = {"name": "Collège Exemple", "books": "lab", "floor_cents": -10_000}
    payer: str = treasurer.post("/api/v1/organisations", json=school).json()["id"]
    order = {"number": "ENG-2027-14", "ceiling_cents": 10_000}
    assert treasurer.put(f"/api/v1/organisations/{payer}/purchase-order", json=order).status_code == 201
    journal = Journal(door.shop)
    for number, seconds in ((1, 600), (2, 37)):
        journal.ended(number, seconds=seconds, account=AccountId(payer), kind=SessionKind.GROUP)
    journal.used(3)
    door.shop.told(journal)
    return payer


def _say(treasurer: TestClient, subject: str, words: dict[str, str]) -> list[int]:
    return [
        treasurer.put(f"/api/v1/invoice-words/{subject}/{name}", json={"from_day": DAY, "value": value}).status_code
        for name, value in words.items()
    ]


def _issue(treasurer: TestClient, payer: str) -> Any:  # noqa: ANN401 - an answer
    return treasurer.post(f"/api/v1/organisations/{payer}/invoices")


def test_a_school_is_invoiced_for_its_own_uses_once(door: Door, treasurer: TestClient, school: str) -> None:
    """Without the words of law nothing is issued and no number is lost; a second time nothing waits."""
    early = _issue(treasurer, school)
    said = {*_say(treasurer, "lab", SELLER), *_say(treasurer, school, SCHOOL)}
    done = _issue(treasurer, school)
    again = _issue(treasurer, school)
    listed = treasurer.get(f"/api/v1/organisations/{school}/invoices").json()

    assert (early.status_code, said, done.status_code, again.status_code) == (422, {204}, 201, 422)
    assert "SIRET" in early.text
    body = done.json()
    assert (body["name"], body["kind"], body["order"]) == ("FA-000001", "invoice", "ENG-2027-14")
    assert [(line["name"], line["uses"], line["seconds"]) for line in body["lines"]] == [("Kiln", 2, 637)]
    assert (body["net_cents"], body["vat_cents"], body["gross_cents"], body["due_cents"]) == (531, 106, 637, 637)
    assert [each["name"] for each in listed["issued"]] == ["FA-000001"]
    assert listed["waiting"]["lines"] == []
    with door.shop.store.read() as tx:
        assert check(tx) == []


@pytest.mark.parametrize("form", ["xml", "html", "service"])
def test_what_a_program_a_person_and_chorus_pro_want_stands_in_the_files(treasurer: TestClient, form: str) -> None:
    """The commitment number, the service code and both SIRET; the XML keeps to the published schema."""
    answer = treasurer.get(f"/api/v1/books/lab/invoices/FA-000001/{form}")
    again = treasurer.get(f"/api/v1/books/lab/invoices/FA-000001/{form}")

    assert answer.status_code == 200
    assert answer.content == again.content
    for said in ("FA-000001", "ENG-2027-14", "SERVICE-7", SELLER["siret"], SCHOOL["siret"]):
        assert said in answer.text
    if form == "xml":
        assert xml_check_xsd(answer.content, flavor="factur-x", level="en16931")
        assert "<ram:GrandTotalAmount>6.37<" in answer.text
    else:
        assert ("Signature" in answer.text) is (form == "service")


def test_the_page_shows_what_was_issued_and_writes_words_down(treasurer: TestClient, school: str) -> None:
    """The treasurer finds each file there; a wrong SIRET is refused with a sentence, a right word is noted."""
    place = f"/organisations/{school}/invoices"
    shown = treasurer.get(place).text
    csrf = re.findall(r'name="csrf" value="([0-9a-f]+)"', shown)[0]
    wrong = {"csrf": csrf, "subject": "lab", "word": "siret", "from_day": DAY, "value": "123"}
    right = {**wrong, "word": "legal_form", "value": "SCIC SA"}

    assert all(f"{place}/FA-000001/{form}" in shown for form in ("pdf", "xml", "html", "service"))
    assert treasurer.get(f"{place}/FA-000001/service").status_code == 200
    assert treasurer.post(f"{place}/words", data=wrong).status_code == 422
    assert treasurer.post(f"{place}/words", data=right, follow_redirects=False).status_code == 303
    assert treasurer.post(place, data={"csrf": csrf}).status_code == 422
    assert "SCIC SA" in treasurer.get(place).text


@pytest.mark.soak
def test_the_pdf_carries_the_xml_and_says_so(treasurer: TestClient) -> None:
    """PDF/A-3 with one file in it, the same bytes each time; Factur-X is named in its metadata."""
    place = "/api/v1/books/lab/invoices/FA-000001"
    first, second = treasurer.get(f"{place}/pdf"), treasurer.get(f"{place}/pdf")
    if first.status_code == 503:
        pytest.skip("no WeasyPrint or no pango here")
    reader = PdfReader(BytesIO(first.content))

    assert first.content == second.content
    assert reader.attachments["factur-x.xml"] == [treasurer.get(f"{place}/xml").content]
    told = reader.root_object["/Metadata"].get_object()
    assert isinstance(told, StreamObject)
    assert b"urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#" in told.get_data()


def test_a_use_that_is_taken_back_is_a_credit_note_of_its_own_series(
    door: Door, treasurer: TestClient, school: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names the invoice that it corrects, its amounts are positive in the file, and the command lists both."""
    with door.shop.changing() as change:
        money.reverse(change, "lab", "session:s-1", "counted twice")

    body = _issue(treasurer, school).json()
    xml = treasurer.get(f"/api/v1/books/lab/invoices/{body['name']}/xml").content

    assert (body["name"], body["kind"], body["corrects"]) == ("AV-000001", "credit_note", ["FA-000001"])
    assert (body["net_cents"], body["vat_cents"], body["gross_cents"]) == (-500, -100, -600)
    assert b"<ram:TypeCode>381<" in xml
    assert b"<ram:GrandTotalAmount>6.00<" in xml
    assert xml_check_xsd(xml, flavor="factur-x", level="en16931")
    database = ["--database", str(door.shop.folder / "office.db")]
    assert cli.main(["invoice", "list", *database, "--organisation", school, "--json"]) == 0
    assert [json.loads(line)["name"] for line in capsys.readouterr().out.splitlines()] == ["AV-000001", "FA-000001"]


@pytest.mark.parametrize(
    ("subject", "word", "value"),
    [
        ("lab", "siret", "12345678900010"),
        ("lab", "iban", "FR76"),
        ("lab", "service_code", "X"),
        ("lab", "due_days", "x"),
    ],
)
def test_a_wrong_word_is_refused(treasurer: TestClient, subject: str, word: str, value: str) -> None:
    """Check digits, and words that are not for this subject."""
    assert _say(treasurer, subject, {word: value}) == [422]


def test_la_poste_alone_has_establishments_without_the_check_digit() -> None:
    """INSEE's exception: its head office has one, its post offices have another sum."""
    assert is_siret(SELLER["siret"])
    assert is_siret("35600000012345")
    assert not is_siret(SELLER["siret"][:-1] + str((int(SELLER["siret"][-1]) + 1) % 10))
