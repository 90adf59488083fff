"""A board's relay as a machine's switch: the whole program, the board's own program, a real pseudo-terminal between."""

import signal
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from firmware_bridge.board.simulator import SimulatedBoard
from tests.floor.test_daemon import BADGE, DEADLINE_S, Place
from tests.waiting import wait_until

pytestmark = pytest.mark.pty

PAUSE_S = 1.0
STRANGER = "1E009A4067"
AMBER, GREEN = [255, 96, 0], [0, 255, 0]


class BoardPlace(Place):
    """A laser whose reader, contacts and relay are one board's."""

    def write(self, *, reader: str, policy: str = "off", more: str = "") -> None:
        super().write(reader=reader, policy=policy, more=more)
        text = self.settings.read_text()
        pin = text[text.index("pin = ") : text.index("[[reader]]")]
        text = text.replace(pin, 'switch = "board:laser-reader"\n\n')
        self.settings.write_text(text.replace('channel = "laser"', 'channel = "laser"\nprotocol = "board"'))

    def ends(self) -> list[object]:
        """Why uses ended, oldest first."""
        return [fact["reason"] for fact in self.facts("session_ended")]


class Bench:
    """A board, and hands on it and on the program."""

    def __init__(self, place: BoardPlace, board: SimulatedBoard) -> None:
        self.place, self.board = place, board
        self._tapped_s = 0.0

    def taps(self, number: str = BADGE) -> None:
        """A badge is put to the board and taken away; a hand that taps without a pause shows one badge that stays."""
        if monotonic() - self._tapped_s > PAUSE_S:
            self._tapped_s = monotonic()
            self.board.place(number)
            self.board.take_away()

    def starts(self) -> None:
        """A use with power that the program has read back; a tap too early is refused and made again."""
        before = self.closings()

        def powered() -> bool:
            if not self.board.relay:
                self.taps()
            return self.closings() > before

        wait_until(powered, DEADLINE_S, "power")

    def closings(self) -> int:
        """How often the program has read the relay closed."""
        return self.place.log.read_bytes().count(b"switch closed")

    def opens(self) -> None:
        """Wait until the board has opened its relay."""
        wait_until(lambda: not self.board.relay, DEADLINE_S, "the relay to open")

    def ended(self, *reasons: str) -> None:
        """Wait until so many uses have ended, and compare why."""
        wait_until(lambda: len(self.place.ends()) >= len(reasons), DEADLINE_S, "the end")
        assert self.place.ends() == list(reasons)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A board that is plugged in, and a program that is not started."""
    place = BoardPlace(tmp_path)
    with SimulatedBoard(tmp_path / "reader") as board:
        yield Bench(place, board)


def test_a_use_outlasts_its_leases_and_ends_with_a_clean_stop(bench: Bench) -> None:
    """Strangers are refused for four seconds of the board's clock, longer than any lease; the relay stays closed."""
    with bench.place.runs() as program:
        bench.starts()
        wait_until(lambda: lights(bench.board)[-1] == GREEN, DEADLINE_S, "the green light")
        wait_until(lambda: refused_for_long(bench), DEADLINE_S, "strangers to be refused for long enough")
        closings = [closed for _at, closed in bench.board.panel.history("relay")]
        program.send_signal(signal.SIGTERM)
        code = program.wait(DEADLINE_S)
        bench.opens()

    assert (closings, code, bench.place.ends()) == ([True], 0, ["shutdown"])
    assert bench.place.facts("fault_raised") == []


def test_the_owner_ends_the_use_and_the_relay_opens(bench: Bench) -> None:
    """The read-back comes later and confirms it; the machine is free again."""
    with bench.place.runs():
        bench.starts()
        wait_until(lambda: tapped_off(bench), DEADLINE_S, "the relay to open")
        bench.ended("second_tap")
        bench.starts()

    assert bench.place.facts("fault_raised") == []


def test_a_killed_program_loses_the_relay_and_the_next_start_finds_it_open(bench: Bench) -> None:
    """Rule 3: the lease runs out by the board's own clock; the use is closed at its last proof."""
    with bench.place.runs():
        bench.starts()
    bench.opens()

    with bench.place.runs():
        bench.ended("recovered_crash")
        bench.starts()

    assert bench.place.facts("fault_raised") == []


def test_a_stopped_program_loses_the_relay_and_closes_nothing_when_it_goes_on(bench: Bench) -> None:
    """SIGSTOP: nobody is in charge, so the board opens; woken, the program hears of it and ends the use."""
    with bench.place.runs() as program:
        bench.starts()
        program.send_signal(signal.SIGSTOP)
        bench.opens()
        program.send_signal(signal.SIGCONT)
        bench.ended("switch_lost")

        assert [closed for _at, closed in bench.board.panel.history("relay")] == [True, False]
        bench.starts()

    assert bench.place.facts("fault_raised") == []


def test_a_pulled_cable_ends_the_use_and_a_plugged_one_begins_nothing(bench: Bench) -> None:
    """No fault that a person must lift; the next tap works."""
    with bench.place.runs():
        bench.starts()
        bench.board.unplug()
        bench.ended("switch_lost")
        bench.opens()
        bench.board.replug()
        bench.starts()

    assert bench.place.facts("fault_raised") == []
    assert [closed for _at, closed in bench.board.panel.history("relay")] == [True, False, True]


def test_a_board_that_restarts_ends_the_use(bench: Bench) -> None:
    """Its relay is open, and stays so until somebody taps."""
    with bench.place.runs():
        bench.starts()
        bench.board.restart()
        bench.ended("switch_lost")
        bench.starts()

    assert bench.place.facts("fault_raised") == []


def test_the_emergency_stop_ends_the_use_with_its_own_reason(bench: Bench) -> None:
    """The board opens by itself, and why is known before that it did; the release begins nothing."""
    with bench.place.runs():
        bench.starts()
        bench.board.e_stop(pressed=True)
        bench.ended("emergency_stop")
        wait_until(lambda: refused_for(bench, "emergency_stop_pressed"), DEADLINE_S, "the refusal")
        bench.board.e_stop(pressed=False)
        still_off = bench.board.relay
        bench.starts()

    assert not still_off
    assert bench.place.facts("fault_raised") == []


def test_an_open_guard_is_known_again_after_a_pulled_cable(bench: Bench) -> None:
    """The board says where everything stands each time it is found."""
    with bench.place.runs():
        bench.starts()
        bench.board.unplug()
        bench.ended("switch_lost")
        bench.board.guard(opened=True)
        bench.board.replug()
        wait_until(lambda: refused_for(bench, "guard_open"), DEADLINE_S, "the refusal")


def tapped_off(bench: Bench) -> bool:
    """Tap once more if the relay is still closed; an early second tap is taken for a bounce."""
    if bench.board.relay:
        bench.taps()
    return not bench.board.relay


def refused_for_long(bench: Bench) -> bool:
    """Let a stranger tap, and say whether the amber lights lie longer apart than any lease by now."""
    bench.taps(STRANGER)
    seen_ms = [at_ms for at_ms, parts in bench.board.panel.history("light") if parts == AMBER]
    return bool(seen_ms) and seen_ms[-1] - seen_ms[0] >= 4_000


def refused_for(bench: Bench, reason: str) -> bool:
    """Tap, and say whether somebody was refused for this reason by now."""
    bench.taps()
    return any(fact["reason"] == reason for fact in bench.place.facts("tap_refused"))


def lights(board: SimulatedBoard) -> list[object]:
    """What the board's light has shown, oldest first."""
    return [parts for _at, parts in board.panel.history("light")]
