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
    "lot.paid": ("payé", "paid"),
    "lot.gift": ("offert", "given"),
    "lot.grant": ("subventionné", "granted"),
    "lot.until": ("jusqu'au {day}", "until {day}"),
    "lot.more": ("Cadeau, subvention, expiration", "Gift, grant, expiry"),
    "lot.kind": ("D'où vient ce crédit", "Where this credit comes from"),
    "lot.kind_hint": (
        "Un cadeau n'a pas de moyen de paiement ; ni cadeau ni subvention ne se remboursent.",
        "A gift has no means of payment; neither a gift nor a grant is refunded.",
    ),
    "lot.last_day": ("Dernier jour", "Last day"),
    "lot.last_day_hint": ("Vide : ce crédit n'expire pas.", "Empty: this credit does not expire."),
    "refund.title": ("Rembourser du crédit payé", "Refund paid credit"),
    "refund.amount": ("Montant rendu, en euros", "Amount handed back, in euros"),
    "refund.hint": (
        "{most} au plus : ce qui est payé et pas utilisé.",
        "{most} at most: what is paid and not used.",
    ),
    "refund.means": ("Rendu par", "Handed back by"),
    "refund.why": ("Raison", "Reason"),
    "refund.go": ("Enregistrer le remboursement", "Record the refund"),
    "correct.title": ("Corriger un arrêt oublié", "Put a forgotten stop right"),
    "correct.use": ("Utilisation", "Use"),
    "correct.lasted": ("Durée réelle", "How long it really lasted"),
    "correct.hint": (
        "En minutes, ou 1 h 30. Plus courte que comptée ; la différence revient au crédit et aux propriétaires.",
        "In minutes, or 1 h 30. Shorter than counted; the difference goes back to the credit and the owners.",
    ),
    "correct.go": ("Corriger", "Put right"),
    "done.corrected": ("Utilisation corrigée.", "Use put right."),
    "entry.expiry": ("Crédit expiré", "Credit expired"),
    "entry.refund": ("Remboursement", "Refund"),
    "done.given": ("Crédit offert enregistré.", "Gift of credit recorded."),
    "done.handed_back": ("Remboursement enregistré.", "Refund recorded."),
    "alarm.credit_sold_near_limit": (
        "Crédit vendu en douze mois : le seuil de déclaration approche",
        "Credit sold in twelve months: the limit for a declaration is near",
    ),
    "sold.title": ("Crédit vendu en douze mois", "Credit sold in twelve months"),
    "sold.what": (
        "Au-delà de {limit} sur douze mois, un réseau limité se déclare à l'ACPR (CMF L 521-3). Alerte à {percent} %.",
        "Above {limit} in a year a limited network is declared to the ACPR (CMF L 521-3). Notice at {percent} %.",
    ),
    "sold.near": ("Le seuil approche : parlez-en à votre comptable.", "The limit is near: ask your accountant."),
    "legal.more": ("Changer ces réglages datés", "Change these dated settings"),
    "legal.name": ("Réglage", "Setting"),
    "legal.credit_sold_limit_cents": ("Seuil de déclaration (€)", "Limit for a declaration (€)"),
    "legal.credit_sold_notice_percent": ("Alerte, en % du seuil", "Notice, in % of the limit"),
    "legal.expired_credit_vat": (
        "TVA sur le crédit payé qui expire (1 : oui, 0 : non)",
        "VAT on paid credit that expires (1: yes, 0: no)",
    ),
    "legal.from_day": ("À partir du", "From"),
    "legal.value": ("Valeur", "Value"),
    "legal.go": ("Enregistrer le réglage", "Save the setting"),
    "done.legal": ("Réglage enregistré.", "Setting saved."),
    "done.credit": (
        "Limites enregistrées : elles partent vers les boîtiers.",
        "Limits saved: they are on their way to the controllers.",
    ),
}
