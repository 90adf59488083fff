"""What the states of dues and payouts are called, for pages and the command alike."""

from __future__ import annotations

from controller.errors import Message

DUE_WORDS: dict[str, Message] = {
    "nothing": Message("rien n'est dû", "nothing is due"),
    "owes": Message("doit", "owes"),
    "held": Message("retenu", "held"),
    "below_minimum": Message("attend le minimum convenu", "waits for the agreed minimum"),
    "no_account": Message("compte bancaire inconnu", "no bank account known"),
    "payable": Message("à verser", "payable"),
}
"""What becomes of a due in the next run (`dues.Due.state`)."""

PAYOUT_WORDS: dict[str, Message] = {
    "sent": Message("envoyé à la banque", "sent to the bank"),
    "paid": Message("versé", "paid"),
    "rejected": Message("rejeté : de nouveau dû", "rejected: due again"),
}
"""What became of a payout."""
