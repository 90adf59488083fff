"""What a machine's page says of its policy: what it demands before a use and how it ends one. See `texts`."""

from __future__ import annotations

POLICY: dict[str, tuple[str, str]] = {
    "access.title": ("Et vous ?", "And you?"),
    "access.opens": ("Votre habilitation l'ouvre", "Your training opens it"),
    "access.needs": ("« {name} » demande aussi : {needs}", "'{name}' also needs: {needs}"),
    "access.trainers": ("Qui peut vous former : {names}", "Who can train you: {names}"),
    "policy.in_service": ("En service", "In service"),
    "policy.maintenance": ("En maintenance", "Under maintenance"),
    "policy.out_of_service": ("Retirée de l'atelier", "Withdrawn"),
    "policy.max_duration": ("{duration} au plus par utilisation", "at most {duration} per use"),
    "policy.door": (
        "Une porte : ouverte {duration} après chaque badge accepté",
        "A door: open for {duration} after each badge that may pass",
    ),
    "policy.bookings_honour": (
        "Une réservation la garde pour qui l'a faite",
        "A booking keeps it for whoever made it",
    ),
    "policy.bookings_require": ("Ne démarre que sur réservation", "Starts for a booking only"),
    "policy.no_show": (
        "Une réservation tombe si personne ne vient dans les {duration}",
        "A booking is void when nobody comes within {duration}",
    ),
    "policy.minimum": ("Solde de {amount} au moins pour démarrer", "Balance of at least {amount} to start"),
    "policy.end_cut": ("Coupée à la fin prévue", "Cut at its end"),
    "policy.end_finish": (
        "Termine son travail, {duration} de plus au plus",
        "Finishes its job, {duration} more at most",
    ),
    "policy.end_warn_only": ("Avertit sans jamais couper", "Warns and never cuts"),
    "policy.extend": (
        "Un badge pendant un avertissement ajoute {duration}, jusqu'à {longest} en tout",
        "A tap during a warning adds {duration}, up to {longest} in all",
    ),
    "policy.revoked": (
        "Un droit retiré vaut aussi pour l'utilisation en cours",
        "A right taken away counts for the use under way too",
    ),
    "policy.at_once": (
        "{count} utilisations à la fois au plus par personne, celle-ci comprise",
        "at most {count} uses at once per person, this one included",
    ),
    "policy.spot_supervised": (
        "Le badge d'un formateur, puis celui de l'élève, note une utilisation surveillée",
        "A trainer's badge, then the pupil's, records a supervised use",
    ),
    "policy.spot_grant": (
        "Le badge d'un formateur, puis celui de l'élève, donne l'habilitation sur place",
        "A trainer's badge, then the pupil's, gives the training on the spot",
    ),
    "policy.day": ("{duration} au plus par personne et par jour", "at most {duration} per person and day"),
    "policy.hand_over": (
        "Se passe à la personne suivante sans couper : un badge, puis le sien",
        "Handed over to the next person without a cut: a tap, then theirs",
    ),
    "policy.cool_down": (
        "L'aspiration reste en marche {duration} après",
        "The extractor stays on for {duration} afterwards",
    ),
    "policy.acknowledge": (
        "Après une coupure de courant, se vérifie avant le premier démarrage",
        "Is checked before the first start after a power cut",
    ),
    "policy.idle_end": (
        "S'arrête après {duration} sans travailler",
        "Ends after {duration} without working",
    ),
    "policy.running": (
        "Travaille à partir de {above} W, au repos à {below} W",
        "Works from {above} W, idle at {below} W",
    ),
    "policy.stop_immediate": ("Le second passage du badge arrête", "The second tap stops"),
    "policy.stop_confirm": ("L'arrêt se confirme par un second passage", "A stop is confirmed by another tap"),
    "policy.proof_number+pin": ("Demande un badge et un code", "Asks for a badge and a code"),
    "policy.proof_cryptographic": (
        "Demande un badge à puce sécurisée : un numéro copié ne l'ouvre pas",
        "Asks for a badge with a secure chip: a copied number does not open it",
    ),
    "policy.clock_allow": ("Démarre aussi sans heure connue", "Starts without a known time too"),
    "policy.clock_refuse": ("Ne démarre pas sans heure connue", "Does not start without a known time"),
    "policy.exit_off": ("Coupée si le boîtier s'arrête", "Off when the controller stops"),
    "policy.exit_hold": ("Tient pendant un redémarrage bref du boîtier", "Holds through a short restart"),
}
