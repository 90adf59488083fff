"""Every decoder under a fuzzer that looks for new ways through it: no bytes raise, grow a buffer or read differently.

A quick sample each time; `make soak` goes on for up to a minute each, from another seed, which a failure names.
"""

import secrets
from collections.abc import Callable
from random import Random

import pytest

import firmware_bridge.board.capture
import firmware_bridge.board.catalogue
import firmware_bridge.board.frames
import firmware_bridge.em4100.frames
import firmware_bridge.osdp.frames
import firmware_bridge.pn532.capture
import firmware_bridge.pn532.chip
import firmware_bridge.pn532.frames
import firmware_bridge.wiegand
from controller.commands.reader_decode import FAULTS
from firmware_bridge.board.catalogue import LINE_MAX, TO_BOARD, TO_HOST
from firmware_bridge.board.frames import crc16
from firmware_bridge.decode import DECODERS
from firmware_bridge.em4100.frames import FRAME_BYTES_MAX as EM4100_MAX
from firmware_bridge.em4100.frames import encode as em4100
from firmware_bridge.frames import FrameDecoder, Shown
from firmware_bridge.osdp import frames as osdp
from firmware_bridge.pn532 import chip
from firmware_bridge.pn532 import frames as pn532
from tests.bridge.fuzzer import Fresh, Fuzzer

CHUNKS_MAX = 40
SAMPLE, SOAK = 600, 10_000
HELD_MAX = {
    "board": LINE_MAX,
    "em4100": EM4100_MAX,
    "osdp": osdp.FRAME_BYTES_MAX,
    "pn532": pn532.BUFFERED_MAX,
}
FILES = {
    "board": (firmware_bridge.board.capture, firmware_bridge.board.frames, firmware_bridge.board.catalogue),
    "em4100": (firmware_bridge.em4100.frames,),
    "osdp": (firmware_bridge.osdp.frames, firmware_bridge.wiegand),
    "pn532": (firmware_bridge.pn532.capture, firmware_bridge.pn532.frames, firmware_bridge.pn532.chip),
}


def board_line(chance: Random) -> bytes:
    """A line with a right CRC: a name of the catalogue, some fields of it, values of any kind."""
    name = chance.choice([*TO_HOST, *TO_BOARD, "?"])
    fields = [field for field, _ in (*TO_HOST.get(name, ()), *TO_BOARD.get(name, ()))]
    values = ("true", "false", "0", "1", "-1", "65535", '"a"', '"0A00123456"', '"held"', "null", "[]", "1e9")
    words = [f'"{field}":{chance.choice(values)}' for field in fields if chance.random() < 0.9]
    body = f'{{"n":{chance.randint(0, 9)},"t":"{name}"{"".join(f",{word}" for word in words)}}}'.encode()
    return body + b"*%04X\n" % crc16(body)


def osdp_frame(chance: Random) -> bytes:
    """A frame with a right CRC or checksum, perhaps with a security block."""
    block = bytes([chance.randint(0, 4), chance.randint(0x10, 0x19)]) + chance.randbytes(chance.randint(0, 2))
    code = chance.choice([osdp.RAW, osdp.NAK, osdp.POLL, osdp.PDID, chance.randrange(256)])
    data = bytes([0, chance.randrange(2), chance.randrange(40), 0]) + chance.randbytes(chance.randrange(12))
    return osdp.encode(
        chance.randrange(127), code, data, reply=chance.random() < 0.7, block=block if chance.random() < 0.4 else b""
    )


def pn532_frame(chance: Random) -> bytes:
    """A frame of either end, the list of cards most of all."""
    code = chance.choice([chip.IN_LIST_PASSIVE_TARGET + 1, chip.FIRMWARE.code + 1, chance.randrange(256)])
    uid = chance.randbytes(chance.choice([4, 7, 10, 3]))
    card = bytes([1, 0, 4, chance.choice([0x08, 0x20]), len(uid)]) + uid + chance.choice([b"", b"\x02\x78"])
    data = chance.choice([bytes([chance.randrange(4)]) + card, chance.randbytes(chance.randrange(263))])
    frame = pn532.encode(pn532.Packet(to_chip=chance.random() < 0.3, code=code, data=data))
    return chance.choice([frame, frame, pn532.ACK, pn532.NACK, pn532.encode_error()])


def em4100_frame(chance: Random) -> bytes:
    """A badge's frame of either model."""
    return em4100(chance.randbytes(5).hex().upper(), chance.choice(["id12", "rdm6300"]))


FRESH: dict[str, Fresh] = {"board": board_line, "em4100": em4100_frame, "osdp": osdp_frame, "pn532": pn532_frame}


def judged(protocol: str) -> Callable[[bytes, Random], None]:
    """What must hold of a decoder for any bytes, in any chunks."""

    def judge(data: bytes, chance: Random) -> None:
        decoder: FrameDecoder = DECODERS[protocol]()
        cuts = sorted(chance.randint(0, len(data)) for _ in range(chance.randint(0, CHUNKS_MAX)))
        found: list[Shown] = []
        for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
            found += decoder.feed(data[begin:end])
            assert decoder.buffered <= HELD_MAX[protocol]
        found += decoder.finish()
        assert decoder.buffered == 0
        shown = [item.shown() for item in found]
        whole = DECODERS[protocol]()
        assert [item.shown() for item in (*whole.feed(data), *whole.finish())] == shown
        assert {line["error"] for line in shown if "error" in line} <= FAULTS.keys()
        assert len(shown) <= len(data) + 1

    return judge


def fuzzed(protocol: str, tries: int, seed: int) -> Fuzzer:
    """A decoder tried on so many inputs."""
    files = [str(module.__file__) for module in FILES[protocol]]
    fuzzer = Fuzzer(judged(protocol), FRESH[protocol], files, seed)
    fuzzer.run(tries)
    return fuzzer


@pytest.mark.parametrize("protocol", DECODERS)
def test_no_bytes_break_a_decoder(protocol: str) -> None:
    """Inputs that reach new code are kept and changed further; none of them raises, grows or reads two ways."""
    fuzzer = fuzzed(protocol, SAMPLE, 26_400)

    assert len(fuzzer.kept) > 10


@pytest.mark.soak
@pytest.mark.parametrize("protocol", DECODERS)
def test_no_bytes_break_a_decoder_in_a_long_time(protocol: str) -> None:
    """The same with many times as many, from a seed that the failure names."""
    fuzzer = fuzzed(protocol, SOAK, secrets.randbits(32))

    assert len(fuzzer.kept) > 10


def test_a_decoder_that_fails_deep_inside_is_found_out() -> None:
    """The guidance works: a fault behind four bytes in a row, each a way of its own, is met from the seed."""

    def deep(data: bytes, _chance: Random) -> None:
        if data[:1] != b"\xd4":
            return
        if data[1:2] != b"\x53":
            return
        if data[2:3] != b"\x7f":
            return
        if data[3:4] == b"\x0a":
            raise ArithmeticError

    guided = Fuzzer(deep, lambda chance: chance.randbytes(4), [__file__], 1)
    blind = Fuzzer(deep, lambda chance: chance.randbytes(4), [], 1)

    with pytest.raises(ArithmeticError) as met:
        guided.run(50_000)
    blind.run(10_000)
    assert "seed 1, input d4537f0a" in "".join(met.value.__notes__)
