"""A sheet of labels: 24 on a page, each machine's name with a code that leads to it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import segno

from controller.office.web.pages_labels import LABELS_MAX
from controller.office.web.qr import QUIET_ZONE
from tests.pages.house import MACHINES, House, founded

PLACE = re.compile(r'<div class="label">(.*?)</div>', re.DOTALL)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One office, which is only looked at."""
    made = founded(tmp_path_factory.mktemp("labels"))
    yield made
    made.office.store.close()


def sheets(house: House, query: str = "") -> list[list[str]]:
    """What stands in each place of each sheet."""
    page = house.browser("fabmanager").get(f"/labels{query}").text
    return [PLACE.findall(sheet) for sheet in page.split('<div class="sheet">')[1:]]


def drawn(address: str) -> str:
    """The code of an address, as the encoder draws it by itself."""
    return segno.make(address, error="m", micro=False).svg_inline(border=QUIET_ZONE, light="#fff", omitsize=True)


def test_each_machine_has_a_label_with_its_name_its_address_and_the_code_of_it(house: House) -> None:
    """All machines at first, by name; the code is the address that stands beside it."""
    (sheet,) = sheets(house)

    assert len(sheet) == len(MACHINES)
    assert "<strong>Découpeuse laser</strong>" in sheet[0]
    assert "<small>office.test/m/laser</small>" in sheet[0]
    assert drawn("http://office.test/m/laser") in sheet[0]


def test_a_sheet_that_was_begun_goes_on_at_its_first_free_label(house: House) -> None:
    """One machine on the fifth place, at the address that the desk typed; words for badges behind it."""
    (sheet,) = sheets(house, "?machine=kiln&first=5&address=http://atelier.test:8080&words=Collège 1%0ACollège 2")

    assert [label.strip() for label in sheet[:4]] == [""] * 4
    assert drawn("http://atelier.test:8080/m/kiln") in sheet[4]
    assert [re.sub(r"<[^>]+>", "", label) for label in sheet[5:]] == ["Collège 1", "Collège 2"]


def test_more_than_ten_sheets_are_left_out_and_told(house: House) -> None:
    """Nobody makes the page endless by a paste."""
    page = house.browser("fabmanager").get("/labels", params={"words": "badge\n" * (LABELS_MAX + 3)}).text

    assert page.count('<div class="label">') == LABELS_MAX
    assert "3 étiquettes n&#39;ont pas trouvé place" in page


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("javascript:alert(1)", "Cette adresse n&#39;en est pas une"),
        ("http://localhost:8080", "que sur cet ordinateur"),
    ],
)
def test_an_address_that_no_phone_opens_is_told(house: House, address: str, said: str) -> None:
    """A label sticks for years: its address is looked at first."""
    page = house.browser("fabmanager").get("/labels", params={"machine": "kiln", "address": address}).text

    assert said in page


def test_a_program_draws_the_code_alone_to_engrave_it(house: House) -> None:
    """An SVG file of its own, at any address that is one."""
    maker, path = house.browser("maker"), "/api/v1/machines/kiln/label.svg"

    answer = maker.get(path, params={"address": "https://atelier.test"})

    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.text.startswith("<?xml")
    assert answer.text != maker.get(path).text
    assert maker.get(path, params={"address": "ftp://atelier.test"}).status_code == 422
    assert maker.get("/api/v1/machines/nothing/label.svg").status_code == 404
