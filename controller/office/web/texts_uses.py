"""What pages say of uses: how their list is headed, and what they wear out. See `texts`."""

from __future__ import annotations

USES: dict[str, tuple[str, str]] = {
    "sessions.title": ("Utilisations", "Uses"),
    "sessions.when": ("Utilisation", "Use"),
    "sessions.duration": ("Durée", "Duration"),
    "sessions.price": ("Prix", "Price"),
    "sessions.busy": ("dont {duration} de marche", "{duration} of it running"),
    "sessions.why": ("Pourquoi ce prix", "Why this price"),
    "member.audience": ("Public des prix", "Audience of prices"),
    "member.audience_hint": (
        "Un mot que les prix nomment, par exemple adherent ; vide : tout le monde.",
        "A word that prices name, for example member; empty: everybody.",
    ),
    "member.audience_is": ("Prix : {word}", "Prices: {word}"),
    "member.audience_none": ("Prix : tout le monde", "Prices: everybody"),
    "member.audience_go": ("Enregistrer", "Save"),
    "done.audience": ("Enregistré, pour les prochaines utilisations.", "Saved, for the uses to come."),
    "sessions.waiting": ("en attente", "waiting"),
    "sessions.none": ("Aucune utilisation pour l'instant.", "No use so far."),
    "fits.ask": ("Durée voulue, en heures", "Time you want, in hours"),
    "fits.go": ("Mon solde suffit ?", "Does it fit my balance?"),
    "fits.yes": (
        "Oui : {duration} coûtent {amount} au plus, et il y a de quoi pour {longest}.",
        "Yes: {duration} cost {amount} at most, and there is enough for {longest}.",
    ),
    "fits.no": (
        "Non : {duration} coûteraient {amount}. La limite est de {longest} ({reason}).",
        "No: {duration} would cost {amount}. The limit is {longest} ({reason}).",
    ),
    "fits.unread": (
        "Cette durée ne se lit pas : écrivez par exemple 3, 45 min ou 1 h 30.",
        "This time cannot be read: write 3, 45 min or 1 h 30, for example.",
    ),
    "health.ran": ("Marche, en minutes", "Running time, in minutes"),
    "health.post": ("Facturer", "Charge"),
    "done.running_time": (
        "Temps de marche noté : l'utilisation est facturée.",
        "Running time noted: the use is charged.",
    ),
    "done.unread_time": (
        "Rien n'est fait : écrivez la durée en minutes, par exemple 45 ou 1 h 30.",
        "Nothing is done: write the duration in minutes, for example 45 or 1 h 30.",
    ),
    "maintenance.title": ("Compteur et entretien", "Counter and maintenance"),
    "maintenance.upcoming": ("Entretiens", "Maintenance"),
    "maintenance.uses": ("{count} utilisations", "{count} uses"),
    "maintenance.uses_one": ("{count} utilisation", "{count} use"),
    "maintenance.days": ("{count} jours", "{count} days"),
    "maintenance.days_one": ("{count} jour", "{count} day"),
    "maintenance.energy": ("{kwh} kWh mesurés", "{kwh} kWh measured"),
    "maintenance.left": ("Reste {left}", "{left} left"),
    "maintenance.last": ("fait le {day}", "done on {day}"),
    "maintenance.due": ("À faire", "Due"),
    "maintenance.soon": ("Bientôt", "Soon"),
    "maintenance.done": ("C'est fait", "Done"),
    "done.maintained": ("Entretien noté.", "Maintenance recorded."),
}
