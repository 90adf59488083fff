"""What the pages of trainings say. See `texts`."""

from __future__ import annotations

TRAININGS: dict[str, tuple[str, str]] = {
    "nav.trainings": ("Formations", "Trainings"),
    "training.new": ("Nouvelle formation", "New training"),
    "training.none": ("Aucune formation pour l'instant.", "No training yet."),
    "training.id_hint": (
        "Court et définitif, par exemple laser-bases : a-z, 0-9, tirets.",
        "Short and for good, for example laser-basics: a-z, 0-9, hyphens.",
    ),
    "training.valid_days": ("Valable combien de jours", "Valid for how many days"),
    "training.valid_days_hint": ("Vide : sans fin.", "Empty: without end."),
    "training.unused_max_days": (
        "Perdue après combien de jours sans utilisation",
        "Lost after how many days without use",
    ),
    "training.unused_hint": (
        "Vide : jamais. Chaque utilisation d'une de ses machines fait repartir le compte.",
        "Empty: never. Each use of one of its machines begins the count anew.",
    ),
    "training.supervised_uses": (
        "Acquise après combien d'utilisations accompagnées",
        "Earned by how many supervised uses",
    ),
    "training.supervised_hint": ("Vide : un formateur l'accorde.", "Empty: a trainer grants it."),
    "training.not_a_count": (
        "Ce nombre ne se lit pas : écrivez un nombre entier, ou rien.",
        "This number cannot be read: write a whole number, or nothing.",
    ),
    "training.opens": ("Machines ouvertes", "Machines opened"),
    "training.opens_nothing": ("n'ouvre aucune machine", "opens no machine"),
    "training.needs": ("Demande aussi", "Also needs"),
    "training.needs_hint": (
        "Elle ne compte que pour qui a aussi celles-ci.",
        "It counts only for who holds these as well.",
    ),
    "training.rules": ("Ses règles", "Its rules"),
    "training.change": ("Changer ses règles", "Change its rules"),
    "training.save_rules": ("Enregistrer ses règles", "Save its rules"),
    "done.training_rules": (
        "Règles enregistrées ; les habilitations accordées gardent leurs dates.",
        "Rules saved; what was granted keeps its dates.",
    ),
    "training.lasts": ("valable {days} jours", "valid for {days} days"),
    "training.lasts_on": ("valable sans fin", "valid without end"),
    "training.lost_unused": ("perdue après {days} jours sans utilisation", "lost after {days} days without use"),
    "training.by_use": (
        "acquise après {count} utilisations sous les yeux d'un formateur",
        "earned by {count} uses under a trainer's eyes",
    ),
    "training.needs_those": ("demande aussi : {names}", "also needs: {names}"),
    "training.save_machines": ("Enregistrer ses machines", "Save its machines"),
    "training.trainers": ("Qui l'a, et qui la donne", "Who holds it, and who gives it"),
    "training.consent": (
        "Un formateur n'est nommé à qui manque de la formation que s'il est d'accord : demandez-lui avant.",
        "A trainer is named to who lacks the training only with their consent: ask them first.",
    ),
    "training.holds": ("l'a", "holds it"),
    "training.unnamed": ("la donne, sans être nommé", "gives it, is not named"),
    "training.named": ("la donne, d'accord pour être nommé", "gives it, agreed to be named"),
    "training.do_name": ("La donne, peut être nommé", "Gives it, may be named"),
    "training.do_unname": ("La donne, sans être nommé", "Gives it, not named"),
    "training.do_not": ("Ne la donne plus", "Gives it no more"),
    "done.training": (
        "Formation ajoutée : accordez-la depuis la page d'un adhérent.",
        "Training added: grant it on a member's page.",
    ),
    "done.training_machines": (
        "Machines enregistrées : elles partent vers les boîtiers.",
        "Machines saved: they are on their way to the controllers.",
    ),
    "done.trainer": ("Formateur enregistré.", "Trainer saved."),
}
