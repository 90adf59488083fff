"""Lines that treat bytes badly, each a function from chunks to chunks; chance comes from a seed.

House rule: a hostile line changes how and whether bytes arrive, never their order.
"""

from collections.abc import Callable, Iterator
from random import Random

Line = Callable[[list[bytes], Random], Iterator[bytes]]


def byte_by_byte(frames: list[bytes], _chance: Random) -> Iterator[bytes]:
    """Each byte on its own."""
    return (bytes([byte]) for byte in b"".join(frames))


def glued(frames: list[bytes], _chance: Random) -> Iterator[bytes]:
    """All in one read."""
    yield b"".join(frames)


def delayed(frames: list[bytes], chance: Random) -> Iterator[bytes]:
    """Reads that find nothing come between, and frames end in the next read."""
    rest = b"".join(frames)
    while rest:
        size = chance.randint(0, 20)
        yield rest[:size]
        rest = rest[size:]


def duplicated(frames: list[bytes], _chance: Random) -> Iterator[bytes]:
    """Each frame twice."""
    return (frame + frame for frame in frames)


def noisy(frames: list[bytes], chance: Random) -> Iterator[bytes]:
    """Up to forty random bytes before each frame."""
    for frame in frames:
        yield chance.randbytes(chance.randint(0, 40))
        yield frame


def losing_a_fifth(frames: list[bytes], chance: Random) -> Iterator[bytes]:
    """One byte in five never arrives."""
    for frame in frames:
        yield bytes(byte for byte in frame if chance.random() >= 0.2)


GENTLE: list[Line] = [byte_by_byte, glued, delayed, noisy]
"""Lines on which every frame still arrives whole and once."""
