"""The bridge's errors as this program says them: the same sentence, in the tree that decides the exit code."""

from __future__ import annotations

from controller.errors import IndivisError, Message, OperatingError, UserError
from firmware_bridge.errors import BridgeError, Said, SetupError


def for_person(error: BridgeError) -> IndivisError:
    """Return what a person is told: theirs to mend (exit code 2), or the far end's (69)."""
    kind = UserError if isinstance(error, SetupError) else OperatingError
    return kind(_message(error.what), why=_message(error.why), cure=_message(error.cure))


def _message(said: Said) -> Message:
    return Message(said.fr, said.en)
