"""What the page of a machine's bookings says. See `texts`."""

from __future__ import annotations

BOOKINGS: dict[str, tuple[str, str]] = {
    "bookings.title": ("Réservations de {name}", "Bookings of {name}"),
    "bookings.bookings": ("Réservations", "Bookings"),
    "bookings.does_ignore": (
        "Cette machine ne tient pas compte des réservations : elles ne sont qu'un mot entre vous.",
        "This machine does not look at bookings: they are only a word among you.",
    ),
    "bookings.does_honour": (
        "Sur un temps réservé, la machine n'ouvre que pour qui l'a réservé.",
        "In a booked time the machine opens only for who booked it.",
    ),
    "bookings.does_require": (
        "La machine n'ouvre que pendant votre réservation.",
        "The machine opens only within your booking.",
    ),
    "bookings.free": ("Libre.", "Free."),
    "bookings.you": ("Vous", "You"),
    "bookings.somebody": ("Réservé", "Booked"),
    "bookings.cancel": ("Annuler", "Cancel"),
    "bookings.before": ("Semaine précédente", "Week before"),
    "bookings.following": ("Semaine suivante", "Following week"),
    "bookings.book": ("Réserver pour vous", "Book for yourself"),
    "bookings.day": ("Jour", "Day"),
    "bookings.hours": ("Heures", "Hours"),
    "bookings.hours_hint": (
        "Par exemple 14:00-16:30 ; 22:00-2:00 finit le lendemain.",
        "For example 14:00-16:30; 22:00-2:00 ends on the next day.",
    ),
    "bookings.go": ("Réserver", "Book"),
    "bookings.no_member": (
        "Votre compte n'est celui d'aucun adhérent : il ne réserve pas pour lui-même.",
        "Your account is no member's: it books nothing for itself.",
    ),
    "bookings.not_a_time": (
        "Ce temps ne se lit pas : choisissez un jour et écrivez par exemple 14:00-16:30.",
        "This time cannot be read: choose a day and write 14:00-16:30, for example.",
    ),
    "done.booked": ("Réservé : le boîtier en est prévenu.", "Booked: the controller is told."),
    "done.booking_cancelled": ("Réservation annulée.", "Booking cancelled."),
}
