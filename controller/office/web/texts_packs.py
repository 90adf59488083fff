"""What pages say of packs of minutes and of minutes that are included. See `texts`."""

from __future__ import annotations

PACKS: dict[str, tuple[str, str]] = {
    "pack.sell": ("Vendre des minutes", "Sell minutes"),
    "pack.plan": ("Forfait", "Pack"),
    "pack.means": ("Payé par", "Paid by"),
    "pack.go": ("Enregistrer la vente", "Record the sale"),
    "done.pack_sold": ("Minutes vendues.", "Minutes sold."),
    "plans.title": ("Forfaits de minutes", "Packs of minutes"),
    "plans.what": (
        "Les minutes paient avant l'argent, la fin la plus proche d'abord.",
        "Minutes pay before money, the nearest end first.",
    ),
    "plans.none": ("Aucun forfait.", "No packs."),
    "plans.add": ("Ajouter un forfait", "Add a pack"),
    "plans.name": ("Nom", "Name"),
    "plans.time": ("Durée", "How much time"),
    "plans.time_hint": ("En minutes, ou 10 h.", "In minutes, or 10 h."),
    "plans.price": ("Prix, en euros", "Price, in euros"),
    "plans.price_hint": (
        "Vide : inclus chaque mois dans l'adhésion.",
        "Empty: included in the membership each month.",
    ),
    "plans.machine": ("Machine", "Machine"),
    "plans.all": ("toutes", "all"),
    "plans.days": ("Valable, en jours", "Holds for, in days"),
    "plans.days_hint": ("Pour un forfait vendu. Vide : sans fin.", "For a pack that is sold. Empty: without an end."),
    "plans.audience": ("Pour qui", "For whom"),
    "plans.audience_hint": (
        "Pour des minutes incluses : le mot du prix. Vide : tous les adhérents.",
        "For included minutes: the word of the price. Empty: all members.",
    ),
    "plans.carried": ("Reportées, en mois", "Carried over, in months"),
    "plans.go": ("Proposer ce forfait", "Offer this pack"),
    "plans.end": ("Ne plus proposer", "Offer no more"),
    "plans.not_a_number": ("Un nombre entier, s'il vous plaît.", "A whole number, please."),
    "done.plan": ("Forfait proposé.", "Pack offered."),
    "done.plan_ended": ("Forfait arrêté : ce qui est vendu reste valable.", "Pack ended: what was sold holds on."),
}
