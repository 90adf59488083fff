"""The board's parts, each alone: lease, contacts, badges, light, sound, display and current."""

import itertools
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.board.micropython import settings
from firmware_bridge.board.micropython.current import RootMeanSquare
from firmware_bridge.board.micropython.debounce import Debounce
from firmware_bridge.board.micropython.display import Display, plain
from firmware_bridge.board.micropython.em4100 import Em4100
from firmware_bridge.board.micropython.lease import Lease
from firmware_bridge.board.micropython.pn532 import ANSWER_MS, POLL_MS, Pn532, command
from firmware_bridge.board.micropython.shows import COLOURS, RHYTHMS, Light, Sound, lit
from firmware_bridge.em4100.frames import encode

BADGE, OTHER = "0A00123456", "1E009A4067"
ACK = bytes.fromhex("0000FF00FF00")
SAM, RETRIES = bytes.fromhex("0000FF02FED5151600"), bytes.fromhex("0000FF02FED533F800")
NO_CARD = bytes.fromhex("0000FF03FDD54B00E000")
CLASSIC = bytes.fromhex("0000FF0CF4D54B010100040804FB0EE20BD800")
ULTRALIGHT = bytes.fromhex("0000FF0FF1D54B01010044000704416D412B0289EA00")


def test_a_lease_ends_at_its_instant() -> None:
    """Not a millisecond later, and a renewal afterwards is refused."""
    lease = Lease()
    done = lease.hold(1, 500, 1_000, e_stop=False)

    lease.expire(1_499)
    before = lease.on
    lease.expire(1_500)

    assert (done, before, lease.on, lease.why) == ("", True, False, "lease")
    assert lease.hold(1, 500, 1_501, e_stop=False) == "dropped"
    assert lease.hold(2, 500, 1_501, e_stop=False) == ""


@given(st.lists(st.tuples(st.sampled_from(["hold", "end", "stop", "pass"]), st.integers(0, 5)), max_size=30))
def test_the_relay_is_never_closed_without_a_lease_that_runs(history: list[tuple[str, int]]) -> None:
    """Whatever comes in whatever order: closed means that a lease was given at most its length ago."""
    lease, now_ms, given_ms = Lease(), 0, None
    for what, number in history:
        if what == "hold" and not lease.hold(number, 300, now_ms, e_stop=False):
            given_ms = now_ms
        elif what == "end":
            lease.end_use(number)
        elif what == "stop":
            lease.drop("e_stop")
        elif what == "pass":
            now_ms += number * 100
        lease.expire(now_ms)

        assert not lease.on or (given_ms is not None and now_ms - given_ms < 300)
        assert lease.on is (lease.left_ms(now_ms) > 0)


def test_a_contact_that_chatters_counts_once_it_stands() -> None:
    """An emergency stop counts from its first reading; its release must stand."""
    stop = Debounce(0, 50)

    changes = [at_ms for at_ms in range(0, 200, 10) if stop.read(level=at_ms < 20 or at_ms in {40, 60}, now_ms=at_ms)]

    assert changes == [0, 120]


def test_an_rdm6300_badge_counts_when_it_comes_twice() -> None:
    """That module invents numbers with a right checksum; two equal frames are a badge, and its silence its end."""
    reader = Em4100("rdm6300")
    frame = encode(BADGE, "rdm6300")

    once = reader.receive(frame, 0)
    other = reader.receive(encode(OTHER, "rdm6300"), 50)
    twice = reader.receive(frame, 100) + reader.receive(frame, 165)
    still = reader.presence.expire(464)
    ended = reader.presence.expire(465)

    assert (once, other, twice) == ([], [], [("badge", BADGE)])
    assert (still, ended) == (0, 1)


def test_an_id12_badge_counts_at_once_and_its_end_is_not_seen() -> None:
    """It says each badge once."""
    reader = Em4100("id12")

    read = reader.receive(encode(BADGE, "id12"), 0)

    assert (read, reader.presence.tap) == ([("badge", BADGE)], 0)


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_noise_on_the_readers_line_reads_as_nothing(chunks: list[bytes]) -> None:
    """Neither reader raises, and the badge after the noise is read."""
    em4100, pn532 = Em4100("id12"), Pn532()
    for now_ms, chunk in enumerate(chunks):
        em4100.receive(chunk, now_ms)
        pn532.to_send(now_ms)
        pn532.receive(chunk, now_ms)

    assert em4100.receive(encode(BADGE, "id12"), 10_000) == [("badge", BADGE)]


def asked(reader: Pn532, now_ms: int, answer: bytes) -> list[tuple[str, str]]:
    """Let the reader ask, and answer it."""
    assert reader.to_send(now_ms)
    return reader.receive(ACK + answer, now_ms)


def woken() -> Pn532:
    """A PN532 that has answered its setting up."""
    reader = Pn532()
    asked(reader, 0, SAM)
    asked(reader, 0, RETRIES)
    return reader


def test_a_pn532_is_woken_set_up_and_asked() -> None:
    """The published exchanges, byte for byte."""
    reader = Pn532()
    sent = [reader.to_send(0)]
    reader.receive(ACK, 1)
    reader.receive(SAM, 2)
    sent.append(reader.to_send(2))
    reader.receive(ACK + RETRIES, 3)
    sent.append(reader.to_send(3))

    assert sent[0].endswith(command(b"\x14\x01\x00"))
    assert sent[0].startswith(b"\x55\x55\x00")
    assert sent[1].hex().upper() == "0000FF06FAD43205FF0101F400"
    assert sent[2].hex().upper() == "0000FF04FCD44A0100E100"


@pytest.mark.parametrize(("card", "number"), [(CLASSIC, "FB0EE20B"), (ULTRALIGHT, "04416D412B0289")])
def test_a_card_is_read_once_while_it_lies_there(card: bytes, number: str) -> None:
    """Polled ten times a second, told once; gone after three polls without it."""
    reader = woken()

    found = [message for poll in range(5) for message in asked(reader, poll * POLL_MS, card)]
    for poll in range(5, 9):
        asked(reader, poll * POLL_MS, NO_CARD)

    assert found == [("badge", number)]
    assert reader.presence.expire(8 * POLL_MS) == 1


def test_a_number_drawn_anew_at_each_tap_is_nobodys() -> None:
    """A phone's number opens with 08: it is said to be unusable once, though it is another one at each poll."""
    reader = woken()
    uids = (bytes((8, 1, 2, poll)) for poll in range(3))
    found = []
    for poll, uid in enumerate(uids):
        body = bytes.fromhex("D54B010100040804") + uid
        frame = b"\x00\x00\xff" + bytes((len(body), -len(body) & 0xFF)) + body + bytes((-sum(body) & 0xFF, 0))
        found += asked(reader, poll * POLL_MS, frame)

    assert found == [("unusable", "random_number")]


def test_a_pn532_that_does_not_answer_is_woken_again() -> None:
    """From whatever state: after a second without the awaited answer it begins anew."""
    reader = woken()
    reader.to_send(0)
    reader.receive(CLASSIC[:9], 10)

    before = reader.to_send(ANSWER_MS - 1)
    after = reader.to_send(ANSWER_MS)

    assert (before, after[:3]) == (b"", b"\x55\x55\x00")


def test_light_and_sound_follow_the_clock() -> None:
    """A fast light goes on and off twice a second; a pattern plays its tones and ends."""
    light, sound = Light(), Sound()
    light.show("blue", "fast", 0, 0)
    sound.play("warn", 0)

    assert [light.at(at_ms)[2] for at_ms in (0, 249, 250, 499, 500)] == [255, 255, 0, 0, 255]
    assert [sound.at(at_ms) for at_ms in (0, 149, 150, 300, 449, 450)] == [1200, 1200, 0, 1200, 1200, 0]


def test_three_flashes_are_three_and_no_light_flashes_faster_than_three_times_a_second() -> None:
    """A refusal is over when it has flashed; and nobody is made ill by a light (WCAG 2.3.1)."""
    light = Light()
    light.show("amber", "flashes", 4, 0)

    seen = [light.at(at_ms) != (0, 0, 0) for at_ms in range(0, 4_000, 10)]

    assert sum(now and not before for before, now in itertools.pairwise([False, *seen])) == 3
    assert {rhythm: most_in_a_second(rhythm) for rhythm in RHYTHMS if most_in_a_second(rhythm) > 3} == {}


def most_in_a_second(rhythm: str) -> int:
    """How often a light in this rhythm comes on within the worst second of nine."""
    seen = [lit(rhythm, at_ms) for at_ms in range(0, 9_000, 10)]
    comes_on = [now and not before for before, now in itertools.pairwise([False, *seen])]
    return max(sum(comes_on[begin : begin + 100]) for begin in range(len(seen) - 99))


def test_a_light_for_some_seconds_gives_way_to_the_one_that_stands() -> None:
    """Also to one that came to stand meanwhile; where none stands it is dark."""
    light = Light()
    light.show("green", "steady", 0, 0)
    light.show("amber", "steady", 4, 1_000)
    before = [light.at(at_ms) == COLOURS["amber"] for at_ms in (1_000, 4_999)]
    light.show("red", "steady", 0, 2_000)

    assert before == [True, True]
    assert light.at(5_000) == COLOURS["red"]
    light.go_dark()
    assert light.at(5_001) == COLOURS["off"]


def test_rhythms_are_told_apart_in_three_seconds() -> None:
    """Whoever sees no colours counts flashes and gaps, long and short."""
    seen = {tuple(lit(rhythm, at_ms) for at_ms in range(0, 4_000, 50)) for rhythm in RHYTHMS}

    assert len(seen) == len(RHYTHMS)


class Hd44780:
    """A display in four-bit mode, as its data sheet has it: what was written, read back."""

    def __init__(self) -> None:
        self.signs = [" "] * 128
        self.dots = [0] * 64
        self._dot: int | None = None
        self._halves: list[int] = []
        self._place = 0
        self._starts = 4

    def take(self, data: bytes) -> None:
        """Take what the expander puts on the lines; a half counts at E's falling edge."""
        for high, low in itertools.pairwise(data):
            if high & 4 and not low & 4:
                self._half(high)

    def _half(self, lines: int) -> None:
        if self._starts:
            self._starts -= 1
            return
        self._halves.append(lines)
        if len(self._halves) == 2:
            value = self._halves[0] & 0xF0 | self._halves[1] >> 4
            if self._halves[0] & 1 and self._dot is not None:
                self.dots[self._dot] = value
                self._dot += 1
            elif self._halves[0] & 1:
                self.signs[self._place] = chr(value)
                self._place += 1
            elif value & 0x80:
                self._place, self._dot = value & 0x7F, None
            elif value & 0x40:
                self._dot = value & 0x3F
            elif value == 1:
                self.signs, self._place = [" "] * 128, 0
            self._halves = []

    @property
    def lines(self) -> tuple[str, str]:
        """The two lines that show."""
        return "".join(self.signs[:16]), "".join(self.signs[64:80])


def test_a_text_appears_on_the_display_a_sign_at_a_turn() -> None:
    """What a display of that kind shows after the bytes; and when the text changes halfway, the new one."""
    display, glass = Display(), Hd44780()
    display.show("Accordé jusqu'à", "18h30")
    for now_ms in range(0, 600, 10):
        glass.take(display.next(now_ms))
    first = glass.lines
    display.show("Formation", "laser expirée")
    glass.take(display.next(700))
    display.show("Prêt", "")
    for now_ms in range(710, 1_200, 10):
        glass.take(display.next(now_ms))

    assert first == ("Accorde jusqu'a ", "18h30           ")
    assert glass.lines == ("Pret            ", " " * 16)
    assert display.next(1_300) == b""


def test_a_word_in_big_signs_comes_before_the_lines() -> None:
    """Two rows high, in the display's own signs; then the two lines, which say why."""
    display, glass = Display(), Hd44780()
    display.show("Formation due", "Voir fabmanager", "NON")
    for now_ms in range(0, 1_000, 10):
        glass.take(display.next(now_ms))
    big = glass.lines
    for now_ms in range(1_000, 4_000, 10):
        glass.take(display.next(now_ms))

    above, full = chr(1), chr(255)
    assert big[0] == f"{full}{above}{full} {full}{above}{full} {full}{above}{full}     "
    assert big[1] == f"{full} {full} {full}{chr(0)}{full} {full} {full}     "
    assert [glass.dots[8 * sign : 8 * sign + 8] for sign in (0, 1)] == [[0] * 6 + [31] * 2, [31] * 2 + [0] * 6]
    assert glass.lines == ("Formation due   ", "Voir fabmanager ")


@given(st.text(st.characters(max_codepoint=0x2FFF), max_size=40))
def test_any_text_fits_the_display(text: str) -> None:
    """Sixteen signs that its ROM has."""
    assert len(plain(text)) == 16
    assert all(" " <= sign <= "}" for sign in plain(text))


def test_a_known_wave_gives_its_current() -> None:
    """A square wave of a known height: the root mean square is that height; the middle does not matter."""
    meter = RootMeanSquare(65_536)

    said = [meter.add(30_000 + (1_000 if turn % 2 else -1_000), turn * 5) for turn in range(201)]

    assert [value for value in said if value is not None] == [1_000]


def test_the_printed_pin_table_is_the_boards() -> None:
    """Whoever wires a board by the page wires it as its program has it."""
    page = (Path(__file__).parents[2] / "docs/how-to/board.md").read_text()
    printed = {int(row) for row in re.findall(r"^\| GP(\d+) \|", page, re.MULTILINE)}
    named = {
        value
        for name, value in vars(settings).items()
        if isinstance(value, int)
        and name.isupper()
        and name not in {"MILLIAMPERES_FULL", "RELAY_CONTACT", "DISPLAY_ADDRESS"}
    }

    assert printed == named
    assert f"| GP{settings.RELAY} | 20 | relay |" in page
    assert f"| GP{settings.E_STOP} | 9 | emergency stop |" in page
