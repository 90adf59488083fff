"""What goes down from the office: the directory whole or by changes, and stops that name their session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from controller.domain.directory import BalanceEntry
from controller.domain.ids import AccountId
from controller.exchange.messages import Answer
from controller.exchange.wire import RUN_BYTES_MAX, chunk_of, entries_of
from controller.office.commands import FloorCommand, ask_stop
from controller.office.directory import machines
from controller.office.directory.entries import put
from controller.office.directory.places import controllers
from controller.office.directory.tables import command
from controller.office.downlink import COMMAND_TTL_MS
from controller.office.downlink_store import ControllerStore
from controller.office.snapshots import Snapshots
from tests.office.downlink_kit import PI, Desk, Floor, hello, sender, told
from tests.office.workshop import Journal, Workshop


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """The office of the fictional workshop."""
    desk = Desk(Workshop.founded(tmp_path))
    yield desk
    desk.closes()


def test_a_new_controller_gets_the_whole_directory(desk: Desk) -> None:
    """A card that was never here pulls a snapshot and then holds exactly the office's living entries."""
    floor = Floor(desk)

    floor.connects()

    assert ("machine", "kiln") in floor.replica.rows
    assert floor.replica.rows["balance", desk.shop.account] == desk.shop.entry("balance", desk.shop.account)
    with desk.shop.store.read() as tx:
        assert controllers(tx)[0]["applied_revision"] == floor.replica.revision()


def test_a_large_directory_comes_down_in_canonical_chunks(desk: Desk) -> None:
    """Every chunk is the canonical form of its entries, within the limit of a message, and together they are all."""
    entries = [
        BalanceEntry(account=AccountId(f"a{number}"), balance_cents=number, floor_cents=0, holds=())
        for number in range(1_500)
    ]
    with desk.shop.changing() as change:
        put(change.tx, entries)
    snapshots = Snapshots(desk.shop.store, desk.shop.folder)
    view = ControllerStore(desk.shop.store, PI, snapshots, lambda: desk.shop.now_ms)

    offer = view.snapshot_offer()
    chunks = [view.snapshot_chunk(offer.revision, number) or "" for number in range(offer.chunks)]

    assert len(chunks) > 1
    assert max(map(len, chunks)) <= RUN_BYTES_MAX + len("[]")
    assert [chunk_of(entries_of(chunk)) for chunk in chunks] == chunks
    assert sum(len(entries_of(chunk)) for chunk in chunks) == offer.total == 1_500 + 7
    assert view.snapshot_chunk(offer.revision, offer.chunks) is None
    snapshots.close()


def test_what_a_person_changes_reaches_the_controller_unasked(desk: Desk) -> None:
    """A lock set on the page goes down in the office's next turn, and the page learns that it has arrived."""
    floor = Floor(desk)
    floor.connects()
    with desk.office.changing("tester") as change:
        lock = machines.set_lock(change, "kiln", "porte ouverte")

    floor.talks()

    assert floor.replica.rows["lock", lock]["machine"] == "kiln"
    with desk.shop.store.read() as tx:
        assert controllers(tx)[0]["applied_revision"] == floor.replica.revision()


def test_the_vector_names_what_the_figures_contain(desk: Desk) -> None:
    """After a use was read, the balance that comes down and the number up to which it counts arrive together."""
    floor = Floor(desk)
    floor.connects()
    journal = Journal(desk.shop)
    journal.used(seconds=600)
    for sealed in journal.facts[1:]:
        floor.journal.append_raw(sealed.kind, sealed.schema, sealed.body or {})

    floor.perform(floor.side.fact_committed(floor.at_ms))
    floor.talks()

    assert floor.replica.rows["balance", desk.shop.account]["balance_cents"] == 4_400
    assert [(each.branch, each.n) for each in floor.replica.vector] == [("b1", 3)]


def opened(desk: Desk) -> tuple[Journal, FloorCommand]:
    """A use under way that a person wants stopped; the stop is written down and not handed over yet."""
    journal = Journal(desk.shop)
    journal.opened()
    desk.hears(hello(journal), told(journal))
    desk.turn()
    with desk.office.changing("tester") as change:
        return journal, ask_stop(change, "s-1")


def test_a_stop_goes_to_the_boot_that_runs_the_use(desk: Desk) -> None:
    """A command names its session and dies by the boot clock of the process that was heard last."""
    _, asked = opened(desk)

    desk.office.send_command(asked)
    desk.turn()

    [sent] = desk.commands()
    assert (sent.id, sent.kind, sent.session, sent.boot_id) == (asked.id, "stop", "s-1", "boot-1")
    assert sent.expires_boot_ms == 1_000 + COMMAND_TTL_MS


def test_a_stop_that_a_kill_kept_from_being_sent_is_sent_by_the_next_process(desk: Desk) -> None:
    """The database remembers what was asked; it is sent when the controller is heard again, within its time."""
    journal, _ = opened(desk)
    desk.is_killed_and_starts_again()
    desk.turn()
    silent = desk.commands()

    desk.hears(hello(journal))
    desk.turn()

    assert silent == []
    assert [sent.session for sent in desk.commands()] == ["s-1"]


def test_a_stop_that_nobody_could_hear_is_said_to_have_expired(desk: Desk) -> None:
    """A command whose time is over is never sent, and the page is told."""
    journal, asked = opened(desk)
    desk.is_killed_and_starts_again()
    desk.office.send_command(asked)
    desk.shop.now_ms += COMMAND_TTL_MS

    desk.turn()
    desk.hears(hello(journal))
    desk.turn()

    with desk.shop.store.read() as tx:
        assert set(tx.execute(select(command.c.outcome)).scalars()) == {"expired"}
    assert desk.commands() == []


def test_the_answer_to_a_command_is_written_down(desk: Desk) -> None:
    """What became of a stop is kept; the first answer holds."""
    journal, asked = opened(desk)

    for outcome in ("done", "expired"):
        desk.hears(Answer(sender=sender(journal), command=asked.id, outcome=outcome))

    with desk.shop.store.read() as tx:
        assert tx.execute(select(command.c.outcome)).scalar_one() == "done"
