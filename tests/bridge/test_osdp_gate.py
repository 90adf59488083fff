"""What may pass between a line and libosdp: the rules of a secure line, each told as an attempt to break it."""

import pytest

from firmware_bridge.osdp import frames
from firmware_bridge.osdp.frames import OsdpDecoder, OsdpFrame, encode
from firmware_bridge.osdp.gate import Answer, Gate

READER = 5
CARD = bytes.fromhex("00011A0086998580")
WITH_CHANNEL, WITHOUT = bytes([4, 1, 1, 9, 1, 1]), bytes([4, 1, 1])


def frame(code: int, data: bytes = b"", *, reply: bool = False, sequence: int = 0, block: bytes = b"") -> OsdpFrame:
    """A frame as the decoder gives it; a protected one has some MAC."""
    mac = bytes(4) if len(block) > 1 and block[1] >= frames.SCS_15 else b""
    (found,) = OsdpDecoder().feed(encode(READER, code, data + mac, reply=reply, sequence=sequence, block=block))
    assert isinstance(found, OsdpFrame)
    return found


def block(kind: int, selector: int | None = None) -> bytes:
    """A security block."""
    rest = b"" if selector is None else bytes([selector])
    return bytes([2 + len(rest), kind]) + rest


def secure_gate(*, pairing: bool = False, selector: int = 1) -> Gate:
    """A gate after a whole handshake and one answered question."""
    gate = Gate(READER, pairing=pairing)
    steps = [
        (frame(frames.ID, b"\0"), frame(frames.PDID, bytes(12), reply=True)),
        (frame(frames.CAP, b"\0"), frame(frames.PDCAP, WITH_CHANNEL, reply=True)),
        (
            frame(frames.CHLNG, bytes(8), block=block(frames.SCS_11, selector)),
            frame(frames.CCRYPT, bytes(32), reply=True, block=block(frames.SCS_12, selector)),
        ),
        (
            frame(frames.SCRYPT, bytes(16), block=block(frames.SCS_13, selector)),
            frame(frames.RMAC_I, bytes(16), reply=True, block=block(frames.SCS_14, 1)),
        ),
        (POLL, frame(frames.ACK, reply=True, block=block(frames.SCS_16))),
    ]
    for asked, answer in steps:
        assert gate.may_leave(asked)
        assert gate.enters(answer) == Answer(asked, answer)
    return gate


POLL = frame(frames.POLL, block=block(frames.SCS_15))


def test_a_whole_handshake_passes_and_its_stage_is_known() -> None:
    """What a reader and libosdp say to each other gets through, in that order."""
    gate = secure_gate()

    assert gate.stage == "secure"
    assert gate.own_key


@pytest.mark.parametrize("kind", [frames.SCS_11, frames.SCS_12, frames.SCS_13, frames.SCS_14, 0x10, 0x20])
def test_a_badge_in_a_block_of_the_handshake_is_not_let_in(kind: int) -> None:
    """The library looks at no MAC there: anybody on the wire could play any badge."""
    gate = secure_gate()
    gate.may_leave(POLL)

    forged = frame(frames.RAW, CARD, reply=True, block=block(kind, 1))

    assert gate.enters(forged) == "unprotected"
    assert gate.waiting


def test_a_badge_in_clear_is_not_let_in() -> None:
    """After the handshake, and before it."""
    secure, fresh = secure_gate(), Gate(READER)
    secure.may_leave(POLL)
    fresh.may_leave(frame(frames.ID, b"\0"))
    forged = frame(frames.RAW, CARD, reply=True)

    assert secure.enters(forged) == "unprotected"
    assert fresh.enters(forged) == "unprotected"


def test_a_reply_answers_once_and_only_what_was_asked() -> None:
    """A second copy, another reader's, an echo of our own question and an old sequence number answer nothing."""
    gate = secure_gate()
    gate.may_leave(frame(frames.POLL, sequence=2, block=block(frames.SCS_15)))
    answer = frame(frames.ACK, reply=True, sequence=2, block=block(frames.SCS_16))
    (others,) = OsdpDecoder().feed(encode(6, frames.ACK, bytes(4), reply=True, sequence=2, block=block(frames.SCS_16)))
    old = frame(frames.ACK, reply=True, sequence=1, block=block(frames.SCS_16))
    echo = frame(frames.POLL, sequence=2, block=block(frames.SCS_15))
    assert isinstance(others, OsdpFrame)

    judged = [gate.enters(one) for one in (others, old, echo)]

    assert judged == ["unasked"] * 3
    assert isinstance(gate.enters(answer), Answer)
    assert gate.enters(answer) == "unasked"


def test_clear_text_and_the_default_key_do_not_leave() -> None:
    """Whatever libosdp would do, a question in clear is never asked, nor one under the key of the norm."""
    gate = Gate(READER)
    asked = [
        frame(frames.POLL),
        frame(frames.LED, bytes(14)),
        frame(frames.KEYSET, bytes(18)),
        frame(frames.CHLNG, bytes(8)),
        frame(frames.CHLNG, bytes(8), block=block(frames.SCS_11, 0)),
        frame(frames.POLL, block=block(frames.SCS_15)),
    ]

    assert [gate.may_leave(one) for one in asked] == [False] * len(asked)
    assert not gate.waiting


def test_pairing_may_use_the_default_key_and_does_not_take_it_for_its_own() -> None:
    """The bench is where the key of the norm is used, and a line under it is not a secure one."""
    gate = secure_gate(pairing=True, selector=0)

    assert gate.stage == "secure"
    assert not gate.own_key


def test_what_stands_in_the_way_is_known() -> None:
    """A reader without a secure channel, and one with another key, are told apart."""
    plain, stranger = Gate(READER), Gate(READER)
    plain.may_leave(frame(frames.CAP, b"\0"))
    stranger.may_leave(frame(frames.CHLNG, bytes(8), block=block(frames.SCS_11, 1)))

    plain.enters(frame(frames.PDCAP, WITHOUT, reply=True))
    stranger.enters(frame(frames.NAK, b"\x06", reply=True))

    assert (plain.stage, stranger.stage) == ("plain_only", "wrong_key")


def test_a_reader_may_say_in_clear_that_it_lost_the_channel_or_is_busy() -> None:
    """Neither opens anything: one ends the channel, the other asks for patience."""
    lost, busy, reset = secure_gate(), secure_gate(), secure_gate()
    lost.may_leave(POLL)
    reset.may_leave(POLL)
    busy.may_leave(frame(frames.POLL, sequence=3, block=block(frames.SCS_15)))

    assert reset.enters(frame(frames.NAK, b"\x05", reply=True, sequence=1)) == "reset"
    assert isinstance(lost.enters(frame(frames.NAK, b"\x06", reply=True)), Answer)
    assert isinstance(busy.enters(frame(frames.BUSY, reply=True)), Answer)
    assert lost.stage == "answered"
