"""What a member's page says of their wishes at the machines. See `texts`."""

from __future__ import annotations

WISHES: dict[str, tuple[str, str]] = {
    "wishes.title": ("À la machine", "At the machine"),
    "wishes.language": ("Langue de l'affichage", "Language of the display"),
    "wishes.french": ("français", "French"),
    "wishes.english": ("anglais", "English"),
    "wishes.longer": ("Deux fois plus de temps pour répondre", "Twice as long to answer"),
    "wishes.longer_hint": (
        "Pour confirmer un arrêt, passer la machine et prolonger après un avertissement. Dès la prochaine utilisation.",
        "To confirm a stop, hand a machine over and extend after a warning. From the next use on.",
    ),
    "wishes.go": ("Enregistrer", "Save"),
    "done.wishes": ("Enregistré : les boîtiers en sont prévenus.", "Saved: the controllers are told."),
}
