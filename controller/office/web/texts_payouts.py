"""What the page of payouts says. See `texts`."""

from __future__ import annotations

PAYOUTS: dict[str, tuple[str, str]] = {
    "payouts.link": ("Voir ce qui est dû et versé", "See what is due and paid"),
    "payouts.title": ("Versements", "Payouts"),
    "payouts.explain": (
        "Seul ce qu'une clôture a rendu définitif se verse. Ce qui attend reste dû.",
        "Only what a closing has made final is paid out. What waits stays due.",
    ),
    "payouts.due": ("Dû aujourd'hui", "Due today"),
    "payouts.who": ("À qui", "To whom"),
    "payouts.amount": ("Somme", "Sum"),
    "payouts.state": ("État", "State"),
    "payouts.account": ("compte {account}", "account {account}"),
    "payouts.periods": ("pour {periods}", "for {periods}"),
    "payouts.old": (
        "Plus de cinq ans pour {periods} : l'action peut se prescrire (Code civil, 815-10). Rien n'est retiré.",
        "More than five years for {periods}: the claim may lapse (Code civil, 815-10). Nothing is taken.",
    ),
    "payouts.minimum": ("Minimum convenu : {amount}", "Agreed minimum: {amount}"),
    "payouts.run": ("Verser tout ce qui est à verser", "Pay all that is payable"),
    "payouts.run_hint": (
        "Les écritures sont passées, et le fichier pour la banque (SEPA) est prêt dans la liste.",
        "The entries are made, and the bank's file (SEPA) is ready in the list.",
    ),
    "payouts.day": ("Jour du virement", "Day of the transfer"),
    "payouts.day_hint": ("Par exemple 2027-02-05 ; sinon aujourd'hui", "For example 2027-02-05; else today"),
    "payouts.made": ("Versements faits", "Payouts made"),
    "payouts.none": ("Rien n'a encore été versé.", "Nothing has been paid out so far."),
    "payouts.file": ("Fichier pour la banque", "The bank's file"),
    "payouts.paid": ("Marquer versé", "Mark paid"),
    "payouts.reject": ("Marquer rejeté", "Mark rejected"),
    "payouts.reason": ("Raison", "Reason"),
    "payouts.hold_title": ("Retenir un versement", "Hold a payout back"),
    "payouts.hold": ("Retenir", "Hold"),
    "payouts.hold_hint": ("Sans raison, la retenue est levée.", "Without a reason the hold is lifted."),
    "payouts.hand_title": ("Versé autrement", "Paid otherwise"),
    "payouts.hand": ("Inscrire le versement", "Write the payout down"),
    "payouts.reference": ("Référence (chèque, virement, caisse)", "Reference (cheque, transfer, till)"),
    "payouts.account_title": ("Comptes bancaires", "Bank accounts"),
    "payouts.account_of": ("Compte de", "Account of"),
    "payouts.account_books": ("la structure, qui verse", "the organisation, which pays"),
    "payouts.holder": ("Titulaire, comme la banque le connaît", "Holder, as the bank knows them"),
    "payouts.iban": ("IBAN", "IBAN"),
    "payouts.iban_hint": (
        "Il est gardé chiffré et ne s'affiche plus ; vide, ce qui était gardé est détruit.",
        "It is kept encrypted and never shown again; empty, what was kept is destroyed.",
    ),
    "payouts.account_go": ("Enregistrer le compte", "Keep the account"),
    "done.payouts_sent": (
        "Versements inscrits : donnez le fichier à la banque.",
        "Payouts written down: give the bank its file.",
    ),
    "done.payout": ("C'est noté.", "Noted."),
}
