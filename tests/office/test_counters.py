"""A statement holds the machine's own counter against the uses on record, and names what nothing explains."""

from __future__ import annotations

import json

import pytest

from controller.domain.counters import Reading
from controller.domain.facts import CurrentUnexplained
from controller.domain.ids import MachineId
from controller.domain.sessions import SessionKind
from controller.office import money
from controller.office.accounts import Role, create_web_account
from controller.office.refusals import ConflictError, InvalidError
from controller.office.settlement import counters, statements
from tests.office.closing_kit import DAY, close
from tests.office.door import PASSWORD
from tests.office.workshop import NOON, Journal, Workshop


def read(shop: Workshop, at: int, seconds: int, energy_wh: int | None = None, *, replaced: bool = False) -> None:
    """Somebody reads the kiln's counter."""
    shop.now_ms = max(shop.now_ms, at)
    with shop.changing("keeper") as change:
        counters.write_reading(
            change, "kiln", Reading(read_at=at, seconds=seconds, energy_wh=energy_wh, replaced=replaced)
        )


def test_billed_free_and_unexplained_hours_are_the_counters(shop: Workshop) -> None:
    """Ten minutes billed, ten of a test, ten taken back, and half an hour that nobody badged for."""
    read(shop, NOON - DAY, 360_000, 7_000)
    journal = Journal(shop)
    journal.used(1)
    journal.opened(20)
    journal.ended(20, kind=SessionKind.TEST)
    journal.used(40)
    journal.add(CurrentUnexplained(machine=MachineId("kiln"), power_w=1_850, at=journal.stamp(5_000)))
    shop.told(journal)
    with shop.changing() as change:
        fabmanager = create_web_account(change, "amandine", PASSWORD, [Role.FABMANAGER, Role.MAKER])
    with shop.changing(fabmanager) as change:
        money.reverse(change, "lab", "session:s-40", "wrong machine")
    read(shop, NOON + 10 * DAY, 360_000 + 3_600, 7_900)

    closed = close(shop)
    said = statements.statement(closed, "owner-1")

    line = said["counters"][0]
    assert (line["counted_s"], line["counted_wh"], line["unexplained_s"], line["unexplained_wh"]) == (
        3_600,
        900,
        1_800,
        900,
    )
    assert [(each["what"], each["uses"], each["seconds"]) for each in line["explained"]] == [
        ("billed", 1, 600),
        ("reversed", 1, 600),
        ("test", 1, 600),
    ]
    assert [line[name]["day"] for name in ("opening", "closing")] == ["2027-01-14", "2027-01-25"]
    assert said["stray"] == [{"day": "2027-01-15", "machine": "kiln", "name": "Kiln", "power_w": 1_850}]
    assert said["corrections"] == [
        {
            "day": "2027-01-15", "machine": "kiln", "name": "Kiln", "what": "reversed", "seconds": 600,
            "reason": "wrong machine", "role": "fabmanager",
        }
    ]  # fmt: skip
    assert fabmanager not in json.dumps(closed.body)
    table = statements.as_csv(said).decode("utf-8-sig").splitlines()
    assert "compteur;inexpliqué, 900 Wh;;Kiln;;1800;" in table
    assert "courant sans utilisation;1850 W;2027-01-15;Kiln;;;" in table


def test_a_machine_whose_counter_nobody_reads_has_its_uses_told_all_the_same(shop: Workshop) -> None:
    """Nothing is called explained or unexplained without a counter."""
    journal = Journal(shop)
    journal.used(1)
    shop.told(journal)

    line = close(shop).body["counters"][0]

    assert (line["counted_s"], line["unexplained_s"], line["opening"]) == (None, None, None)
    assert line["explained"] == [{"what": "billed", "uses": 1, "seconds": 600, "energy_wh": 0}]


def test_a_reading_that_cannot_be_is_one_sentence(shop: Workshop) -> None:
    """Below the one before, above the next, to come, or of nothing."""
    read(shop, NOON, 1_000)
    read(shop, NOON + DAY, 2_000)

    for at, seconds in ((NOON + 2 * DAY, 1_999), (NOON + 1, 2_001), (NOON, 1_000)):
        with pytest.raises(ConflictError):
            read(shop, at, seconds)
    with shop.changing() as change, pytest.raises(InvalidError, match="à venir"):
        counters.write_reading(change, "kiln", Reading(read_at=shop.now_ms + 1, seconds=9_000))
    with shop.changing() as change, pytest.raises(InvalidError, match="compteur"):
        counters.write_reading(change, "kiln", Reading(read_at=shop.now_ms))
    read(shop, NOON + 3 * DAY, 0, replaced=True)
