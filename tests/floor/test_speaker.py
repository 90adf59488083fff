"""Verdicts are said aloud by a program of their own, which no tap waits for and whose absence silences nothing else."""

from __future__ import annotations

import threading
from pathlib import Path

from controller.floor.adapters.speaker import SAID_MAX, Speaker
from tests.waiting import wait_until


def program(folder: Path, ends: int = 0) -> tuple[str, Path]:
    """A program that is called as espeak-ng is, and writes down what it would say."""
    heard, script = folder / "heard", folder / "speak"
    script.write_text(f'#!/bin/sh\nprintf "%s|" "$@" >>"{heard}"\ncat >>"{heard}"\necho >>"{heard}"\nexit {ends}\n')
    script.chmod(0o755)
    return str(script), heard


def test_sentences_are_said_one_after_the_other_in_their_language(tmp_path: Path) -> None:
    """The text is the program's input, so nothing in it is an option."""
    name, heard = program(tmp_path)
    speaker = Speaker(name)
    thread = threading.Thread(target=speaker.run, daemon=True)

    asked = [speaker.say("fr", "La machine est en marche."), speaker.say("en", "-w /tmp/x")]
    thread.start()
    wait_until(lambda: heard.exists() and heard.read_text().count("\n") == 2)
    speaker.stop()
    thread.join(20)

    assert asked == [True, True]
    assert heard.read_text() == "-v|fr|--stdin|La machine est en marche.\n-v|en|--stdin|-w /tmp/x\n"
    assert not thread.is_alive()


def test_more_than_a_few_sentences_are_not_kept(tmp_path: Path) -> None:
    """Whoever asks is told at once and waits for nothing."""
    speaker = Speaker(program(tmp_path)[0])

    assert [speaker.say("fr", "x") for _ in range(SAID_MAX + 1)] == [True] * SAID_MAX + [False]


def test_a_program_that_is_missing_or_fails_ends_nothing(tmp_path: Path) -> None:
    """It is tried again with the next sentence: somebody may have plugged the sound card in."""
    name, heard = program(tmp_path, ends=1)
    ended = []
    for speaker in (Speaker(name), Speaker(str(tmp_path / "absent"))):
        thread = threading.Thread(target=speaker.run, daemon=True)
        thread.start()
        for sentence in ("one", "two"):
            speaker.say("en", sentence)
        wait_until(lambda: heard.exists() and heard.read_text().count("\n") == 2)
        speaker.stop()
        thread.join(20)
        ended.append(not thread.is_alive())

    assert ended == [True, True]
    assert heard.read_text() == "-v|en|--stdin|one\n-v|en|--stdin|two\n"


def test_a_program_that_hangs_at_its_sound_card_is_ended_and_the_next_sentence_is_begun(tmp_path: Path) -> None:
    """Speech is late or missing; nothing piles up behind it."""
    begun, script = tmp_path / "begun", tmp_path / "hangs"
    script.write_text(f'#!/bin/sh\necho >>"{begun}"\nexec sleep 3600\n')
    script.chmod(0o755)
    speaker = Speaker(str(script), sentence_s_max=0.1)
    thread = threading.Thread(target=speaker.run, daemon=True)
    thread.start()

    for sentence in ("one", "two"):
        speaker.say("en", sentence)
    wait_until(lambda: begun.exists() and begun.read_text() == "\n\n")
    speaker.stop()
    thread.join(20)

    assert not thread.is_alive()
