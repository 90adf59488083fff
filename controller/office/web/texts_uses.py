"""What pages say of uses: how their list is headed, and what they wear out. See `texts`."""

from __future__ import annotations

USES: dict[str, tuple[str, str]] = {
    "sessions.title": ("Utilisations", "Uses"),
    "sessions.when": ("Utilisation", "Use"),
    "sessions.duration": ("Durée", "Duration"),
    "sessions.price": ("Prix", "Price"),
    "sessions.busy": ("dont {duration} de marche", "{duration} of it running"),
    "sessions.waiting": ("en attente", "waiting"),
    "sessions.none": ("Aucune utilisation pour l'instant.", "No use so far."),
}
