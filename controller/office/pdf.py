"""PDFs of what the office says on paper: asked of a process of its own (`pdf_child`), one at a time.

House rules: WeasyPrint is an extra; without it nothing else is missing, and the sentence says how to have it. A PDF is
made again whenever it is asked for, and kept nowhere: the same HTML gives the same bytes.
"""

from __future__ import annotations

import importlib.util
import json
import os
import struct
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from controller.children import die_with_us
from controller.errors import Message, OperatingError

if TYPE_CHECKING:
    from collections.abc import Sequence

WAIT_S = 90
"""A year of statements takes seconds on a PC; what takes longer than this is given up, and the page still prints."""

TURN_S = 30.0
"""How long a request waits for the one before it: one process at a time, so that a Pi's memory is enough for it."""

MEMORY_MAX = 1_500_000_000
"""Bytes of address space of the process: a statement takes a fifth of it; one that wants more fails alone."""

HTML_MAX = 20_000_000
"""Signs of HTML in one go, hundreds of statements; more are asked for in several goes."""

MISSING = 3
"""What the process returns when a library is not there."""

CURE = Message(
    "installez-la : apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core, puis"
    " pip install 'indivis[pdf]' ; ou imprimez la page",
    "install it: apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core, then"
    " pip install 'indivis[pdf]'; or print the page",
)

_turn = threading.Lock()
_LENGTH_BYTES = 8


def installed() -> bool:
    """Tell whether the library is there; whether the system's are shows when it is used."""
    return importlib.util.find_spec("weasyprint") is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithFile:
    """HTML whose PDF carries a file: its name, its XML, the XMP that tells of it, and its instant in Unix seconds."""

    html: str
    name: str
    xml: str
    xmp: str
    at_s: int


def pdfs_of(documents: Sequence[str | WithFile]) -> list[bytes]:
    """Return the PDF of each HTML document; raise `OperatingError` when that cannot be done here or now."""
    asked = [{"html": each} if isinstance(each, str) else asdict(each) for each in documents]
    if not installed():
        raise _not_made(Message("il manque la bibliothèque weasyprint", "the library weasyprint is missing"), CURE)
    if sum(len(each["html"]) for each in asked) > HTML_MAX:
        raise _not_made(
            Message("il y en a trop à la fois", "these are too many at once"),
            Message("demandez-en moins", "ask for fewer"),
        )
    if not _turn.acquire(timeout=TURN_S):
        raise _not_made(
            Message("d'autres attendent déjà", "others are waiting already"),
            Message("réessayez dans un instant", "try again in a moment"),
        )
    try:
        done = subprocess.run(  # noqa: S603 - our own module, and nothing of the request in the command
            [*die_with_us(), sys.executable, "-m", "controller.office.pdf_child"],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=WAIT_S,
            check=False,
            env={**os.environ, "SOURCE_DATE_EPOCH": "0"},
        )
    except subprocess.TimeoutExpired as error:
        raise _not_made(
            Message(f"cela prend plus de {WAIT_S} s", f"it takes more than {WAIT_S} s"),
            Message("imprimez la page", "print the page"),
        ) from error
    finally:
        _turn.release()
    if done.returncode == MISSING:
        said = done.stderr.decode(errors="replace").strip().splitlines()[:1]
        why = said[0] if said else "?"
        raise _not_made(Message(why, why), CURE)
    made = list(_parted(done.stdout))
    if done.returncode or len(made) != len(documents):
        raise _not_made(
            Message("le programme qui les fait s'est arrêté", "the program that makes them has ended"),
            Message("imprimez la page", "print the page"),
        )
    return made


def _parted(written: bytes) -> list[bytes]:
    found, at = [], 0
    while at + _LENGTH_BYTES <= len(written):
        (length,) = struct.unpack_from(">Q", written, at)
        at += _LENGTH_BYTES + length
        found.append(written[at - length : at])
    return found


def _not_made(why: Message, cure: Message) -> OperatingError:
    return OperatingError(Message("le PDF ne peut pas être fait", "the PDF cannot be made"), why=why, cure=cure)
