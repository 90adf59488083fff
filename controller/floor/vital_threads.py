"""Notices that a thread of the program has died: without it the program would look alive and do half its work.

House rules: it only asks whether each is there, never what it does, so a hung disk ends nothing; the watchdog asks the
engine and the relays whether they move. A thread that is gone ends the program in good order, and the service manager
starts it anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.errors import Message, ProgrammerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class VitalThreads:
    """Each part by name, with what says whether its thread is there."""

    def __init__(self, alive: Mapping[str, Callable[[], bool]]) -> None:
        """Ask nothing yet."""
        self._alive = dict(alive)

    def dead(self) -> ProgrammerError | None:
        """Return the error that names the first part whose thread has died; `None` while all are there."""
        name = next((name for name, alive in self._alive.items() if not alive()), None)
        if name is None:
            return None
        return ProgrammerError(
            Message(f"le fil « {name} » du contrôleur s'est arrêté", f"the controller's thread '{name}' has died"),
            why=Message("une erreur que personne n'avait prévue", "an error that nobody foresaw"),
            cure=Message("signalez-le avec le journal du service", "report it with the service's log"),
        )
