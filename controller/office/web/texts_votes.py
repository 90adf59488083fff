"""What the page of co-owners' votes says. See `texts`."""

from __future__ import annotations

VOTES: dict[str, tuple[str, str]] = {
    "votes.title": ("Votes des indivisaires", "Votes of co-owners"),
    "votes.link": ("Voter, voir ce qui a été décidé", "Vote, see what was decided"),
    "votes.explain": (
        "Chaque voix pèse sa quote-part, et se taire n'est pas consentir. Nul ne vote sur sa propre rémunération.",
        "Each vote weighs its share, and silence is not consent. Nobody votes on their own fee.",
    ),
    "votes.none": ("Rien n'a été mis aux voix.", "Nothing was put to the vote."),
    "votes.from": ("À partir du {day}", "From {day} on"),
    "votes.what": ("Ce qui vaudrait alors", "What would hold then"),
    "votes.count": (
        "{in_favour} pour, {against} contre, sur {total} voix",
        "{in_favour} for, {against} against, of {total} votes",
    ),
    "votes.excluded": ("Ne vote pas : {who}", "Without a vote: {who}"),
    "vote_state.open": ("ouvert", "open"),
    "vote_state.carried": ("adopté : version {version}", "carried: version {version}"),
    "vote_state.lost": ("rejeté", "lost"),
    "votes.majority": ("Majorité", "Majority"),
    "vote_majority.majority": ("plus de la moitié des quotes-parts", "more than half of the shares"),
    "vote_majority.two_thirds": ("deux tiers des quotes-parts", "two thirds of the shares"),
    "vote_majority.unanimity": ("toutes les quotes-parts", "all shares"),
    "votes.whose": ("Voix de", "Vote of"),
    "votes.choice": ("Mon vote", "My vote"),
    "vote_choice.for": ("pour", "for"),
    "vote_choice.against": ("contre", "against"),
    "vote_choice.abstain": ("sans avis", "no opinion"),
    "votes.cast": ("Voter", "Vote"),
    "votes.settle": ("Clore le vote et appliquer le résultat", "Settle the vote and apply the result"),
    "votes.propose": ("Proposer une autre rémunération du gérant", "Propose another fee for the manager"),
    "votes.question": ("La question", "The question"),
    "votes.percent": ("Part de la recette, en pour cent", "Part of the income, per cent"),
    "votes.per_hour": ("Et par heure d'utilisation, en euros", "And for an hour of use, in euros"),
    "votes.day": ("À partir de quel jour", "From which day on"),
    "votes.day_hint": ("Par exemple 2027-03-01", "For example 2027-03-01"),
    "votes.no_number": (
        "Écrivez un pourcentage de 0 à 100 et une somme, comme 12,50.",
        "Write a percentage from 0 to 100 and a sum, like 12.50.",
    ),
    "done.proposed": ("Mis aux voix.", "Put to the vote."),
    "done.voted": ("Vote inscrit.", "Vote written down."),
    "done.vote_settled": ("Vote clos.", "Vote settled."),
}
