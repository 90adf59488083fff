"""What the page of messages says. See `texts`."""

from __future__ import annotations

MESSAGES: dict[str, tuple[str, str]] = {
    "messages.title": ("Me prévenir", "Tell me"),
    "messages.explain": (
        "Rien n'est envoyé sans que vous le demandiez. Un message peut se perdre : ce qui compte est à la machine.",
        "Nothing is sent unless you ask for it. A message may be lost: what counts is shown at the machine.",
    ),
    "messages.email": ("Adresse électronique", "E-mail address"),
    "messages.email_hint": (
        "Gardée chiffrée, et seulement pour ces messages.",
        "Kept encrypted, and for these messages only.",
    ),
    "messages.ntfy": ("Sujet ntfy", "ntfy topic"),
    "messages.ntfy_hint": (
        "Celui que suit l'application de votre téléphone. Qui le devine lit vos messages : prenez-le long.",
        "The one that the app on your phone follows. Whoever guesses it reads your messages: make it long.",
    ),
    "messages.no_email": (
        "Aucun serveur de courrier n'est réglé ici : rien ne part par courrier.",
        "No mail server is set up here: nothing is sent by e-mail.",
    ),
    "messages.no_ntfy": (
        "Aucun serveur ntfy n'est réglé ici : rien ne part par ntfy.",
        "No ntfy server is set up here: nothing is sent by ntfy.",
    ),
    "messages.subjects": ("Me prévenir quand", "Tell me when"),
    "messages.warning": (
        "mon utilisation prend fin dans moins de dix minutes",
        "my use ends within ten minutes",
    ),
    "messages.job_finished": ("mon utilisation est terminée", "my use is finished"),
    "messages.training_ending": (
        "une de mes habilitations prend fin dans deux semaines",
        "one of my trainings ends in two weeks",
    ),
    "messages.low_credit": ("il me reste moins de cinq euros", "I have less than five euros left"),
    "messages.fault": ("une machine est en panne ou dangereuse", "a machine is faulty or dangerous"),
    "messages.controller_silent": (
        "un boîtier ne dit plus rien depuis dix minutes",
        "a controller has said nothing for ten minutes",
    ),
    "messages.backup_old": (
        "la dernière sauvegarde a plus de deux jours",
        "the last backup is older than two days",
    ),
    "messages.statement_ready": ("mon relevé est prêt", "my statement is ready"),
    "messages.daily_hash": (
        "une journée des comptes est clôturée (son empreinte)",
        "a day of the books is closed (its hash)",
    ),
    "messages.nothing": (
        "Il n'y a rien dont ce compte puisse être prévenu.",
        "There is nothing that this account could be told of.",
    ),
    "messages.go": ("Enregistrer", "Save"),
    "messages.try": ("Envoyer un essai", "Send a trial"),
    "done.messages": ("Enregistré.", "Saved."),
    "done.message_trial": (
        "L'essai part dans quelques secondes, aux adresses enregistrées.",
        "The trial leaves within seconds, to the addresses that are saved.",
    ),
}
