"""An agreement's version in words, French and English: who has what of the income, and what else was agreed.

House rules: what is written is what is counted; a term that is recorded and that nothing counts with says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.agreement import OwnersShare
from controller.domain.sessions import SessionKind
from controller.errors import Message
from controller.office.web.pages_format import day, duration, euros
from controller.office.web.texts import text

if TYPE_CHECKING:
    from controller.domain.agreement import AgreementVersion, Terms
    from controller.domain.deductions import Deductions
    from controller.errors import Language

NEAR_MS = 90 * 86_400_000
"""Three months before its end an agreement's owners are told on its page: time to meet and to vote."""

_BASIS = {
    "legal_indivision": Message("indivision légale (Code civil, 815)", "co-ownership by law (Code civil 815)"),
    "convention": Message("convention d'indivision (Code civil, 1873-1)", "written convention (Code civil 1873-1)"),
    "mandate": Message("mandat de gestion", "mandate to manage"),
    "sole_owner": Message("un seul propriétaire", "one owner alone"),
}
_LOSS = {
    "carry": Message("une perte est reportée sur les clôtures suivantes", "a loss is carried to the next closings"),
    "call_for_funds": Message("une perte est appelée auprès de chacun", "each is called upon for a loss"),
}
_OWN_USE = {
    "normal_rate": Message("un indivisaire paie comme tout le monde", "a co-owner pays like anybody"),
    "owner_rate": Message(
        "un indivisaire paie un tarif à lui (à inscrire dans le prix de la machine)",
        "a co-owner pays a rate of their own (to be written into the machine's price)",
    ),
    "free_hours": Message(
        "un indivisaire a des heures gratuites (aucun nombre n'est inscrit : rien n'est compté)",
        "a co-owner has free hours (no number of them is written down: nothing is counted)",
    ),
    "indemnity": Message(
        "un indivisaire doit une indemnité (aucun montant n'est inscrit : rien n'est compté)",
        "a co-owner owes an indemnity (no sum is written down: nothing is counted)",
    ),
}
_COMPONENT = {
    "per_use": Message("le forfait par utilisation", "the sum for each use"),
    "per_time": Message("le temps de machine", "machine time"),
    "per_energy": Message("l'énergie", "energy"),
    "per_unit": Message("la matière", "material"),
}
_RENEWAL = {
    "none": Message("(ensuite l'indivision légale)", "(afterwards the law's own co-ownership)"),
    "tacit": Message("(renouvelé tacitement)", "(renewed tacitly)"),
}
_SHARE = {
    OwnersShare.CREDITED: Message("partagé", "shared"),
    OwnersShare.KEPT_BY_BOOKS: Message("gardé par l'atelier", "kept by the workshop"),
    OwnersShare.FREE: Message("gratuit", "free"),
}


def terms_lines(version: AgreementVersion, lang: Language) -> list[str]:
    """Say what a version agrees on, a sentence a line."""
    terms = version.terms
    said = [
        Message(
            f"Gérant : {terms.manager} ; {_BASIS[terms.legal_basis].fr}",
            f"Manager: {terms.manager}; {_BASIS[terms.legal_basis].en}",
        ).text(lang),
        _kinds(version, lang),
        _capital(_own_use(terms, lang).text(lang)),
        *(each.text(lang) for each in _kept(terms)),
        *(each.text(lang) for each in _what_is_not_paid(terms)),
        _capital(_LOSS[terms.loss_rule].text(lang)),
    ]
    if terms.term_until_at is not None:
        ends, follows = day(terms.term_until_at, lang), _RENEWAL[terms.renewal]
        said.append(Message(f"Convenu jusqu'au {ends} {follows.fr}", f"Agreed until {ends} {follows.en}").text(lang))
    if terms.deductions is not None:
        said += [each.text(lang) for each in _deductions(terms.deductions, lang)]
    if terms.payout_minimum_cents:
        least = euros(terms.payout_minimum_cents, lang)
        said.append(Message(f"On verse à partir de {least}", f"Payouts from {least} on").text(lang))
    return said


def term_alert(version: AgreementVersion, now_ms: int, lang: Language) -> str:
    """Say that an agreement's term is near or over; nothing while it is neither, or has none."""
    term = version.terms.term_until_at
    if term is None or now_ms < term - NEAR_MS:
        return ""
    ends, follows = day(term, lang), _RENEWAL[version.terms.renewal]
    if now_ms < term:
        said = Message(
            f"La convention prend fin le {ends} {follows.fr}.", f"The agreement ends on {ends} {follows.en}."
        )
    else:
        said = Message(
            f"Le terme est passé depuis le {ends} {follows.fr} : inscrivez ce qui vaut maintenant.",
            f"The term is over since {ends} {follows.en}: write down what holds now.",
        )
    return said.text(lang)


def _own_use(terms: Terms, lang: Language) -> Message:
    if terms.own_free_s:
        free = duration(terms.own_free_s, lang)
        return Message(
            f"ce qu'un indivisaire a payé pour les premières {free} de son propre usage lui est rendu à chaque clôture",
            f"what a co-owner paid for the first {free} of own use is given back at each closing",
        )
    if terms.indemnity_per_hour_cents:
        rate = euros(terms.indemnity_per_hour_cents, lang)
        return Message(
            f"un indivisaire doit à tous {rate} par heure de son propre usage, partagés par les quotes-parts",
            f"a co-owner owes everybody {rate} an hour of own use, shared by the quotas",
        )
    return _OWN_USE[terms.own_use]


def _kept(terms: Terms) -> list[Message]:
    if not terms.kept_components:
        return []
    named = [each.partition(":") for each in terms.kept_components]
    fr = ", ".join(unit or _COMPONENT[kind].fr for kind, _, unit in named)
    en = ", ".join(unit or _COMPONENT[kind].en for kind, _, unit in named)
    return [Message(f"L'atelier garde du prix : {fr}", f"The workshop keeps of the price: {en}")]


def _what_is_not_paid(terms: Terms) -> tuple[Message, ...]:
    """Say what debts, refunds and gifts mean for the owners: who bears what was not paid, or is not any more."""
    debts = (
        Message(
            "Une dette ou une facture impayée attend : elle est partagée à la clôture qui suit son paiement",
            "A debt or an unpaid invoice waits: it is shared by the closing after it is paid",
        )
        if terms.credited == "paid"
        else Message(
            "Une dette ou une facture impayée est partagée comme le reste ; l'atelier en porte le risque",
            "A debt or an unpaid invoice is shared like the rest; the workshop bears the risk",
        )
    )
    refunds = Message(
        "Une utilisation remboursée est reprise aux parts de la clôture suivante",
        "A use that is refunded is taken back from the parts of the next closing",
    )
    gifts = (
        Message("Ce que paie un crédit offert est partagé, aux frais de l'atelier", "What gift credit pays is shared")
        if terms.owners_share(SessionKind.GIFT) is OwnersShare.CREDITED
        else Message("Ce que paie un crédit offert ne rapporte rien", "What gift credit pays earns nothing")
    )
    return debts, refunds, gifts


def _kinds(version: AgreementVersion, lang: Language) -> str:
    parts = []
    for share, word in _SHARE.items():
        kinds = [text(f"kind.{kind.value}", lang) for kind in SessionKind if version.terms.owners_share(kind) is share]
        if kinds:
            parts.append(f"{word.text(lang)} ({', '.join(kinds)})")
    begin = Message("Ce que rapporte une utilisation : ", "What a use earns: ").text(lang)
    return begin + ", ".join(parts)


def _deductions(agreed: Deductions, lang: Language) -> list[Message]:
    said = []
    for cents, fr, en in (
        (agreed.fee_floor_cents, "Rémunération d'au moins {} par clôture", "A fee of at least {} a closing"),
        (agreed.fee_cap_cents, "Rémunération d'au plus {} par clôture", "A fee of at most {} a closing"),
        (agreed.quota_above_cents, "Une dépense au-delà de {} suit les quotes-parts", "An expense above {} by shares"),
    ):
        if cents is not None:
            said.append(Message(fr.format(euros(cents, lang)), en.format(euros(cents, lang))))
    if agreed.fee_per_hour_cents:
        hourly = euros(agreed.fee_per_hour_cents, lang)
        said.append(Message(f"Rémunération : {hourly} par heure partagée", f"A fee of {hourly} an hour of shared use"))
    if agreed.reserve_bp:
        rate = f"{agreed.reserve_bp // 100},{agreed.reserve_bp % 100:02} %"
        said.append(Message(f"Réserve : {rate} de ce qui reste", f"Reserve: {rate} of what is left"))
    if agreed.reserve_bp and agreed.reserve_ceiling_cents is not None:
        top = euros(agreed.reserve_ceiling_cents, lang)
        said.append(Message(f"La réserve s'arrête à {top}", f"The reserve stops at {top}"))
    return said


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
