"""A use from tap to end on lines that lose, damage, double and garble, both ways; chance comes from a seed."""

from random import Random

import pytest

from firmware_bridge.board import catalogue
from firmware_bridge.messages import (
    BadgePresented,
    BadgeRemoved,
    DeviceTrouble,
)
from tests.bridge.board_table import HOLD, OPEN, Table, only

BADGE, OTHER = "0A00123456", "1E009A4067"


def losing_lines(data: bytes, chance: Random) -> bytes:
    """One line in five never comes."""
    return b"".join(line for line in data.splitlines(keepends=True) if chance.random() >= 0.2)


def losing_bytes(data: bytes, chance: Random) -> bytes:
    """One line in five lacks a byte."""
    return b"".join(
        line if chance.random() >= 0.2 else line[: (place := chance.randrange(len(line)))] + line[place + 1 :]
        for line in data.splitlines(keepends=True)
    )


def doubling(data: bytes, _chance: Random) -> bytes:
    """Every line comes twice."""
    return b"".join(line * 2 for line in data.splitlines(keepends=True))


def noisy(data: bytes, chance: Random) -> bytes:
    """Garbage without an end comes between."""
    return chance.randbytes(chance.randint(0, 40)).replace(b"\n", b"") + data if data else data


HOSTILE = [losing_lines, losing_bytes, doubling, noisy]


def a_day(seed: int, wire_number: int) -> Table:
    """Greeting, a tap, a use with its renewals, its end, on a hostile line both ways."""
    table = Table(seed=seed)
    table.to_board = table.to_host = HOSTILE[wire_number]
    table.pass_ms(3_000)
    table.show_badge(BADGE, 600)
    table.pass_ms(2_000)
    table.ask(HOLD)
    for _ in range(5):
        table.pass_ms(2_000)
        table.ask(HOLD)
    table.ask(OPEN)
    table.pass_ms(2_000)
    return table


@pytest.mark.parametrize("wire_number", range(len(HOSTILE)), ids=lambda number: HOSTILE[number].__name__)
@pytest.mark.parametrize("seed", range(2))
def test_a_use_goes_its_way_on_a_hostile_line(seed: int, wire_number: int) -> None:
    """One tap, one closing, one opening, none of them twice, and nothing grows."""
    table = a_day(seed, wire_number)

    told = [type(message) for message in table.said if isinstance(message, BadgePresented | BadgeRemoved)]
    assert told == [BadgePresented, BadgeRemoved]
    assert [closed for _at, closed in table.panel.history("relay")] == [True, False]
    assert not only(DeviceTrouble, [*table.said])
    assert table.link.buffered < catalogue.LINE_MAX


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 400))
def test_a_use_is_never_longer_than_asked_on_any_hostile_line(seed: int) -> None:
    """Whatever the line does, the relay is open in the end, and a tap is told at most once."""
    for wire_number in range(len(HOSTILE)):
        table = a_day(seed, wire_number)

        assert not table.relay
        assert len(only(BadgePresented, [*table.said])) <= 1


def test_at_every_cut_of_the_line_the_relay_ends_open() -> None:
    """The cable breaks after any number of bytes of the hour's talk: the relay is open in the end."""
    whole: list[int] = []
    for cut_after in range(0, 400, 23):
        table = Table().greeted()
        budget = [cut_after]

        def until_then(data: bytes, _chance: Random, budget: list[int] = budget) -> bytes:
            taken = data[: budget[0]]
            budget[0] -= len(taken)
            return taken

        table.to_board = until_then
        table.ask(HOLD)
        table.pass_ms(600)
        whole.append(int(table.relay))
        table.pass_ms(5_000)

        assert not table.relay
    assert 0 < sum(whole) < len(whole)
