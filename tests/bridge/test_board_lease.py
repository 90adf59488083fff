"""The board's relay is a lease: host and board, both programs whole, with time moved by hand."""

from firmware_bridge.board import catalogue
from firmware_bridge.board.frames import crc16
from firmware_bridge.messages import (
    InputChanged,
    RelayReported,
)
from tests.bridge.board_table import HOLD, OPEN, Table, cut, held, only

BADGE, OTHER = "0A00123456", "1E009A4067"


def test_the_relay_stays_closed_while_the_program_goes_on_saying_so() -> None:
    """A minute of work, said again every four seconds: not one opening."""
    table = held(Table())

    for _ in range(15):
        table.pass_ms(4_000)
        table.ask(HOLD)

    assert table.relay
    assert [closed for _at, closed in table.panel.history("relay")] == [True]


def test_a_host_that_falls_silent_loses_the_relay_within_the_lease() -> None:
    """The board opens its relay by its own clock, two seconds after the last renewal it heard, whatever else."""
    table = held(Table())
    table.to_board = cut
    before_ms = table.now_ms

    table.pass_ms(1_400)
    still = table.relay
    table.pass_ms(700)

    assert still
    assert not table.relay
    assert before_ms < table.opened_at_ms() <= before_ms + catalogue.LEASE_MAX_MS


def test_a_program_that_hangs_loses_the_relay_though_the_bridge_lives() -> None:
    """The bridge renews only as long as the program's own word holds."""
    table = held(Table())
    asked_ms = table.now_ms - 50

    table.pass_ms(6_000)

    assert table.opened_at_ms() <= asked_ms + HOLD.lease_ms + 20
    assert only(RelayReported, [*table.said])[-1].on is False
    assert table.link.rejects == {}


def test_no_lease_is_longer_than_the_boards_own_limit() -> None:
    """A host that asks for more is refused by the board, and its relay stays open."""
    table = Table().greeted()
    body = b'{"n":900,"t":"relay","on":true,"lease_ms":60000,"use":9}'

    table.line.incoming += body + b"*%04X\n" % crc16(body)
    table.pass_ms(50)

    assert not table.relay
    assert table.link.rejects == {"refused": 1}


def test_the_program_opens_the_relay_at_once() -> None:
    """Off is told at once, reported as read, and no renewal follows it."""
    table = held(Table())

    table.ask(OPEN)
    said = table.pass_ms(50)
    later = table.pass_ms(5_000)

    assert only(RelayReported, [*said]) == [RelayReported(on=False, at_ms=said[-1].at_ms)]
    assert only(RelayReported, [*later]) == []
    assert not table.relay


def test_an_old_closing_cannot_come_after_a_newer_opening() -> None:
    """A closing that was delayed on the way is not done after the opening that overtook it."""
    table = held(Table())
    delayed = table.link.to_send()
    table.ask(HOLD)
    table.pass_ms(600)
    table.link.receive(b"", table.now_ms + 500)
    delayed += table.link.to_send()
    table.ask(OPEN)
    table.pass_ms(50)

    table.line.incoming += delayed
    table.pass_ms(50)

    assert b'"on":true' in delayed
    assert not table.relay


def test_the_emergency_stop_opens_the_relay_without_asking_the_host() -> None:
    """With the cable cut both ways the board opens in the same turn of its loop."""
    table = held(Table())
    table.to_board = table.to_host = cut

    table.panel.order("e_stop 1")
    table.step()

    assert not table.relay


def test_a_released_emergency_stop_closes_nothing() -> None:
    """Neither the release nor the renewals on their way; only a new word of the program, which was told."""
    table = held(Table())
    table.panel.order("e_stop 1")
    table.panel.order("e_stop 0")

    said = table.pass_ms(3_000)
    closed_by_itself = table.relay
    table.ask(HOLD)
    table.pass_ms(50)

    assert [message.active for message in only(InputChanged, [*said]) if message.name == "e_stop"] == [True, False]
    assert only(RelayReported, [*said]) == [RelayReported(on=False, at_ms=said[0].at_ms)]
    assert not closed_by_itself
    assert table.relay


def test_nothing_closes_while_the_emergency_stop_is_pressed() -> None:
    """The board refuses, and the program is told that its relay is open."""
    table = Table().greeted()
    table.panel.order("e_stop 1")
    table.pass_ms(50)
    table.said.clear()

    table.ask(HOLD)
    said = table.pass_ms(100)

    assert not table.relay
    assert [message.on for message in only(RelayReported, [*said])] == [False]


def test_the_guard_is_told_and_opens_nothing_by_itself() -> None:
    """What an open guard means is the machine's affair, wired; the board only watches it."""
    table = held(Table())

    table.panel.order("guard 1")
    said = table.pass_ms(100)

    assert [(message.name, message.active) for message in only(InputChanged, [*said])] == [("guard", True)]
    assert table.relay
