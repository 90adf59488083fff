"""Blank cards get a key of their own: against the cards' own side of it, cut at every point, and over a reader."""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.cards import apdu
from firmware_bridge.cards.dialogue import prove
from firmware_bridge.cards.diversification import APPLICATION, key_of_card
from firmware_bridge.cards.enrolment import ENROL_EXCHANGES_MAX, KEY_SETTINGS, Desk, Enrolment, Outcome, enrol
from firmware_bridge.cards.keys import FACTORY_KEY, CardKeys
from firmware_bridge.cards.simulated import Desfire, MuteSmartCard, Ntag424, NumberCard
from firmware_bridge.pn532.simulator import SimulatedPn532

VECTORS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("vectors_cards.json").read_text())
UID = bytes.fromhex("04112233445566")
KEYS = CardKeys(bytes.fromhex("00112233445566778899AABBCCDDEEFF"))
OWN = key_of_card(KEYS, UID)
ANOTHERS = key_of_card(CardKeys(bytes.fromhex("FFEEDDCCBBAA99887766554433221100")), UID)

BLANK: dict[str, Callable[[], Ntag424 | Desfire]] = {
    "ntag424": lambda: Ntag424(UID, chance=Random(2).randbytes),
    "desfire_ev2": lambda: Desfire(UID, generation=2, blank=True, chance=Random(2).randbytes),
    "desfire_ev3": lambda: Desfire(UID, generation=3, blank=True, chance=Random(2).randbytes),
    "desfire_with_an_empty_application": lambda: Desfire(UID, chance=Random(2).randbytes),
}


class TakenAwayError(Exception):
    """The card left the field."""


def heard_out(dialogue: Enrolment, card: NumberCard, *, cut_at: int | None = None, deaf: bool = False) -> Outcome:
    """What comes of a dialogue; the card leaves at exchange `cut_at`, before it heard the command (`deaf`) or after."""
    exchange, said = 0, next(dialogue)
    while True:
        exchange += 1
        assert exchange <= ENROL_EXCHANGES_MAX
        answer = b"" if exchange == cut_at and deaf else card.answer(said) or b""
        if exchange == cut_at:
            card.field_lost()
            raise TakenAwayError
        try:
            said = dialogue.send(answer)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome


def enrolled(card: NumberCard, seed: int = 1, desk: Desk | None = None) -> Outcome:
    """What comes of putting a card to a desk's reader once more."""
    card.field_lost()
    return heard_out(enrol(UID, KEYS, Random(seed).randbytes, desk or Desk()), card)


@pytest.mark.parametrize("kind", BLANK)
def test_a_blank_card_gets_its_own_key_once(kind: str) -> None:
    """Afterwards the factory's key opens it no more, it proves itself, and a second time changes nothing."""
    card = BLANK[kind]()

    first = enrolled(card)
    key = card.key
    second = enrolled(card, 2)
    card.field_lost()
    proof = heard_out(prove(UID, KEYS, Random(3).randbytes), card)  # type: ignore[arg-type]

    assert (first, second, proof) == ("enrolled", "already", "cryptographic")
    assert key == card.key == OWN != FACTORY_KEY


def test_an_ntags_other_keys_are_its_own_too_and_each_another() -> None:
    """None is left the factory's, none is the key that proves, and no two cards share one."""
    card = Ntag424(UID)

    enrolled(card)

    assert card.others == {number: key_of_card(KEYS, UID, number) for number in (1, 2, 3, 4)}
    assert len({FACTORY_KEY, OWN, *card.others.values()}) == 6


def test_a_card_given_out_when_its_other_keys_were_left_gets_them_at_the_desk() -> None:
    """It is put there again, its key that proves stays, and a third time changes nothing."""
    card = Ntag424(UID, OWN)

    outcomes = [enrolled(card), enrolled(card)]

    assert (outcomes, card.key) == (["enrolled", "already"], OWN)
    assert FACTORY_KEY not in card.others.values()


def test_a_key_that_somebody_else_has_set_is_left_as_it_is() -> None:
    """Whoever set it holds key 0, which is ours alone from now on; the card proves itself all the same."""
    card = Ntag424(UID)
    card.others[3] = ANOTHERS

    outcome = enrolled(card)

    assert (outcome, card.others[3]) == ("enrolled", ANOTHERS)
    assert FACTORY_KEY not in card.others.values()


def test_a_card_that_forges_its_answer_to_a_change_is_not_called_enrolled() -> None:
    """Only the card itself can say that it has taken a key."""

    class Forging(Ntag424):
        def _change_key(self, identifier: bytes, encryption_key: bytes, mac_key: bytes, data: bytes) -> bytes:
            answer = super()._change_key(identifier, encryption_key, mac_key, data)
            return bytes(8) + answer[8:] if len(answer) > 2 else answer

    assert enrolled(Forging(UID)) == "unreadable"


@pytest.mark.parametrize("deaf", [False, True], ids=["answer lost", "command lost"])
@pytest.mark.parametrize("kind", BLANK)
def test_a_card_taken_away_at_any_point_goes_on_the_next_time(kind: str, *, deaf: bool) -> None:
    """Whatever was the last thing it heard, it has one key or the other, and in the end its own: enrolled, says the
    desk that began it, whichever it had.
    """
    cuts = 0
    for cut_at in range(1, ENROL_EXCHANGES_MAX):
        card, desk = BLANK[kind](), Desk()
        try:
            heard_out(enrol(UID, KEYS, Random(cut_at).randbytes, desk), card, cut_at=cut_at, deaf=deaf)
        except TakenAwayError:
            cuts += 1
            assert card.key in {FACTORY_KEY, OWN}
            assert enrolled(card, desk=desk) == "enrolled"
            assert card.key == OWN
            assert not isinstance(card, Ntag424) or FACTORY_KEY not in card.others.values()
            assert enrolled(card, desk=desk) == "already"

    assert cuts >= 6


@pytest.mark.parametrize(
    ("card", "outcome"),
    [
        (Ntag424(UID, ANOTHERS), "somebodys"),
        (Desfire(UID, ANOTHERS), "somebodys"),
        (Desfire(UID, blank=True, locked=True), "locked"),
        (Desfire(UID, blank=True, full=True), "full"),
        (Desfire(UID, generation=1, blank=True), "too_old"),
        (Desfire(UID, generation=1), "too_old"),
        (MuteSmartCard(UID), "number"),
    ],
)
def test_a_card_that_is_not_ours_to_give_is_left_as_it_was(card: NumberCard, outcome: Outcome) -> None:
    """Somebody's, locked, full, too old or without keys: it is named, and nothing of it has changed."""
    before = getattr(card, "key", None), getattr(card, "blank", None)

    assert enrolled(card) == outcome
    assert (getattr(card, "key", None), getattr(card, "blank", None)) == before


def test_an_application_is_made_in_the_published_form() -> None:
    """Command, number and settings in the order of a public trace of a card with one AES key; its version likewise."""
    said: list[bytes] = []

    class Listening(Desfire):
        def answer(self, apdu: bytes) -> bytes | None:
            said.append(apdu)
            return super().answer(apdu)

    enrolled(Listening(UID, blank=True))

    trace = bytes.fromhex(next(vector["hex"] for vector in VECTORS if vector["name"].startswith("CreateApplication")))
    version = bytes.fromhex(next(vector["hex"] for vector in VECTORS if vector["name"].startswith("GetVersion")))
    (made,) = [command for command in said if command[1] == trace[1]]
    assert made[:5] + made[8:] == trace[:5] + KEY_SETTINGS + trace[10:]
    assert (made[5:8], made[9]) == (APPLICATION, trace[9])
    assert Desfire(UID).answer(apdu.wrapped(0x60)) == version


@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([b"\x91\x00", b"\x90\x00"])), max_size=30))
def test_no_answer_of_a_card_breaks_an_enrolment_or_makes_it_one(answers: list[bytes]) -> None:
    """Any bytes, right in form or not: the talk ends within its limit, and no card is called enrolled by chance."""

    class Anything(NumberCard):
        def answer(self, apdu: bytes) -> bytes | None:
            return answers.pop(0) if answers else b"A" * 16 + b"\x91\xaf"

    assert heard_out(enrol(UID, KEYS, Random(1).randbytes, Desk()), Anything(UID)) not in {"enrolled", "already"}


@pytest.mark.pty
def test_card_after_card_is_enrolled_at_a_desk(tmp_path: Path) -> None:
    """The real command at a simulated reader: each card is named with what was done to it, and no number is refused."""
    key = tmp_path / "cards.key"
    key.write_bytes(KEYS.master)
    key.chmod(0o400)
    other = bytes.fromhex("04665544332211")
    cards: list[NumberCard] = [
        Ntag424(UID),
        Desfire(other, blank=True),
        Desfire(UID, ANOTHERS),
        NumberCard(other),
    ]
    with SimulatedPn532() as chip:
        command = [sys.executable, "-m", "controller", "reader", "enrol", chip.path, "--key-file", str(key)]
        environ = {"INDIVIS_LANG": "en", "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ, text=True) as desk:
            assert desk.stdout is not None
            lines = spoken_by(desk.stdout)
            heard = [lines.get(timeout=20) for _ in range(2)]
            for card in cards:
                chip.place_card(card)
                heard.append(lines.get(timeout=20))
                chip.take_card(card)
            desk.terminate()

    assert heard[1].startswith("ready PN532")
    assert [line.partition(" : ")[0] for line in heard[2:4]] == [UID.hex().upper(), other.hex().upper()]
    assert all("has a key of its own now" in line for line in heard[2:4])
    assert "somebody else's key, nothing was changed" in heard[4]
    assert "which anybody can copy: nothing was changed" in heard[5]
    assert [card.key for card in cards[:2] if isinstance(card, Ntag424 | Desfire)] == [OWN, key_of_card(KEYS, other)]


@pytest.mark.pty
def test_a_blank_card_is_typed_in_and_enrolled_without_hardware(tmp_path: Path) -> None:
    """Two terminals: cards fresh from the factory in one, the desk in the other; put there again, it has its key."""
    key = tmp_path / "cards.key"
    key.write_bytes(KEYS.master)
    key.chmod(0o400)
    command = [sys.executable, "-m", "controller", "reader"]
    environ = {"INDIVIS_LANG": "en", "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}
    reader_words = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([*command, "simulate", "--protocol", "pn532"], **reader_words) as reader:  # type: ignore[call-overload]
        path = reader.stdout.readline().strip()
        with subprocess.Popen(
            [*command, "enrol", path, "--key-file", str(key)], stdout=subprocess.PIPE, env=environ, text=True
        ) as desk:
            assert desk.stdout is not None
            lines = spoken_by(desk.stdout)
            begin = [lines.get(timeout=20) for _ in range(2)]
            told = []
            for typed in ("desfire 04112233445566", "ntag424 04665544332211", "desfire 04112233445566"):
                reader.stdin.write(f"{typed}\n")
                reader.stdin.flush()
                told.append(lines.get(timeout=20))
            desk.terminate()
        reader.stdin.close()

    assert begin[1].startswith("ready PN532")
    assert ["has a key of its own now" in line for line in told] == [True, True, False]
    assert "it had its key already" in told[2]


def spoken_by(stream: IO[str]) -> "queue.Queue[str]":
    """Its lines, as they come."""
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in stream:
            lines.put(line.strip())

    threading.Thread(target=read, daemon=True).start()
    return lines
