"""A demonstration that is told to end while it starts a program: the program is noted first, so that it is stopped."""

import os
import signal
from collections.abc import Iterator

import pytest

from controller.demo.ending import ENDINGS, Ending


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    """Each story leaves the signals as they were."""
    before = {number: signal.getsignal(number) for number in ENDINGS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def start(ending: Ending, number: int, done: list[str]) -> None:
    """A program is started, somebody says that it is over, the program is noted."""
    with ending.unbroken():
        done.append("started")
        os.kill(os.getpid(), number)
        done.append("noted")


def wait(number: int, done: list[str]) -> None:
    """Somebody says that it is over while nothing is started."""
    os.kill(os.getpid(), number)
    done.append("went on")


@pytest.mark.parametrize("number", ENDINGS)
def test_a_word_in_the_middle_of_a_start_is_heard_when_the_program_is_noted(number: int) -> None:
    """Ctrl-C, SIGTERM or a closed terminal between the start and the note would leave the program behind."""
    ending, done = Ending(), list[str]()
    ending.listen()

    with pytest.raises(KeyboardInterrupt):
        start(ending, number, done)

    assert done == ["started", "noted"]


def test_a_word_at_any_other_time_is_heard_at_once() -> None:
    """Nobody waits for a start that takes long."""
    ending, done = Ending(), list[str]()
    ending.listen()

    with pytest.raises(KeyboardInterrupt):
        wait(signal.SIGTERM, done)

    assert done == []


def test_a_second_word_does_not_interrupt_the_stopping() -> None:
    """An impatient Ctrl-C must not keep what was started from being stopped."""
    ending, done = Ending(), list[str]()
    ending.listen()

    try:
        os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        os.kill(os.getpid(), signal.SIGINT)
        done.append("stopped")

    assert done == ["stopped"]
