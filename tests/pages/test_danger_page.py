"""A dangerous machine is reported on its page by whoever is signed in."""

from controller.office.directory import machines
from tests.pages.house import House, send


def test_any_member_reports_a_dangerous_machine_and_only_a_keeper_lifts_the_lock(house: House) -> None:
    """At once and as an emergency, with or without words; reported twice, it is one lock."""
    maker = house.browser("maker")

    send(maker, "/machines/mill/danger", "/machines/mill", danger="fumée")
    send(maker, "/machines/mill/danger", "/machines/mill")

    with house.office.store.read() as tx:
        (lock,) = machines.machine_view(tx, "mill").locks
    refused = send(maker, f"/machines/mill/locks/{lock['id']}/lift", "/machines/mill")
    assert (lock["reason"], lock["emergency"], refused.status_code) == ("fumée", True, 403)
    assert "fumée" in maker.get("/machines/mill").text
