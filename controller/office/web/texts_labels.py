"""What the page of labels says. See `texts`."""

from __future__ import annotations

LABELS: dict[str, tuple[str, str]] = {
    "labels.title": ("Étiquettes", "Labels"),
    "labels.print": ("Imprimer", "Print"),
    "labels.choose": ("Choisir les étiquettes", "Choose the labels"),
    "labels.svg": ("SVG à graver", "SVG to engrave"),
    "labels.words": ("Autres étiquettes, une par ligne", "Other labels, one a line"),
    "labels.words_hint": (
        "Pour des badges, par exemple : Collège 1, Collège 2… N'y mettez de nom que si la personne le veut.",
        "For badges, say: School 1, School 2… Put a name there only if the person wants it.",
    ),
    "labels.first": ("Première étiquette libre de la feuille (1 à 24)", "First free label of the sheet (1 to 24)"),
    "labels.first_hint": ("Une feuille entamée sert encore.", "A sheet that was begun still serves."),
    "labels.address": ("Adresse du serveur dans le code", "Address of the server in the code"),
    "labels.address_hint": (
        "Celle qu'un téléphone sur le réseau de l'atelier ouvre ; elle reste collée sur la machine.",
        "The one that a phone on the workshop's network opens; it stays stuck to the machine.",
    ),
    "labels.no_address": (
        "Cette adresse n'en est pas une : par exemple, la même que dans votre navigateur.",
        "This is no address: the same as in your browser, say.",
    ),
    "labels.only_here": (
        "Cette adresse ne s'ouvre que sur cet ordinateur : écrivez celle que les téléphones ouvrent.",
        "This address opens on this computer only: write the one that phones open.",
    ),
    "labels.go": ("Refaire la feuille", "Make the sheet anew"),
    "labels.paper": (
        "Papier A4, 24 étiquettes de 70 × 37 mm ; imprimez à 100 %, sans marges.",
        "A4 paper, 24 labels of 70 × 37 mm; print at 100 %, without margins.",
    ),
    "labels.left_out": (
        "{count} étiquettes n'ont pas trouvé place : dix feuilles à la fois.",
        "{count} labels found no place: ten sheets at a time.",
    ),
    "labels.none": ("Aucune étiquette n'est choisie.", "No label is chosen."),
    "labels.scan": ("Mes formations, mon solde, un danger", "My trainings, my balance, a danger"),
}
