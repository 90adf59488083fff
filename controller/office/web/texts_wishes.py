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
    "wishes.always_sound": ("Toujours des sons", "Always sounds"),
    "wishes.always_sound_hint": (
        "Même aux heures où l'atelier se tait. Tout le monde autour de la machine les entend.",
        "Even at the hours when the workshop is quiet. Everybody around the machine hears them too.",
    ),
    "wishes.spoken_messages": ("Messages dits à voix haute", "Messages said aloud"),
    "wishes.spoken_messages_hint": (
        "Là où le boîtier a un haut-parleur, dans votre langue. Ni nom ni somme ; les voisins entendent.",
        "Where the controller has a loudspeaker, in your language. No name, no sum; neighbours hear it.",
    ),
    "wishes.larger_text": ("Grands caractères", "Larger text"),
    "wishes.larger_text_hint": (
        "Un mot ou un nombre sur toute la hauteur de l'écran d'un boîtier Indivis, puis le message.",
        "A word or a number as high as the display of an Indivis board, then the message.",
    ),
    "wishes.go": ("Enregistrer", "Save"),
    "done.wishes": ("Enregistré : les boîtiers en sont prévenus.", "Saved: the controllers are told."),
}
