"""The machines' totals: each fact counts once, over restarts, and no curve ever falls while the program runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from controller.domain import events as ev
from controller.domain.facts import Fact, SessionEnded, TapRefused
from controller.domain.ids import BranchId
from controller.domain.metering import Metered, Sample
from controller.domain.stamp import Stamp
from controller.domain.workshop import InUse, Workshop
from controller.exchange.fakes import MemoryJournal
from controller.exchange.public import total_messages
from controller.exchange.told_totals import ToldTotals
from controller.exchange.totals import BATCH_MAX, WRITE_MS, Counting, Totals
from tests.mqtt.workshop_kit import LASER, MINUTE_MS, PLACE, at, holder, in_use, step, tap, workshop


def card() -> MemoryJournal:
    """The journal of a controller that has just started for the first time."""
    journal = MemoryJournal(PLACE.controller)
    journal.open_branch(BranchId("b1"), Stamp.of(at(0)))
    return journal


def recorded(before: Workshop, event: ev.Event, boot_ms: int) -> Fact:
    """The one fact that a step writes."""
    (fact,) = [effect.fact for effect in step(before, event, at(boot_ms))[1] if isinstance(effect, ev.Record)]
    return fact


def ended(minutes: int, energy_wh: int | None = None) -> SessionEnded:
    """A use of so many minutes, ended by its maker's second tap."""
    fact = recorded(in_use(), tap(holder()), minutes * MINUTE_MS)
    assert isinstance(fact, SessionEnded)
    return replace(fact, energy_wh=energy_wh)


def refused() -> TapRefused:
    """A stranger's badge."""
    fact = recorded(workshop(), tap(None), 0)
    assert isinstance(fact, TapRefused)
    return fact


def bare(totals: Totals) -> list[bytes]:
    """What the public tree says of totals."""
    return [message.payload for message in total_messages(PLACE, LASER, totals)]


def test_uses_refusals_and_energy_are_counted_by_their_reasons() -> None:
    """What a dashboard draws; energy that no meter told is not zero but unknown."""
    journal, counting = card(), Counting()
    for fact in (ended(30), refused(), refused(), ended(60)):
        journal.append(fact)

    assert counting.look(journal) == {LASER}
    assert counting.of(LASER) == Totals(
        seconds=5_400, ended={"second_tap": 2}, refused={"unknown_badge": 2}, lasted={"1800": 1, "3600": 1}, last="b1-1"
    )
    assert bare(counting.of(LASER)) == [b"1.500", b"2"]

    journal.append(ended(1, energy_wh=1_250))
    counting.look(journal)
    assert bare(counting.of(LASER)) == [b"1.516", b"3", b"1.250"]


def test_each_fact_counts_once_over_restarts(tmp_path: Path) -> None:
    """What was counted is kept with how far it was counted; the rest is counted at the next start."""
    journal, path = card(), tmp_path / "totals.json"
    first = Counting(path)
    journal.append(ended(30))
    first.look(journal)
    first.write()
    journal.append(ended(30))
    first.look(journal)  # and the power goes before it is written

    later = Counting(path)
    later.look(journal)
    later.look(journal)

    assert later.of(LASER).sessions == 2


def test_a_backup_that_is_put_back_counts_nothing_twice_and_nothing_away(tmp_path: Path) -> None:
    """An older journal goes on from the totals that were shown, with what happens from this start on."""
    journal, path = card(), tmp_path / "totals.json"
    journal.append(ended(30))
    backup = journal.copy()
    journal.append(ended(30))
    first = Counting(path)
    first.look(journal)
    first.write()
    backup.open_branch(BranchId("b2"), Stamp.of(at(0)))
    backup.append(ended(60))

    later = Counting(path)
    later.look(backup)

    assert later.of(LASER).sessions == 3


def test_a_file_that_is_no_totals_is_counted_anew(tmp_path: Path) -> None:
    """A damaged file costs what is no longer in the journal, and never the start of the program."""
    journal, path = card(), tmp_path / "totals.json"
    journal.append(ended(30))
    for damaged in ("", "[]", '{"counted":[9,"x"],"machines":{"laser":{"seconds":-1}}}', '{"counted":[9,"x"],"mach'):
        path.write_text(damaged, "utf-8")
        counting = Counting(path)
        counting.look(journal)

        assert counting.of(LASER).sessions == 1


def test_a_long_journal_is_counted_in_batches() -> None:
    """A first start of this version reads weeks of facts without keeping anything else waiting."""
    journal, told = card(), ToldTotals(PLACE, None)
    for _ in range(BATCH_MAX + 10):
        journal.append(refused())

    told.count(journal, at(0))
    assert told.behind()
    told.count(journal, at(0))

    assert not told.behind()
    assert told.counting.of(LASER).refused == {"unknown_badge": BATCH_MAX + 10}
    assert told.count(journal, at(0)) == frozenset()


def test_a_use_is_in_the_curve_while_it_lasts_and_its_end_takes_nothing_back() -> None:
    """A day at the kiln is no jump at its end; between the end and its counting nothing falls."""
    journal, told = card(), ToldTotals(PLACE, None)
    use = in_use()
    machine = use.machines[LASER]
    assert isinstance(machine.situation, InUse)
    metered = replace(
        machine.situation,
        metered_first=Metered(sample=Sample(energy_mwh=0), at_ms=0),
        metered_last=Metered(sample=Sample(energy_mwh=700_000), at_ms=30 * MINUTE_MS),
    )
    use = replace(use, machines=MappingProxyType({LASER: replace(machine, situation=metered)}))

    during = told.messages(use, LASER, at(30 * MINUTE_MS))
    over = told.messages(workshop(), LASER, at(30 * MINUTE_MS))
    journal.append(ended(30, energy_wh=700))
    told.grown()
    told.count(journal, at(30 * MINUTE_MS))
    counted = told.messages(workshop(), LASER, at(30 * MINUTE_MS))

    assert [message.payload for message in during] == [b"0.500", b"0", b"0.700"]
    assert over == ()
    assert [message.payload for message in counted] == [b"1"]


def test_a_use_that_is_counted_before_its_end_is_seen_is_not_shown_twice() -> None:
    """The journal may be ahead of the step that is being told: the use that looks open there has been counted."""
    journal, told = card(), ToldTotals(PLACE, None)
    journal.append(ended(30))
    told.count(journal, at(0))

    shown = told.messages(in_use(), LASER, at(30 * MINUTE_MS))

    assert [message.payload for message in shown] == [b"0.500", b"1"]


def test_totals_are_kept_once_a_minute_and_told_again_when_the_broker_forgot(tmp_path: Path) -> None:
    """The card is spared; a broker that was started anew has them all again."""
    journal, told = card(), ToldTotals(PLACE, tmp_path / "totals.json")
    told.count(journal, at(WRITE_MS - 1))
    assert not (tmp_path / "totals.json").exists()
    told.grown()
    told.count(journal, at(WRITE_MS))
    assert (tmp_path / "totals.json").exists()

    assert len(told.messages(workshop(), LASER, at(0))) == 2
    assert told.messages(workshop(), LASER, at(0)) == ()
    told.forget_told()
    assert len(told.messages(workshop(), LASER, at(0))) == 2
