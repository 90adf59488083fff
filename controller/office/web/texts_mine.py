"""What a maker's own page at a machine says, and how it gets onto their phone. See `texts`."""

from __future__ import annotations

MINE: dict[str, tuple[str, str]] = {
    "mine.title": ("Et moi ?", "And me?"),
    "mine.uses": ("Mes dernières utilisations ici", "My last uses here"),
    "mine.all": ("Tout sur la machine", "All about the machine"),
    "mine.machines": ("Les machines et moi", "Machines and me"),
    "sign_in.remember": ("Rester connecté sur cet appareil", "Stay signed in on this device"),
    "sign_in.remember_hint": (
        "Trois mois, pour un compte d'adhérent ; les autres comptes, une demi-journée.",
        "Three months, for a member's account; other accounts, half a day.",
    ),
    "phone.title": ("Ma page sur ce téléphone", "My page on this phone"),
    "phone.explain": (
        "Ce téléphone s'en souviendra trois mois, sans mot de passe. S'il n'est pas à vous, n'appuyez pas.",
        "This phone will remember it for three months, without a password. If it is not yours, do not press.",
    ),
    "phone.go": ("Ouvrir ma page", "Open my page"),
    "phone.used": (
        "Ce lien a déjà servi, ou a plus d'un quart d'heure : demandez-en un autre à l'accueil.",
        "This link was used, or is older than a quarter of an hour: ask for another one at the desk.",
    ),
    "phone.heading": ("Téléphone", "Phone"),
    "phone.make": ("Ouvrir sa page sur son téléphone", "Open their page on their phone"),
    "phone.end": ("Déconnecter les téléphones", "Sign the phones out"),
    "phone.end_hint": (
        "Téléphone perdu ou prêté : chaque appareil devra se connecter de nouveau.",
        "A phone lost or lent: each device will have to sign in again.",
    ),
    "phone.of": ("La page de {name} sur son téléphone", "The page of {name} on their phone"),
    "phone.scan": (
        "Avec son téléphone, la personne photographie ce code : il sert une fois, pendant un quart d'heure.",
        "With their phone they take this code: it works once, for a quarter of an hour.",
    ),
    "phone.back": ("Revenir à l'adhérent", "Back to the member"),
    "replace.open": ("Perdu", "Lost"),
    "replace.title": ("Remplacer un badge perdu", "Replace a lost badge"),
    "replace.hint": (
        "Posez le nouveau badge sur un lecteur. L'ancien est bloqué au même instant et garde son histoire.",
        "Put the new badge to a reader. The old one is blocked at the same instant and keeps its history.",
    ),
    "replace.go": ("Bloquer l'ancien, donner le nouveau", "Block the old one, give the new one"),
    "done.replaced": (
        "Badge remplacé : l'ancien n'ouvre plus rien.",
        "Badge replaced: the old one opens nothing any more.",
    ),
    "done.phones_ended": ("Téléphones déconnectés.", "Phones signed out."),
}
