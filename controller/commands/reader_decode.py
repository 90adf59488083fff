"""`indivis reader decode`: a capture of a reader's line, frame by frame.

House rule: it shows badge numbers, and is for a person's own terminal.
"""

import json
import sys
from contextlib import ExitStack
from io import BufferedReader
from pathlib import Path

from controller.errors import Message, UserError, reason_of
from firmware_bridge.decode import ByteStream, decode_capture

FAULTS = {
    "checksum": Message("somme de contrôle fausse", "wrong checksum"),
    "incomplete": Message("trame coupée", "frame cut short"),
    "length": Message("mauvais nombre de chiffres", "wrong number of digits"),
    "not_hex": Message("caractère qui n'est pas un chiffre hexadécimal", "a character that is no hex digit"),
    "no_stx": Message("octets sans début de trame (STX)", "bytes without a start of frame (STX)"),
    "no_etx": Message("fin de trame absente (ETX)", "no end of frame (ETX)"),
    "no_start": Message("octets sans début de trame", "bytes without a start of frame"),
    "lcs": Message("longueur qui ne se vérifie pas", "a length that does not check"),
    "dcs": Message("somme de contrôle des données fausse", "wrong checksum of the data"),
    "tfi": Message("trame qui ne vient d'aucun des deux bouts", "a frame of neither end"),
    "postamble": Message("fin de trame absente", "no end of frame"),
    "crc": Message("CRC faux", "wrong CRC"),
    "parity": Message("parité Wiegand fausse", "wrong Wiegand parity"),
    "bit_count": Message("nombre de bits Wiegand inconnu", "a number of Wiegand bits that is not known"),
    "noise": Message("octets entre les lignes", "bytes between the lines"),
    "catalogue": Message("ligne qui n'est pas du catalogue de la carte", "a line that is not of the board's catalogue"),
    "phantom": Message("badge fantôme, inventé par le lecteur", "phantom badge, invented by the reader"),
}


def run(file: str | None, protocol: str, *, as_json: bool) -> None:
    """Print a line per frame; raise `UserError` for a file that cannot be read."""
    with ExitStack() as stack:
        stream: ByteStream = _standard_input() if file is None else stack.enter_context(_open_capture(file))
        try:
            for line in decode_capture(stream, protocol):
                print(json.dumps(line) if as_json else _readable(line), flush=True)
        except BrokenPipeError:  # ours, not the capture's: the command line knows what to do
            raise
        except OSError as error:
            raise _unreadable(file or "stdin", error) from error


def _standard_input() -> BufferedReader:
    return open(sys.stdin.fileno(), "rb", closefd=False)


def _open_capture(file: str) -> BufferedReader:
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: str, error: OSError) -> UserError:
    match error:
        case FileNotFoundError():
            why = Message("ce fichier n'existe pas", "there is no such file")
        case IsADirectoryError():
            why = Message("c'est un dossier", "it is a folder")
        case PermissionError():
            why = Message("ce compte n'en a pas le droit", "this account is not allowed to")
        case _:
            why = reason_of(error)
    return UserError(
        Message(f"la capture {file} ne peut pas être lue", f"the capture {file} cannot be read"),
        why=why,
        cure=Message("vérifiez le chemin et les droits du fichier", "check the file's path and permissions"),
    )


def _readable(line: dict[str, str]) -> str:
    if "error" in line:
        return f"{Message('erreur', 'error').text()} {line['error']} ({FAULTS[line['error']].text()})"
    return " ".join(f"{name} {value}" for name, value in line.items())
