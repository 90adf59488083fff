"""How a PN532's link gets out of every stuck state; time is moved by hand."""

import pytest

from firmware_bridge.cards.simulated import NumberCard
from firmware_bridge.commands import Light
from firmware_bridge.pn532 import chip
from firmware_bridge.pn532.frames import ACK, NACK, Packet, encode, encode_error
from firmware_bridge.pn532.link import ACK_MS, TROUBLE_AFTER, Pn532Link
from tests.bridge.pn532_bench import READY, RECOVERY_MS, UID, Bench, number, said


def test_a_mute_chip_is_reported_once_and_found_again() -> None:
    """An hour of silence is one word of trouble; the badge that lay there all the time is no second tap."""
    bench = Bench()
    bench.place(NumberCard(UID))
    bench.run(1_000)
    bench.chip.faults.mute = True
    silent = bench.run(3_600_000)
    bench.chip.faults.mute = False

    back = bench.run(RECOVERY_MS)

    assert said(silent) == ["trouble silent"]
    assert said(back) == [READY]


def test_one_damaged_answer_is_no_trouble() -> None:
    """What mends itself at the next try is not said."""
    bench = Bench()
    bench.run(1_000)
    bench.chip.faults.error_frames = TROUBLE_AFTER - 1

    assert bench.run(2_000) == []


def test_a_chip_that_answers_too_late_is_not_believed() -> None:
    """Its late words answer nothing that was asked since; when it is quick again it is used again."""
    bench = Bench()
    bench.chip.faults.slow_ms = 5_000
    bench.place(NumberCard(UID))
    slow = bench.run(60_000)
    bench.chip.faults.slow_ms = 0

    quick = bench.run(RECOVERY_MS)

    assert said(slow) == ["trouble no_answer"]
    assert said(quick) == [READY, f"presented {number(UID)} number"]


def test_a_chip_that_only_errs_is_reported() -> None:
    """The error frame, again and again."""
    bench = Bench()
    bench.chip.faults.error_frames = 1_000
    erring = bench.run(60_000)
    bench.chip.faults.error_frames = 0

    assert said(erring) == ["trouble error_frame"]
    assert said(bench.run(RECOVERY_MS)) == [READY]


def test_a_chip_that_was_reset_is_woken_and_its_retries_limited_again() -> None:
    """It is asleep after a dip of its supply, and would wait for a card without end; the badge is no second tap."""
    bench = Bench()
    card = bench.place(NumberCard(UID))
    bench.run(1_000)
    bench.chip.reset()
    after = bench.run(RECOVERY_MS)
    bench.chip.take_away(card)

    assert after == []
    assert said(bench.run(1_000)) == [f"removed {number(UID)}"]


def test_another_chip_than_a_pn532_is_refused_by_name() -> None:
    """What answers like one and is none is said, not used."""
    link = Pn532Link()
    link.restored(0)
    told: list[str] = []
    now_ms = 0
    for _ in range(40):
        link.to_send()
        sam = encode(Packet(to_chip=False, code=0x15, data=b""))
        told += said(link.receive(ACK + sam, now_ms))
        link.to_send()
        told += said(link.receive(ACK + encode(Packet(to_chip=False, code=0x03, data=b"\x07\x01\x06\x07")), now_ms))
        now_ms = link.next_deadline() or 0
        told += said(link.receive(b"", now_ms))

    assert told == ["trouble unknown_chip"]


def test_a_list_that_makes_no_sense_is_no_card() -> None:
    """An answer with a right checksum and a wrong form begins everything anew."""
    link = Pn532Link()
    link.restored(0)
    answers = [(0x15, b""), (0x03, b"\x32\x01\x06\x07"), (0x33, b""), (0x4B, b"\x01\x01\x00\x04\x08\x05" + bytes(5))]
    for code, data in answers:
        link.to_send()
        assert link.receive(ACK + encode(Packet(to_chip=False, code=code, data=data)), 0) == []

    assert link.to_send() == ACK
    link.receive(b"", link.next_deadline() or 0)
    assert link.to_send().startswith(chip.WAKE_UP)


def test_an_answer_behind_a_start_that_noise_made_is_found_when_the_line_falls_silent() -> None:
    """Four bytes of noise that promise a long frame cost a moment's wait, and no new beginning."""
    link = Pn532Link()
    link.restored(0)
    link.to_send()

    link.receive(b"\x00\xff\xfe\x02" + ACK + encode(Packet(to_chip=False, code=0x15, data=b"")), 5)
    waiting = link.to_send()
    link.receive(b"", ACK_MS)

    assert (waiting, link.to_send()) == (b"", chip.FIRMWARE.frame)


@pytest.mark.parametrize(
    "forged",
    [
        ACK + encode(Packet(to_chip=False, code=0x15, data=b"")),
        encode(Packet(to_chip=False, code=0x15, data=b"")),
        chip.SAM_NORMAL.frame,
        NACK,
        encode_error(),
        ACK * 50,
    ],
)
def test_what_was_on_the_line_before_a_question_is_no_answer_to_it(forged: bytes) -> None:
    """A command that is not yet written cannot have been answered: an old word is counted and left."""
    link = Pn532Link()
    link.restored(0)

    link.receive(forged, 0)

    assert link.to_send() == chip.WAKE_UP + chip.SAM_NORMAL.frame
    assert link.next_deadline() == ACK_MS
    assert set(link.rejects) <= {"stale", "echo"}
    assert sum(link.rejects.values()) >= 1


def test_a_line_that_comes_back_wakes_the_chip_and_is_no_second_tap() -> None:
    """A flickering cable must not end the use of the maker whose badge lies there."""
    bench = Bench()
    bench.place(NumberCard(UID))
    bench.run(1_000)
    bench.link.interrupted()
    idle = bench.link.next_deadline(), bench.link.to_send()
    bench.chip.reset()
    bench.link.restored(bench.now_ms)

    assert idle == (None, b"")
    assert said(bench.run(1_000)) == [READY]


def test_it_has_no_light_and_says_so() -> None:
    """A PN532 shows nothing; whoever asks must use another device."""
    assert not Pn532Link().ask(Light("green"), 0)


def test_a_number_is_in_no_repr() -> None:
    """What a log might print of a card holds no number."""
    bench = Bench()
    bench.place(NumberCard(UID))

    texts = [repr(message) for message in bench.run(1_000)] + [repr(chip.Target(1, UID, iso_dep=False))]

    assert not [text for text in texts if number(UID) in text or repr(UID) in text]
