"""What people write into the directory, checked where it enters."""

from __future__ import annotations

from controller.domain.ids import ID_LENGTH_MAX, is_id
from controller.errors import Message
from controller.office.refusals import InvalidError
from controller.office.tables_base import NAME_LENGTH, TEXT_LENGTH


def checked_id(text: str) -> str:
    """Return `text` when it can name a machine, site or training; raise `InvalidError` otherwise."""
    if not is_id(text):
        raise InvalidError(
            Message(
                f"« {text[:ID_LENGTH_MAX]} » n'est pas un identifiant",
                f"'{text[:ID_LENGTH_MAX]}' is not an id",
            ),
            cure=Message(
                f"écrivez 1 à {ID_LENGTH_MAX} signes parmi a-z, 0-9, - et _",
                f"write 1 to {ID_LENGTH_MAX} characters of a-z, 0-9, - and _",
            ),
        )
    return text


def checked_name(text: str) -> str:
    """Return a name without spaces around it; raise `InvalidError` when it is empty or too long."""
    return _checked(text, 1, NAME_LENGTH)


def checked_note(text: str) -> str:
    """Return a note, which may be empty; raise `InvalidError` when it is too long."""
    return _checked(text, 0, TEXT_LENGTH)


def _checked(text: str, least: int, most: int) -> str:
    stripped = " ".join(text.split())
    if least <= len(stripped) <= most and stripped.isprintable():
        return stripped
    if not stripped:
        what = Message("le texte est vide", "the text is empty")
    elif len(stripped) > most:
        what = Message(f"le texte a {len(stripped)} signes", f"the text has {len(stripped)} characters")
    else:
        what = Message("le texte contient un signe invisible", "the text holds an invisible character")
    cure = Message(f"écrivez au plus {most} signes visibles", f"write at most {most} visible characters")
    raise InvalidError(what, cure=cure)
