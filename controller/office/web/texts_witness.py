"""What the pages of hashes, disputes and counted money say. See `texts`."""

from __future__ import annotations

WITNESS: dict[str, tuple[str, str]] = {
    "hashes.link": ("Vérifier une empreinte, recevoir celles de chaque jour", "Check a hash, receive each day's"),
    "hashes.title": ("Empreintes", "Hashes"),
    "hashes.explain": (
        "Une empreinte gardée hors d'ici fait de vous un témoin : rien de clôturé ne peut être récrit en secret.",
        "A hash kept away from here makes you a witness: what is closed cannot be rewritten in secret any more.",
    ),
    "hashes.typed": ("Empreinte que vous avez gardée", "Hash that you kept"),
    "hashes.hint": ("64 signes, ou NUMÉRO:EMPREINTE", "64 characters, or NUMBER:HASH"),
    "hashes.check": ("Est-elle toujours là ?", "Is it still there?"),
    "hashes.there": (
        "Toujours dans la chaîne : écriture {seq}, inscrite le {day}, inchangée.",
        "Still in the chain: entry {seq}, booked on {day}, unchanged.",
    ),
    "hashes.changed": (
        "L'empreinte est là, écriture {seq}, mais l'écriture a été modifiée depuis : alertez les autres indivisaires.",
        "The hash is there, entry {seq}, but the entry was changed since: alert the other co-owners.",
    ),
    "hashes.gone": (
        "Cette empreinte n'est pas dans la chaîne : mal recopiée, ou l'histoire a été récrite.",
        "This hash is not in the chain: mistyped, or history was rewritten.",
    ),
    "hashes.other": (
        "L'écriture {seq} porte une autre empreinte, ou n'existe plus : l'histoire a été récrite avant elle.",
        "Entry {seq} has another hash today, or is gone: history was rewritten before it.",
    ),
    "hashes.proof": (
        "La preuve de toute la chaîne : « indivis verify --head », avec la clé publique.",
        "The proof of the whole chain: 'indivis verify --head', with the public key.",
    ),
    "hashes.wish": ("Recevoir l'empreinte de chaque jour clôturé", "Receive the hash of each closed day"),
    "hashes.no_wish": ("Ne plus les recevoir", "Receive them no longer"),
    "hashes.wished": ("Vous la recevez.", "You receive it."),
    "hashes.letters": ("Dernières empreintes pour vous", "Newest hashes for you"),
    "hashes.none": ("Aucune pour l'instant.", "None so far."),
    "done.hashes": ("C'est noté.", "Noted."),
    "dispute.title": ("Contestations", "Disputes"),
    "dispute.explain": (
        "Datée et gardée ; la clôture suivante attend la réponse écrite.",
        "Dated and kept; the next closing waits for the written answer.",
    ),
    "dispute.claim": ("Ce qui ne va pas", "What is wrong"),
    "dispute.go": ("Contester ce relevé", "Dispute this statement"),
    "dispute.answer": ("Réponse", "Answer"),
    "dispute.answer_go": ("Répondre", "Answer it"),
    "dispute.open": ("attend une réponse", "waits for an answer"),
    "dispute.about": ("{party}, relevé de {month}", "{party}, statement of {month}"),
    "done.disputed": ("Contestation inscrite.", "Dispute written down."),
    "done.answered": ("Réponse inscrite.", "Answer written down."),
    "till.title": ("Versements du mois, caisse et banque", "The month's top-ups, till and bank"),
    "till.explain": (
        "Ce que la caisse et la banque disent avoir reçu des adhérents, par moyen de paiement.",
        "What till and bank say came in from members, by means of payment.",
    ),
    "till.booked": ("Inscrit", "Booked"),
    "till.counted": ("Relevé", "Counted"),
    "till.difference": ("Écart", "Difference"),
    "till.go": ("Inscrire les sommes relevées", "Write down what was counted"),
    "done.till": ("Sommes relevées inscrites.", "Counted sums written down."),
    "means.direct_debit": ("prélèvement", "direct debit"),
    "means.online": ("en ligne", "online"),
}
