"""Errors by whose fault they are, so that the command line knows what to say and how to end.

::

    IndivisError
    ├── UserError        what was asked cannot be done: arguments, a settings file   exit 2
    ├── DataError        stored data: damaged, or written by a newer version         exit 65 (EX_DATAERR)
    ├── OperatingError   the world: a device, a broker, a disk, a permission         exit 69 (EX_UNAVAILABLE)
    └── ProgrammerError  Indivis itself is wrong                                     exit 70 (EX_SOFTWARE)

Each says what happened, why, and what to do about it, in one sentence, in French and in English; none ever
holds a badge's number, a name or a secret. 2 is what argparse uses; the others are those of sysexits.h.
The domain raises none of these: it returns reasons.
"""

import errno
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Language = Literal["fr", "en"]


def language(environ: Mapping[str, str] = os.environ) -> Language:
    """The reader's language from INDIVIS_LANG, LC_ALL or LANG; French unless one of them asks for English."""
    wanted = environ.get("INDIVIS_LANG") or environ.get("LC_ALL") or environ.get("LANG") or "fr"
    return "en" if wanted.lower().startswith("en") else "fr"


@dataclass(frozen=True, slots=True)
class Message:
    """A text for people, in both languages; fragments without a capital or a full stop can be joined."""

    fr: str
    en: str

    def text(self, lang: Language | None = None) -> str:
        """The text in `lang`, or in the reader's language."""
        return self.en if (lang or language()) == "en" else self.fr


_SYSTEM_REASONS = {
    errno.ENOENT: Message("rien n'existe à ce chemin", "nothing exists at that path"),
    errno.EACCES: Message("ce compte n'en a pas le droit", "this account is not allowed to"),
    errno.EPERM: Message("ce compte n'en a pas le droit", "this account is not allowed to"),
    errno.EISDIR: Message("c'est un dossier", "it is a folder"),
    errno.ENOTDIR: Message("une partie du chemin n'est pas un dossier", "a part of the path is no folder"),
    errno.EEXIST: Message("quelque chose porte déjà ce nom", "something has that name already"),
    errno.ENOSPC: Message("le disque est plein", "the disk is full"),
    errno.EROFS: Message("le support est en lecture seule", "the medium is read-only"),
    errno.EIO: Message("le support ne répond plus correctement", "the medium no longer answers properly"),
    errno.ENAMETOOLONG: Message("ce nom est trop long", "that name is too long"),
    errno.EADDRINUSE: Message("un autre programme tient ce port", "another program holds this port"),
    errno.EADDRNOTAVAIL: Message("cet ordinateur n'a pas cette adresse", "this computer does not have that address"),
}


def reason_of(error: BaseException) -> Message:
    """Why the system or SQLite refused, in the reader's language; what is not listed keeps the system's own words."""
    if isinstance(error, OSError) and error.errno in _SYSTEM_REASONS:
        return _SYSTEM_REASONS[error.errno]
    if isinstance(error, UnicodeDecodeError):
        return Message("ce n'est pas du texte en UTF-8", "it is no text in UTF-8")
    said = str(error) or type(error).__name__
    if isinstance(error, sqlite3.DatabaseError):
        if "not a database" in said:
            return Message("ce n'est pas une base SQLite", "it is no SQLite database")
        if "no such table" in said:
            return Message("il y manque des tables", "tables are missing in it")
    if isinstance(error, OSError) and error.strerror:
        said = error.strerror
    return Message(said, said)


class IndivisError(Exception):
    """What happened (`what`), why (`why`) and what to do (`cure`); `exit_code` is the command's."""

    exit_code = 1

    def __init__(self, what: Message, *, why: Message | None = None, cure: Message | None = None) -> None:
        super().__init__(what, why, cure)
        self.what = what
        self.why = why
        self.cure = cure

    def sentence(self, lang: Language | None = None) -> str:
        """`what: why; cure.` on one line, as far as they are known."""
        lang = lang or language()
        colon, semicolon = (": ", "; ") if lang == "en" else (" : ", " ; ")
        said = self.what.text(lang)
        if self.why:
            said += colon + self.why.text(lang)
        if self.cure:
            said += semicolon + self.cure.text(lang)
        one_line = " ".join(said.split())
        return one_line if one_line.endswith((".", "!", "?")) else one_line + "."

    def __str__(self) -> str:
        return self.sentence()


class UserError(IndivisError):
    """What was asked cannot be done as it was asked: arguments, settings."""

    exit_code = 2


class DataError(IndivisError):
    """Stored data cannot be used as it is: damaged, or written by a newer version."""

    exit_code = 65


class OperatingError(IndivisError):
    """The world refused: a device, a broker, a disk, a permission. Trying again later may work."""

    exit_code = 69


class ProgrammerError(IndivisError):
    """Indivis contradicts itself: a bug, to be reported with its log."""

    exit_code = 70
