"""What the page of opening hours says. See `texts`."""

from __future__ import annotations

HOURS: dict[str, tuple[str, str]] = {
    "nav.hours": ("Horaires", "Opening hours"),
    "hours.title": ("Horaires de {name}", "Opening hours of {name}"),
    "hours.always": (
        "Aucun horaire n'est donné : les machines démarrent à toute heure.",
        "No hours are given: machines start at any hour.",
    ),
    "hours.hint": (
        "Par exemple 9:00-12:00, 14:00-18:30 ; vide : fermé. Au-delà de minuit, continuez au jour suivant.",
        "For example 9:00-12:00, 14:00-18:30; empty: closed. Past midnight, go on with the next day.",
    ),
    "weekday.0": ("Lundi", "Monday"),
    "weekday.1": ("Mardi", "Tuesday"),
    "weekday.2": ("Mercredi", "Wednesday"),
    "weekday.3": ("Jeudi", "Thursday"),
    "weekday.4": ("Vendredi", "Friday"),
    "weekday.5": ("Samedi", "Saturday"),
    "weekday.6": ("Dimanche", "Sunday"),
    "hours.exceptions": ("Jours différents", "Days that differ"),
    "hours.exceptions_hint": (
        "Un par ligne : 2027-12-24 9:00-12:00, ou la date seule si c'est fermé. Même un jour férié.",
        "One a line: 2027-12-24 9:00-12:00, or the date alone if closed. Even on a holiday.",
    ),
    "hours.holidays": ("Fermé les jours fériés de", "Closed on the public holidays of"),
    "hours.holidays_hint": (
        "FR, ou une région comme FR-57 ; vide : ouvert les jours fériés.",
        "FR, or a region such as FR-57; empty: open on holidays.",
    ),
    "hours.time_zone": ("Fuseau horaire", "Time zone"),
    "hours.not_spans": (
        "Ces heures ne se lisent pas : écrivez par exemple 9:00-12:00, 14:00-18:30.",
        "These hours cannot be read: write 9:00-12:00, 14:00-18:30, for example.",
    ),
    "hours.not_a_line": (
        "La ligne {number} ne se lit pas : écrivez par exemple 2027-12-24 9:00-12:00.",
        "Line {number} cannot be read: write 2027-12-24 9:00-12:00, for example.",
    ),
    "hours.never": (
        "Tous les jours sont vides : l'atelier ne serait plus jamais ouvert. Donnez des heures à un jour au moins.",
        "Every day is empty: the place would never be open again. Give hours to one day at least.",
    ),
    "hours.go": ("Enregistrer les horaires", "Save the hours"),
    "hours.clear": ("Ouvrir à toute heure", "Open at any hour"),
    "done.hours": (
        "Horaires enregistrés : ils partent vers les boîtiers.",
        "Hours saved: they are on their way to the controllers.",
    ),
    "done.always_open": ("L'atelier est ouvert à toute heure.", "The place is open at any hour."),
}
