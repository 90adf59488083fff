"""What the page of credit without the office says. See `texts`."""

from __future__ import annotations

CREDIT: dict[str, tuple[str, str]] = {
    "nav.credit": ("Crédit", "Credit"),
    "credit.title": ("Crédit sans réseau : {name}", "Credit without network: {name}"),
    "credit.what": (
        "Sans réseau, un boîtier se fie au dernier solde qu'il connaît, dans ces limites.",
        "Without network, a controller trusts the last balance it knows, within these limits.",
    ),
    "credit.fresh": ("Un solde est à jour pendant", "A balance is up to date for"),
    "credit.fresh_hint": ("En secondes, ou 5 min, 1 h.", "In seconds, or 5 min, 1 h."),
    "credit.account": ("Ensuite, par compte et par boîtier (€)", "After that, per account and controller (€)"),
    "credit.account_hint": (
        "Ce que dépensent ensemble, au plus, tous ceux que ce compte paie.",
        "What all those for whom this account pays spend together at most.",
    ),
    "credit.member": ("Dont, par personne (€)", "Of which, per person (€)"),
    "credit.member_hint": (
        "Vide : une personne seule peut dépenser la part de tout le compte.",
        "Empty: one person alone may spend what the whole account may.",
    ),
    "credit.steps": ("Puis de moins en moins (facultatif)", "Then less and less (optional)"),
    "credit.steps_hint": (
        "Par compte, depuis quand sans réseau : 1 h = 10; 24 h = 2,50; 7 j = 0.",
        "Per account, by how long without network: 1 h = 10; 24 h = 2.50; 7 d = 0.",
    ),
    "credit.no_steps": (
        "Ces paliers ne se lisent pas : écrivez 1 h = 10; 24 h = 2,50.",
        "These steps cannot be read: write 1 h = 10; 24 h = 2.50.",
    ),
    "credit.not_a_duration": (
        "Cette durée ne se lit pas : écrivez 60, 5 min ou 1 h.",
        "This duration cannot be read: write 60, 5 min or 1 h.",
    ),
    "credit.go": ("Enregistrer", "Save"),
    "done.credit": (
        "Limites enregistrées : elles partent vers les boîtiers.",
        "Limits saved: they are on their way to the controllers.",
    ),
}
