"""What the first steps say. See `texts`."""

from __future__ import annotations

START: dict[str, tuple[str, str]] = {
    "start.title": ("Premiers pas", "First steps"),
    "start.explain": (
        "De rien au premier badge admis. Arrêtez quand vous voulez : cette page reprend où vous en étiez.",
        "From nothing to the first badge let in. Stop when you like: this page goes on where you were.",
    ),
    "start.go_on": ("Reprendre les premiers pas", "Go on with the first steps"),
    "start.done": ("fait", "done"),
    "start.place": ("Le lieu", "The place"),
    "start.place_hint": (
        "Nom du lieu et boîtiers viennent du fichier de réglages du Raspberry Pi.",
        "The place's name and controllers come from the settings file on the Raspberry Pi.",
    ),
    "start.machine": ("La première machine", "The first machine"),
    "start.machine_name": ("Son nom, comme on l'appelle à l'atelier", "Its name, as the workshop calls it"),
    "start.machine_hint": ("Par exemple : découpeuse laser", "For example: laser cutter"),
    "start.controller": ("Boîtier", "Controller"),
    "start.channel": ("Voie du relais", "Channel of the relay"),
    "start.channel_hint": (
        "Le nom de [[channel]] dans le fichier de réglages.",
        "The name of the [[channel]] in the settings file.",
    ),
    "start.trained": ("Il faut une habilitation pour l'utiliser", "A training is needed to use it"),
    "start.machine_go": ("Ajouter la machine", "Add the machine"),
    "start.wiring": ("Le câblage", "The wiring"),
    "start.in_touch": ("Le boîtier {controller} est à l'écoute.", "The controller {controller} is in touch."),
    "start.silent": (
        "Le boîtier {controller} ne parle pas encore : est-il démarré ?",
        "The controller {controller} does not speak yet: is it started?",
    ),
    "relay.off": (
        "Le relais est ouvert, relu par le boîtier.",
        "The relay is open, read back by the controller.",
    ),
    "relay.on": (
        "Le relais est fermé alors que personne n'a badgé : vérifiez le câblage avant d'aller plus loin.",
        "The relay is closed though nobody tapped: check the wiring before going on.",
    ),
    "relay.unknown": ("Rien n'est su du relais.", "Nothing is known of the relay."),
    "start.read": ("Le lecteur a lu un badge {ago}.", "The reader read a badge {ago}."),
    "start.not_read": (
        "Posez n'importe quel badge sur le lecteur : il sera refusé, et lu.",
        "Put any badge to the reader: it will be refused, and read.",
    ),
    "start.wired": ("Câblage vérifié", "Wiring checked"),
    "start.not_wired": ("Câblage à vérifier", "Wiring to check"),
    "start.wiring_hint": (
        "Aucune page ne met une machine sous tension : le relais s'essaie au premier badge, la machine débranchée.",
        "No page powers a machine: the relay is tried by the first badge, with the machine unplugged.",
    ),
    "start.price": ("Le prix, ou rien à payer", "The price, or nothing to pay"),
    "start.price_go": ("Fixer ce prix", "Set this price"),
    "start.free_go": ("Ici, rien n'est payant", "Nothing costs anything here"),
    "start.free_hint": (
        "Sans prix ni indivision, aucune page ne parle d'argent ; un prix fixé plus tard les fait revenir.",
        "Without prices or co-ownership no page speaks of money; a price set later brings them back.",
    ),
    "start.member": ("La première personne et son badge", "The first person and their badge"),
    "start.badge": ("Le badge, posé sur le lecteur à l'instant", "The badge, put to the reader just now"),
    "start.amount": ("Somme versée en espèces, en euros", "Sum paid in in cash, in euros"),
    "start.member_hint": (
        "Elle reçoit aussi l'habilitation de la machine.",
        "They are given the machine's training too.",
    ),
    "start.tap": ("Le premier badge admis", "The first badge let in"),
    "start.tap_hint": (
        "Posez ce badge sur le lecteur : le relais se ferme. Encore une fois après trois secondes : il s'ouvre.",
        "Put this badge to the reader: the relay closes. Once more after three seconds: it opens.",
    ),
    "start.ready": (
        "C'est prêt. Pensez maintenant à la sauvegarde, page Santé.",
        "All is ready. Think of the backup now, page Health.",
    ),
    "start.look": ("Regarder de nouveau", "Look again"),
    "start.later": ("Plus tard", "Later"),
    "done.free": ("Noté : rien n'est payant.", "Noted: nothing costs anything."),
}
