"""A co-owner's statement as people read it: what the page shows, and the same as a document for paper.

House rule: both are one template; the document carries the date of its closing and no other, so that it is the same
whenever it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from controller.office.accounts_tables import web_account
from controller.office.settlement.checks import QUESTIONS
from controller.office.web import pages_format
from controller.office.web.pages_frame import paper
from controller.office.web.texts import TEXTS, text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.errors import Language

STEPS = (
    ("income_cents", 1),
    ("earlier_cents", 1),
    ("waited_cents", 1),
    ("waiting_cents", 1),
    ("before_cents", -1),
    ("fee_cents", -1),
    ("after_cents", -1),
    ("from_reserve_cents", -1),
    ("reserve_cents", -1),
    ("distributed_cents", 1),
)
"""The steps from the income to the parts, each with the sign that it is drawn with."""

ASIDE = {"billed", "reversed", "waiting"}
"""What explains a counter beside the kinds of use."""

_ALWAYS = {"income_cents", "fee_cents", "distributed_cents"}


def view(tx: Connection, said: dict[str, Any], lang: Language) -> dict[str, Any]:
    """Return what the template needs beside the texts."""
    signers = {line["waived_by"] for line in said["check_list"]} - {None}
    named = select(web_account.c.id, web_account.c.login).where(web_account.c.id.in_(signers))
    logins = {row.id: row.login for row in tx.execute(named)}
    return {
        "said": said,
        "month": month_name(said["period"], lang),
        "steps": _steps,
        "question": lambda code: QUESTIONS[code].text(lang) if code in QUESTIONS else code,
        "counter": lambda seconds, energy_wh: _counter(seconds, energy_wh, lang),
        "explained_word": lambda what: _word("counters." if what in ASIDE else "kind.", what, lang),
        "role_word": lambda role: _word("role.", role, lang),
        "login_of": lambda account: logins.get(account, account),
    }


def document(tx: Connection, said: dict[str, Any], lang: Language) -> str:
    """Return the statement as HTML for paper, complete in itself."""
    written = pages_format.moment(said["reckoned_at"]).isoformat(timespec="seconds")
    return paper("statement_paper.html", lang, written=written, **view(tx, said, lang))


def month_name(period: str, lang: str) -> str:
    """Write a month: `01/2027`, in English `January 2027`."""
    year, _, month = period.partition("-")
    if lang == "fr":
        return f"{month}/{year}"
    return pages_format.day_of_iso(f"{period}-01", "en").partition(" ")[2]


def _counter(seconds: int | None, energy_wh: int | None, lang: Language) -> str:
    said = [] if seconds is None else [("−" if seconds < 0 else "") + pages_format.duration(abs(seconds), lang)]
    said += [] if energy_wh is None else [f"{energy_wh} Wh"]
    return " · ".join(said) or "?"


def _word(place: str, code: str, lang: Language) -> str:
    """Return the text of a code, or the code itself when a newer program has written it."""
    return text(place + code, lang) if place + code in TEXTS else code


def _steps(version: dict[str, Any]) -> list[tuple[str, int]]:
    """Return the steps that are something, or always drawn; closings from before a step knew nothing of it."""
    return [(name, sign * version[name]) for name, sign in STEPS if version.get(name) or name in _ALWAYS]
