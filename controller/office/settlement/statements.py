"""A co-owner's statement: the same figures as data, as a table and on the page, all out of one closing.

House rules: nothing is reckoned here but sums of what the closing froze; a statement of a final closing has the same
bytes whenever it is asked for. Uses stand in it by day, never a member, an id or a time of day. The table speaks
French, for accountants.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from controller.domain.canonical import canonical
from controller.office.refusals import no_such

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.office.settlement.closing import Closed

FORMAT = "indivis-statement-1"

_OF_A_LINE = ("code", "green", "count", "waived_by", "reason")
"""What owners see of the check-list: not the ids in the way, which may be a member's account."""

_Row = tuple[str, str, int | None, "dict[str, Any]"]
"""A line of the table: rubric, text, cents, and the cells between them by name."""

_HEAD = ("rubrique", "libellé", "jour", "machine", "utilisations", "secondes", "euros")
_STEPS = (
    ("income_cents", "Recette nette à partager", 1),
    ("earlier_cents", "dont périodes antérieures", 1),
    ("waited_cents", "dont payé depuis", 1),
    ("waiting_cents", "Pas encore payé, reporté", 1),
    ("before_cents", "Dépenses avant rémunération", -1),
    ("fee_cents", "Rémunération du gérant", -1),
    ("after_cents", "Dépenses après rémunération", -1),
    ("from_reserve_cents", "Dépenses prises sur la réserve", -1),
    ("reserve_cents", "Mouvement de la réserve", -1),
    ("distributed_cents", "À répartir entre co-indivisaires", 1),
)
_MINE = (
    ("before_cents", "Solde précédent", 1),
    ("paid_cents", "Versé depuis la clôture précédente", -1),
    ("part_cents", "Ma part de la période", 1),
    ("claims_cents", "Dépenses que j'ai avancées", 1),
    ("after_cents", "Solde dû", 1),
    ("called_cents", "Appel de fonds", 1),
)


def statement(closed: Closed, party: str) -> dict[str, Any]:
    """Return the statement of `party` out of a closing; raise `NotFoundError` for somebody who is not in it."""
    body = closed.body
    mine = next((owner for owner in body["owners"] if owner["party"] == party), None)
    if mine is None:
        raise no_such("le co-indivisaire", "co-owner", party)
    shown = {name: value for name, value in body.items() if name not in {"format", "owners", "wheels"}}
    return {
        **shown,
        "format": FORMAT,
        "check_list": [{name: line[name] for name in _OF_A_LINE} for line in body["check_list"]],
        "party": party,
        "mine": {**mine, "lines": _my_lines(body, party)},
        "closing": None if closed.hash is None else {"entry": closed.entry, "hash": closed.hash},
    }


def as_json(said: dict[str, Any]) -> bytes:
    """Return a statement as canonical JSON."""
    return canonical(said)


def as_csv(said: dict[str, Any]) -> bytes:
    """Return a statement as a table with semicolons, decimal commas and UTF-8's mark: what French spreadsheets read."""
    out = io.StringIO()
    write = csv.writer(out, delimiter=";", lineterminator="\r\n").writerow
    write(_HEAD)
    for what, text, cents, cells in (*_sums(said), *_mine(said), *_trail(said)):
        place = [cells.get(name, "") for name in ("day", "machine", "uses", "seconds")]
        write([what, _plain(text), *map(_plain, place), "" if cents is None else _euros(cents)])
    return out.getvalue().encode("utf-8-sig")


def _sums(said: dict[str, Any]) -> Iterator[_Row]:
    yield "relevé", f"{said['name']}, {said['period']}, {said['party']}", None, {}
    yield "état", "définitif" if said["status"] == "final" else "provisoire", None, {}
    for version in said["versions"]:
        what = f"convention version {version['version']}"
        for name, text, sign in _STEPS:
            yield what, text, sign * version.get(name, 0), {}  # older closings say less
        for expense in version["expenses"]:
            yield what, f"pièce {expense['voucher']} ({expense['key']})", -expense["cents"], {}


def _mine(said: dict[str, Any]) -> Iterator[_Row]:
    for mine in said["mine"]["lines"]:
        yield "ma part", f"version {mine['version']}, {mine['weight']}/{mine['total_weight']}", mine["cents"], {}
        if mine.get("own_cents"):
            yield "ma part", "dont mon propre usage", -mine["own_cents"], {}
    for name, text, sign in _MINE:
        # A closing made before there were payouts says nothing of them.
        yield "mon compte", text, sign * said["mine"].get(name, 0), {}
    for each in said["mine"].get("paid", ()):
        yield "versement", "renvoyé par la banque" if each["cents"] < 0 else "", each["cents"], {"day": each["day"]}


def _trail(said: dict[str, Any]) -> Iterator[_Row]:
    for day in said["days"]:
        text = "période antérieure" if day["earlier"] else ""
        yield "détail", text, day["net_cents"], {**day, "machine": day["name"]}
    for use in said["unshared"]:
        yield "sans recette", use["kind"], None, {**use, "machine": use["name"]}
    yield from _counters(said)
    if said["closing"] is not None:
        yield "empreinte de clôture", said["closing"]["hash"], None, {}


def _counters(said: dict[str, Any]) -> Iterator[_Row]:
    """What a closing says of the machines' own counters; one that is older says nothing."""
    for each in said.get("counters", ()):
        place = {"machine": each["name"]}
        for name, text in (("opening", "à l'ouverture"), ("closing", "à la clôture")):
            if each[name] is not None:
                read = each[name]
                yield (
                    "compteur",
                    f"{text}{_wh(read['energy_wh'])}",
                    None,
                    {**place, **read, "seconds": _or(read["seconds"])},
                )
        for part in each["explained"]:
            cells = {**place, "uses": part["uses"], "seconds": part["seconds"]}
            yield "compteur", f"{part['what']}{_wh(part['energy_wh'] or None)}", None, cells
        if each["unexplained_s"] is not None or each["unexplained_wh"] is not None:
            cells = {**place, "seconds": _or(each["unexplained_s"])}
            yield "compteur", f"inexpliqué{_wh(each['unexplained_wh'])}", None, cells
    for each in said.get("stray", ()):
        yield "courant sans utilisation", f"{each['power_w']} W", None, {**each, "machine": each["name"]}
    for each in said.get("corrections", ()):
        text = f"{each['what']}, {each['role']} : {each['reason']}"
        yield "correction", text, None, {**each, "machine": each["name"]}


def _wh(energy_wh: int | None) -> str:
    return "" if energy_wh is None else f", {energy_wh} Wh"


def _or(seconds: int | None) -> object:
    return "" if seconds is None else seconds


def _my_lines(body: dict[str, Any], party: str) -> list[dict[str, Any]]:
    return [
        {
            "version": version["version"],
            "total_weight": sum(each["weight"] for each in version["lines"] if each["role"] == "share"),
            **line,
        }
        for version in body["versions"]
        for line in version["lines"]
        if line["party"] == party and line["role"] == "share"
    ]


def _euros(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100},{abs(cents) % 100:02}"


def _plain(cell: object) -> str:
    """Keep a spreadsheet from taking a person's text for a formula."""
    said = str(cell)
    return f"'{said}" if said[:1] in {"=", "+", "-", "@", "\t"} else said
