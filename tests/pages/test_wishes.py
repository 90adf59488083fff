"""How machines are to speak to a member is theirs to say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from controller.office.directory.entries import snapshot
from tests.pages.house import House, founded, send


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One office, whose stories follow each other."""
    made = founded(tmp_path_factory.mktemp("wishes"))
    yield made
    made.office.store.close()


def test_a_member_says_on_their_own_page_how_machines_are_to_speak_to_them(house: House) -> None:
    """English, longer windows, sounds and big signs, which come down; nobody sets another's wishes but the desk."""
    zoe, marc = house.members["zoe"], house.members["marc"]
    maker = house.browser("maker")

    saved = send(
        maker,
        f"/members/{zoe}/wishes",
        f"/members/{zoe}",
        language="en",
        longer_windows="yes",
        always_sound="yes",
        larger_text="yes",
    )
    refused = send(maker, f"/members/{marc}/wishes", f"/members/{zoe}", language="en")

    with house.office.store.read() as tx:
        told = {each.key: each.body for each in snapshot(tx) if each.kind == "member"}
    wishes = [
        (body["language"], body.get("longer_windows", False), body.get("wishes", {}))
        for body in (told[zoe], told[marc])
        if isinstance(body, dict)
    ]
    assert (saved.headers["Location"], refused.status_code) == (f"/members/{zoe}?done=done.wishes", 403)
    assert wishes == [("en", True, {"sound": True, "large": True}), ("fr", False, {})]
    assert 'name="longer_windows" value="yes" checked' in maker.get(f"/members/{zoe}").text


def test_a_program_says_it_too_for_nobody_elses_member(house: House) -> None:
    """The same door as the page's: oneself, or the desk for anybody."""
    zoe, marc = house.members["zoe"], house.members["marc"]
    maker = house.browser("maker")
    csrf = {"X-CSRF-Token": maker.get("/api/v1/session").json()["csrf"]}

    wishes = {"language": "fr", "longer_windows": True, "spoken_messages": True}
    answers = [maker.put(f"/api/v1/members/{key}/wishes", json=wishes, headers=csrf) for key in (zoe, marc)]

    assert [answer.status_code for answer in answers] == [204, 403]
    told = maker.get(f"/api/v1/members/{zoe}").json()
    assert (told["longer_windows"], told["spoken_messages"], told["always_sound"]) == (True, True, False)
