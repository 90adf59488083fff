"""What a fabmanager sets of a machine from its page: each form does its one thing or nothing at all."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from starlette.testclient import TestClient

from controller.domain.ids import MachineId
from controller.domain.tariff import Price
from controller.office.directory import machines, opening
from controller.office.directory.machines import MachineView
from controller.office.directory.opening import OpeningHours
from controller.office.directory.policies import Policy
from controller.office.web import pages_policy
from tests.pages.house import House, send

SETTINGS = "/machines/kiln/settings"


def _view(house: House, key: str = "kiln") -> MachineView:
    with house.office.store.read() as tx:
        return machines.machine_view(tx, key)


def _typed(browser: TestClient) -> dict[str, str]:
    """What stands in the form of the rules, as a browser would send it."""
    form = browser.get(SETTINGS).text.split('value="rules"')[1].split("</form>")[0]
    fields = dict(re.findall(r'<input id="[^"]+" name="([^"]+)"[^>]*?value="([^"]*)"', form))
    fields |= dict(re.findall(r'<select id="[^"]+" name="([^"]+)".*?<option value="([^"]+)" selected', form, re.DOTALL))
    ticked = re.findall(r'type="checkbox" name="([^"]+)" value="yes" checked', form)
    return {name: unescape(value) for name, value in fields.items()} | dict.fromkeys(ticked, "yes")


def _set(browser: TestClient, **changed: str) -> tuple[int, str]:
    answer = send(browser, SETTINGS, SETTINGS, part="rules", **{**_typed(browser), **changed})
    return answer.status_code, unescape(answer.text)


def test_every_rule_has_its_field() -> None:
    """A rule that no field shows could only be set by a program."""
    shown = [name for names in pages_policy.GROUPS.values() for name in names]

    assert sorted(shown) == sorted(Policy.__slots__)


@pytest.mark.parametrize(
    "policy",
    [
        Policy(),
        Policy(
            in_service="maintenance",
            free_of_charge=True,
            minimum_start_cents=1250,
            max_duration_s=5_415,
            stop_tap="confirm",
            end_policy="finish",
            without_clock="refuse",
            on_process_exit="hold",
            hold_max_gap_s=90,
            stale_rights_max_s=86_400,
            least_proof="cryptographic",
            finish_max_s=3_600,
            extend_s=1_800,
            extended_max_s=7_200,
            warn_at_s=(600, 90),
            stop_on_revoked=True,
            uses_at_once_max=2,
            on_the_spot="grant",
            running_above_w=150,
            running_below_w=60,
            idle_end_s=930,
            person_day_max_s=14_400,
            hand_over="yes",
            bookings="require",
            no_show_s=900,
            extractor="relay-8",
            cool_down_s=90,
            after_power_loss="acknowledge",
        ),
        Policy(free_of_charge=True, pulse_s=65),
    ],
    ids=["as made", "all different", "a door"],
)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_form_that_is_saved_unchanged_changes_nothing(house: House, policy: Policy, language: str) -> None:
    """What the page shows of a rule is what it reads again, to the second and to the cent."""
    with house.office.changing("tester") as change:
        machines.set_policy(change, "kiln", policy)

    status, _ = _set(house.browser("fabmanager", language))

    assert status == 303
    assert _view(house).policy == policy


def test_a_fabmanager_lengthens_a_use_and_the_floor_is_told(house: House) -> None:
    """The rule that was typed is the machine's, and only that one."""
    before = _view(house).policy

    status, _ = _set(house.browser("fabmanager"), max_duration_s="12 h", warn_at_s="15; 5", stop_on_revoked="yes")

    wanted = replace(before, max_duration_s=43_200, warn_at_s=(900, 300), stop_on_revoked=True)
    assert (status, _view(house).policy) == (303, wanted)


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("max_duration_s", "bientôt", "Cette durée ne se lit pas"),
        ("max_duration_s", "1,3 s", "Cette durée ne se lit pas"),
        ("max_duration_s", "99999 h", "Cette durée ne se lit pas"),
        ("max_duration_s", "9000 h", "Cette durée ne se lit pas"),
        ("warn_at_s", "10,5,1", "Ces durées ne se lisent pas"),
        ("minimum_start_cents", "-3", "Ce montant ne se lit pas"),
        ("uses_at_once_max", "²", "Ce nombre ne se lit pas"),
        ("end_policy", "explode", "Choisissez dans la liste"),
    ],
)
def test_a_slip_in_one_field_is_told_beside_it_and_stores_nothing(
    house: House, name: str, typed: str, said: str
) -> None:
    """The form comes back as it was typed; a rule beside it that was right is not half stored."""
    before = _view(house).policy

    status, text = _set(house.browser("fabmanager"), **{"extend_s": "77", name: typed})

    assert status == 422
    assert said in text.split(f'name="{name}"')[1].split("</div>")[0]
    assert 'value="77"' in text
    assert _view(house).policy == before


def test_rules_that_contradict_each_other_are_told_with_the_cure(house: House) -> None:
    """Each field can be read, the whole is no rule: it says which and why."""
    status, text = _set(house.browser("fabmanager"), end_policy="finish", finish_max_s="0")

    assert status == 422
    assert "jusqu'à quand" in text
    assert _view(house).policy.end_policy == "cut"


def test_a_price_is_typed_as_euros_an_hour(house: House) -> None:
    """Six euros fifty an hour are 65/6 cents a minute, exactly; the minimum stands beside it."""
    answer = send(house.browser("fabmanager"), "/machines/kiln/price", SETTINGS, per_hour="6,50", minimum="2")

    assert answer.headers["Location"] == "/machines/kiln?done=done.price"
    wanted = Price(machine=MachineId("kiln"), version=2, per_minute_num=65, per_minute_den=6, minimum_cents=200)
    assert _view(house).price == wanted


@pytest.mark.parametrize("typed", ["", "six", "-1", "1000000"])
def test_a_price_that_is_none_changes_nothing(house: House, typed: str) -> None:
    """A forgotten comma costs nobody anything."""
    answer = send(house.browser("fabmanager"), "/machines/kiln/price", SETTINGS, per_hour=typed)

    assert answer.status_code == 422
    assert 'id="e-per_hour"' in answer.text
    price = _view(house).price
    assert price is not None
    assert price.version == 1


def test_a_treasurer_sets_prices_and_no_rules(house: House) -> None:
    """The till's door is not the desk's: what the API allows a role, its page allows too."""
    browser = house.browser("treasurer")

    priced = send(browser, "/machines/kiln/price", "/", per_hour="3")
    ruled = send(browser, SETTINGS, "/", part="rules")

    assert (priced.status_code, ruled.status_code) == (303, 403)


def test_ticked_trainings_open_the_machine(house: House) -> None:
    """Each box is one training; what it opens elsewhere stays."""
    send(house.browser("fabmanager"), "/machines/kiln/trainings", SETTINGS, **{"training.laser-basics": "yes"})

    assert _view(house).trainings == ("laser-basics",)
    assert _view(house, "ceramic").trainings == ("ceramics",)
    assert _view(house, "laser").trainings == ("laser-basics",)


def test_a_new_machine_is_set_up_on_the_page_that_follows(house: House) -> None:
    """From its name to its settings, and to its wiring."""
    browser = house.browser("fabmanager")

    made = send(browser, "/machines/new", "/machines/new", id="saw", name="Scie à ruban", site="crest")
    placed = send(browser, "/machines/saw/placement", SETTINGS, controller="pi-1", channel="relay-9")

    assert made.headers["Location"] == "/machines/saw/settings?done=done.machine"
    assert placed.headers["Location"] == "/machines/saw?done=done.placed"
    assert (_view(house, "saw").controller, _view(house, "saw").channel) == ("pi-1", "relay-9")


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"id": "Scie !", "name": "Scie"}, "id"),
        ({"id": "kiln", "name": "Four"}, "id"),
        ({"id": "saw", "name": " "}, "name"),
    ],
)
def test_a_machine_that_cannot_be_made_says_why_beside_the_field(
    house: House, typed: dict[str, str], field: str
) -> None:
    """No id, one that is taken, no name."""
    answer = send(house.browser("fabmanager"), "/machines/new", "/machines/new", site="crest", **typed)

    assert answer.status_code in {409, 422}
    assert f'id="e-{field}"' in answer.text


def test_a_channel_that_another_machine_has_is_told(house: House) -> None:
    """Two machines on one relay would be one switch for two."""
    answer = send(
        house.browser("fabmanager"), "/machines/kiln/placement", SETTINGS, controller="pi-1", channel="relay-0"
    )

    assert answer.status_code == 409
    assert "laser" in answer.text.split('id="e-channel"')[1].split("</p>")[0]
    assert _view(house).channel == "relay-5"


HOURS = {f"day.{day}": "" for day in range(7)} | {"time_zone": "Europe/Paris", "holidays": "FR", "exceptions": ""}


def _hours(house: House) -> OpeningHours | None:
    with house.office.store.read() as tx:
        return opening.hours_of(tx, "crest")


def test_hours_are_typed_as_they_hang_on_the_door(house: House) -> None:
    """A week, a day that differs, public holidays; saved again unchanged they are the same."""
    browser = house.browser("fabmanager")
    typed = {**HOURS, "day.1": "9-12, 14:00-18h30", "exceptions": "2027-12-24 9:00-12:00\n2027-08-15"}

    saved = send(browser, "/hours/crest", "/hours/crest", **typed)

    wanted = OpeningHours(
        time_zone="Europe/Paris",
        week=((), (("09:00", "12:00"), ("14:00", "18:30")), (), (), (), (), ()),
        holidays="FR",
        exceptions={"2027-12-24": (("09:00", "12:00"),), "2027-08-15": ()},
    )
    assert saved.headers["Location"] == "/hours/crest?done=done.hours"
    assert _hours(house) == wanted
    shown = browser.get("/hours/crest").text
    assert 'value="09:00-12:00, 14:00-18:30"' in shown
    assert "2027-08-15\n2027-12-24 09:00-12:00</textarea>" in shown


@pytest.mark.parametrize(
    ("name", "typed", "field", "said"),
    [
        ("day.0", "morning", "day.0", "Ces heures ne se lisent pas"),
        ("exceptions", "2027-12-24\nNoël", "exceptions", "La ligne 2 ne se lit pas"),
        ("day.0", "18-9", "hours", "après son début"),
        ("exceptions", "2027-02-30", "hours", "n'est pas une date"),
        ("holidays", "Nowhere", "hours", "jours fériés"),
        ("time_zone", "Mars", "hours", "fuseau horaire"),
    ],
)
def test_hours_that_are_none_are_told_and_nothing_is_stored(
    house: House, name: str, typed: str, field: str, said: str
) -> None:
    """The line that is wrong is named; what was typed is still there."""
    answer = send(house.browser("fabmanager"), "/hours/crest", "/hours/crest", **{**HOURS, "day.2": "8-9", name: typed})

    assert answer.status_code == 422
    assert said in unescape(answer.text.split(f'id="e-{field}"')[1].split("</p>")[0])
    assert 'value="8-9"' in answer.text
    assert _hours(house) is None


def test_an_empty_form_does_not_close_the_place_for_good(house: House) -> None:
    """Whoever presses the button before typing is told, and people come in as before."""
    answer = send(house.browser("fabmanager"), "/hours/crest", "/hours/crest", **HOURS)

    assert answer.status_code == 422
    assert "Tous les jours sont vides" in answer.text
    assert _hours(house) is None


def test_a_place_is_open_at_any_hour_again(house: House) -> None:
    """One button takes the hours away."""
    browser = house.browser("fabmanager")
    send(browser, "/hours/crest", "/hours/crest", **{**HOURS, "day.2": "8-9"})
    assert _hours(house) is not None

    send(browser, "/hours/crest", "/hours/crest", always="yes")

    assert _hours(house) is None
    assert browser.get("/hours").headers["Location"] == "/hours/crest"
