"""The office's figures: from its database, the same after a restart, and of nobody."""

from __future__ import annotations

from controller.office.office_metrics import OfficeMetrics
from controller.office.store import OfficeStore
from tests.exposition import complaints, exposed, samples
from tests.office.workshop import NOON, Journal, Workshop


def test_what_the_office_counted_is_there_and_stays(shop: Workshop) -> None:
    """Uses by machine, what waits in the tray and which alarms are open; another start says the same."""
    journal = Journal(shop)
    journal.used(seconds=600)
    shop.told(journal)
    journal.used(2, machine="nowhere")
    shop.told(journal)
    with shop.store.changing("system", NOON) as change:
        change.alarm("forked", "pi-1", {})

    text = exposed(OfficeMetrics(shop.store, "1.2.3"))
    said = samples(text)

    assert said["indivis_office_uses_total{machine=kiln}"] == 1
    assert said["indivis_office_powered_seconds_total{machine=kiln}"] == 600
    assert said["indivis_office_tray_facts"] == 1
    assert said["indivis_office_alarms{kind=forked}"] == 1
    assert complaints(text) == ""
    again = OfficeStore(shop.folder / "office.db")
    assert samples(exposed(OfficeMetrics(again, "1.2.3"))) == said
    again.close()


def test_no_member_and_no_account_is_in_the_figures(shop: Workshop) -> None:
    """Whoever used the kiln, the figures know the kiln alone."""
    journal = Journal(shop)
    journal.used(seconds=600)
    shop.told(journal)

    text = exposed(OfficeMetrics(shop.store, "1.2.3"))

    assert shop.member not in text
    assert shop.account not in text
