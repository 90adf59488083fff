"""What each form of the pages is in the API: everything that a page does, a program can do.

House rules: a new form has its line here, or its reason among the exceptions; a test walks every form.
"""

from __future__ import annotations

from typing import Final

Call = tuple[str, str]
"""A method and an address below `/api/v1`."""

_SECOND = "/account/second-factor"
_PAYOUTS = "/agreements/{key}/payouts"

TWINS: Final[dict[str, tuple[Call, ...]]] = {
    "/sign-in": (("POST", "/session"),),
    "/sign-out": (("DELETE", "/session"),),
    "/set-up": (("POST", "/setup"),),
    _SECOND: (("POST", _SECOND),),
    f"{_SECOND}/confirm": (("POST", f"{_SECOND}/confirm"),),
    f"{_SECOND}/remove": (("POST", f"{_SECOND}/remove"),),
    "/account/sessions/{key}/end": (("DELETE", "/account/sessions/{key}"),),
    "/account/tokens": (("POST", "/tokens"),),
    "/account/tokens/{key}/revoke": (("DELETE", "/tokens/{key}"),),
    "/accounts": (("POST", "/accounts"),),
    "/accounts/{key}": (
        ("POST", "/accounts/{key}/disable"),
        ("POST", "/accounts/{key}/enable"),
        ("DELETE", "/accounts/{key}/sessions"),
        ("DELETE", "/accounts/{key}/second-factor"),
        ("PUT", "/accounts/{key}/roles"),
    ),
    "/agreements/{key}/closing/{period}": (("POST", "/agreements/{key}/closings"),),
    "/agreements/{key}/closing/{period}/answer": (("POST", "/disputes/{key}/answer"),),
    "/agreements/{key}/closing/{period}/counter": (("POST", "/machines/{key}/counter"),),
    "/agreements/{key}/closing/{period}/till": (("PUT", "/books/{books}/till-counts"),),
    "/agreements/{key}/statements/{period}/dispute": (("POST", "/agreements/{key}/disputes"),),
    "/agreements/{key}/votes": (("POST", "/agreements/{key}/votes"),),
    "/agreements/{key}/votes/{decision}": (("POST", "/votes/{key}/ballots"),),
    "/agreements/{key}/votes/{decision}/settle": (("POST", "/votes/{key}/settle"),),
    "/agreements/{key}/transfer": (("POST", "/agreements/{key}/transfers"),),
    _PAYOUTS: (("POST", _PAYOUTS),),
    f"{_PAYOUTS}/account": (("PUT", "/bank-accounts"),),
    f"{_PAYOUTS}/by-hand": (("POST", f"{_PAYOUTS}/by-hand"),),
    f"{_PAYOUTS}/hold": (("PUT", "/agreements/{key}/payout-hold"),),
    f"{_PAYOUTS}/{{payout}}/paid": (("POST", "/payouts/{key}/paid"),),
    f"{_PAYOUTS}/{{payout}}/rejected": (("POST", "/payouts/{key}/rejected"),),
    "/classes/new": (("POST", "/classes"),),
    "/classes/{key}/lessons": (("POST", "/classes/{key}/lessons"),),
    "/classes/{key}/lessons/{lesson}/cancel": (("DELETE", "/lessons/{key}"),),
    "/credit/{key}": (("PUT", "/books/{key}/credit-terms"),),
    "/credit/{key}/legal": (("PUT", "/books/{key}/legal/{name}"),),
    "/credit/{key}/plans": (("POST", "/books/{key}/plans"),),
    "/credit/{key}/plans/end": (("DELETE", "/plans/{key}"),),
    "/enrol": (("POST", "/unknown-taps/{tap}/enrol"),),
    "/hashes": (("PUT", "/hash-wish"),),
    "/health/tray/retry": (("POST", "/tray/retry"),),
    "/health/tray/{controller}/{branch}/{n}": (("POST", "/tray/{controller}/{branch}/{n}/settle"),),
    "/health/tray/{controller}/{branch}/{n}/running-time": (("POST", "/tray/{controller}/{branch}/{n}/running-time"),),
    "/messages": (("PUT", "/account/messages"),),
    "/messages/try": (("POST", "/account/messages/trial"),),
    "/hours/{key}": (("PUT", "/sites/{key}/opening-hours"), ("DELETE", "/sites/{key}/opening-hours")),
    "/organisations/{key}/invoices": (("POST", "/organisations/{payer}/invoices"),),
    "/organisations/{key}/invoices/words": (("PUT", "/invoice-words/{subject}/{word}"),),
    "/machines/new": (("POST", "/machines"),),
    "/machines/{key}/bookings": (("POST", "/bookings"),),
    "/machines/{key}/bookings/{booking}/cancel": (("DELETE", "/bookings/{key}"),),
    "/machines/{key}/danger": (("POST", "/machines/{key}/danger"),),
    "/machines/{key}/locks": (("POST", "/machines/{key}/locks"),),
    "/machines/{key}/locks/{lock}/lift": (("DELETE", "/locks/{lock}"),),
    "/machines/{key}/maintenance/{plan}/done": (("POST", "/machines/{key}/maintenance/{plan}/done"),),
    "/machines/{key}/placement": (("PUT", "/machines/{key}/placement"),),
    "/machines/{key}/price": (("POST", "/machines/{key}/prices"),),
    "/machines/{key}/screens": (("POST", "/machines/{key}/screens"),),
    "/machines/{key}/screens/{screen}/end": (("DELETE", "/screens/{key}"),),
    "/machines/{key}/settings": (("PUT", "/machines/{key}/policy"),),
    "/machines/{key}/stop": (("POST", "/sessions/{key}/stop"),),
    "/machines/{key}/trainings": (("PUT", "/trainings/{key}/machines"),),
    "/members/new": (("POST", "/members"), ("POST", "/unknown-taps/{tap}/enrol")),
    "/members/{key}/audience": (("PATCH", "/members/{key}"),),
    "/members/{key}/badges/{badge}": (
        ("POST", "/badges/{key}/block"),
        ("POST", "/badges/{key}/unblock"),
        ("DELETE", "/badges/{key}"),
    ),
    "/members/{key}/badges/{badge}/replace": (("POST", "/badges/{key}/replace"),),
    "/members/{key}/corrections": (("POST", "/sessions/{key}/correction"),),
    "/members/{key}/grants": (("POST", "/members/{key}/grants"),),
    "/members/{key}/grants/{training}/revoke": (("DELETE", "/members/{key}/grants/{training}"),),
    "/members/{key}/phone-link": (("POST", "/members/{key}/phone-link"),),
    "/members/{key}/packs": (("POST", "/payers/{payer}/packs"),),
    "/members/{key}/phones/end": (("DELETE", "/members/{key}/phones"),),
    "/members/{key}/refunds": (("POST", "/payers/{payer}/refunds"),),
    "/members/{key}/status": (("PATCH", "/members/{key}"),),
    "/members/{key}/top-ups": (("POST", "/payers/{payer}/top-ups"),),
    "/members/{key}/wishes": (("PUT", "/members/{key}/wishes"),),
    "/organisations": (("POST", "/organisations"),),
    "/organisations/{key}/order": (("PUT", "/organisations/{payer}/purchase-order"),),
    "/start/machine": (("POST", "/machines"), ("PUT", "/machines/{key}/placement")),
    "/start/member": (("POST", "/members"), ("POST", "/unknown-taps/{tap}/enrol")),
    "/start/price": (("POST", "/machines/{key}/prices"),),
    "/trainings/new": (("POST", "/trainings"),),
    "/trainings/{key}": (("PUT", "/trainings/{key}"),),
    "/trainings/{key}/machines": (("PUT", "/trainings/{key}/machines"),),
    "/trainings/{key}/trainers": (("POST", "/members/{key}/grants"),),
}

PAGES_ONLY: Final[dict[str, str]] = {
    "/demo/plug": "the simulated readers of the demonstration, which no workshop has",
    "/demo/tap": "the simulated readers of the demonstration, which no workshop has",
    "/phone/{code}": "keeps the page in the browser that opened the link; a program has its token",
}
"""Forms without a twin, and why."""
