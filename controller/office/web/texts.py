"""Every text of the pages, in French and in English, by its id.

House rules: French first; an id is `place.what`; braces are filled in by the page. Refusals come from `domain.reasons`
and from the errors themselves. A test finds a text that lacks a language, has other braces in one of them, is used
nowhere, or stands in a template instead of here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from controller.office.web.texts_accounts import ACCOUNTS
from controller.office.web.texts_audit import AUDIT
from controller.office.web.texts_bookings import BOOKINGS
from controller.office.web.texts_classes import CLASSES
from controller.office.web.texts_credit import CREDIT
from controller.office.web.texts_ends import ENDS
from controller.office.web.texts_floor import FLOOR
from controller.office.web.texts_frame import FRAME
from controller.office.web.texts_hours import HOURS
from controller.office.web.texts_invoices import INVOICES
from controller.office.web.texts_kiosk import KIOSK
from controller.office.web.texts_labels import LABELS
from controller.office.web.texts_messages import MESSAGES
from controller.office.web.texts_mine import MINE
from controller.office.web.texts_packs import PACKS
from controller.office.web.texts_payouts import PAYOUTS
from controller.office.web.texts_policy import POLICY
from controller.office.web.texts_rules import RULES
from controller.office.web.texts_start import START
from controller.office.web.texts_statement import STATEMENT
from controller.office.web.texts_trainings import TRAININGS
from controller.office.web.texts_uses import USES
from controller.office.web.texts_wishes import WISHES
from controller.office.web.texts_witness import WITNESS

if TYPE_CHECKING:
    from controller.errors import Language

TEXTS: dict[str, tuple[str, str]] = {
    **FRAME,
    **ENDS,
    **INVOICES,
    **PAYOUTS,
    **WITNESS,
    **STATEMENT,
    **USES,
    **POLICY,
    **RULES,
    **BOOKINGS,
    **CLASSES,
    **CREDIT,
    **ACCOUNTS,
    **PACKS,
    **WISHES,
    **TRAININGS,
    **HOURS,
    **FLOOR,
    **KIOSK,
    **LABELS,
    **AUDIT,
    **START,
    **MINE,
    **MESSAGES,
}


def typeset(french: str) -> str:
    """Return French with no-break spaces where its typography wants them, so that no line begins with a sign."""
    return re.sub(r"« ", "«\u00a0", re.sub(r" ([:;?!»])", "\u00a0\\1", french))


def text(key: str, lang: Language, **filled: object) -> str:
    """Return a text in `lang`, its braces filled in; a `count` of one, in French also of none, takes `<key>_one`."""
    count = filled.get("count")
    if isinstance(count, int) and (count == 1 or (lang == "fr" and count == 0)) and f"{key}_one" in TEXTS:
        key = f"{key}_one"
    french, english = TEXTS[key]
    said = english if lang == "en" else typeset(french)
    return said.format(**filled) if filled else said
