"""What the office answers when it is asked for something that cannot be: three ways, each a sentence.

House rules: never a name, a badge number or a secret in them; ids are fine.
"""

from __future__ import annotations

from controller.errors import Message, UserError


class NotFoundError(UserError):
    """Nothing has this id."""


class ConflictError(UserError):
    """It exists already, or stands in the way of something that does."""


class InvalidError(UserError):
    """A value is not one that is accepted."""


def no_such(what_fr: str, what_en: str, key: str) -> NotFoundError:
    """Return the refusal for an id that nothing has."""
    return NotFoundError(Message(f"{what_fr} « {key} » n'existe pas", f"there is no {what_en} '{key}'"))
