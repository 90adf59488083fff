"""A price on its pages: typed in a form, read in words, and the reason of each charge beside it."""

from __future__ import annotations

from html import unescape

from controller.domain.canonical import Json
from controller.domain.components import Component, Offer
from controller.domain.tariff import Price
from controller.office.directory import machines
from tests.pages.house import House, send

SETTINGS = "/machines/kiln/settings"
PRICE = "/machines/kiln/price"


def price_of(house: House) -> Price:
    """The kiln's price."""
    with house.office.store.read() as tx:
        price = machines.machine_view(tx, "kiln").price
    assert price is not None
    return price


def read(house: House, path: str, who: str = "fabmanager", language: str = "fr") -> str:
    """A page as it is read."""
    return unescape(house.browser(who, language).get(path).text)


def test_a_price_is_typed_with_start_up_free_time_steps_and_energy(house: House) -> None:
    """Each field becomes a component; the form then stands as it was typed, and the machine's page says it in words."""
    typed = {
        "per_hour": "30", "minimum": "2", "start_up": "5", "free": "10", "step": "20",
        "maximum": "40", "per_kwh": "0,20", "max_w": "3500", "measured": "badge_on",
    }  # fmt: skip

    answer = send(house.browser("treasurer"), PRICE, "/", **typed)

    assert answer.headers["Location"] == "/machines/kiln?done=done.price"
    assert price_of(house).offers == (
        Offer(
            components=(
                Component(kind="per_use", cents=500),
                Component(kind="per_time", cents=3_000, per=3_600, after=600, step=1_200),
                Component(kind="per_energy", cents=20, per=1_000, max_w=3_500),
                Component(kind="minimum", cents=200),
                Component(kind="maximum", cents=4_000),
            )
        ),
    )
    form = read(house, SETTINGS)
    for name, value in {
        **typed,
        "per_hour": "30,00",
        "minimum": "2,00",
        "start_up": "5,00",
        "maximum": "40,00",
    }.items():
        assert name == "measured" or f'value="{value}"' in form.split(f'name="{name}"')[1].split(">")[0]
    shown = read(house, "/machines/kiln", "maker")
    assert "30,00\u00a0€ par heure par 20\u00a0min entamées après 10\u00a0min" in shown
    assert "0,20\u00a0€ par kWh d'après le compteur (3,5 kW au plus)" in shown
    assert "Prix détaillé" in read(house, "/machines", "maker")


def test_what_cannot_be_read_is_said_beside_its_field(house: House) -> None:
    """Nothing of the price is taken; energy without the machine's most power is no price."""
    wrong = [
        ("start_up", "cinq"), ("maximum", "1000000"), ("free", "bientôt"), ("step", "9999999"),
        ("max_w", "-1"), ("max_w", "3 kW"), ("max_w", ""),
    ]  # fmt: skip
    for field, typed in wrong:
        sent = {"per_hour": "30", "per_kwh": "0,20", "max_w": "100", field: typed}
        answer = send(house.browser("fabmanager"), PRICE, SETTINGS, **sent)

        assert answer.status_code == 422
        assert f'id="e-{field}"' in answer.text
        assert "<details open>" in answer.text
    assert price_of(house).version == 1


def test_a_price_of_several_offers_is_read_in_words_and_ones_own_is_told(house: House) -> None:
    """The form says that it would replace it; a member of the audience sees what is theirs, in their language."""
    rates: list[Json] = [{"kind": "per_time", "cents": cents, "per": 3_600} for cents in (600, 1_200)]
    with house.office.changing("tester") as change:
        machines.set_offers(
            change, "kiln", [{"audiences": ["fablab"], "components": rates[:1]}, {"components": rates[1:]}]
        )
    before = read(house, "/machines/kiln", "maker", "en")
    zoe = house.members["zoe"]

    answer = send(house.browser("fabmanager"), f"/members/{zoe}/audience", f"/members/{zoe}", audience="fablab")

    assert answer.headers["Location"] == f"/members/{zoe}?done=done.audience"
    mine = read(house, "/machines/kiln", "maker", "en").split('id="my-price"')[1].split("</ul>")[0]
    assert "€6.00 an hour" in mine
    assert "€12.00 an hour" in before.split('id="my-price"')[1].split("</ul>")[0]
    assert "Ce prix est plus riche que ce formulaire" in read(house, SETTINGS)
    assert "Prix\u00a0: fablab" in read(house, f"/members/{zoe}").replace("Prix : ", "Prix\u00a0: ")


def test_an_audience_that_is_no_word_is_refused_beside_its_field(house: House) -> None:
    """Letters, digits and dashes, as prices write it."""
    zoe = house.members["zoe"]
    answer = send(house.browser("fabmanager"), f"/members/{zoe}/audience", f"/members/{zoe}", audience="Pas Un Mot")

    assert answer.status_code == 422
    assert 'id="e-audience"' in answer.text
