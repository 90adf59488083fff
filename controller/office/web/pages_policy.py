"""The form of a machine's rules: one field for each of `Policy`, in the units that people think in.

House rules: what a field is follows from the type and the unit in its name, so a new rule needs its texts
(`texts_rules`) and a place in `GROUPS`, nothing else; a field that cannot be read keeps what was typed and says why.
"""

from __future__ import annotations

import re
import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Union, assert_never, get_args, get_origin, get_type_hints

from controller.domain.components import CENTS_LIMIT
from controller.domain.tariff import SECONDS_LIMIT
from controller.office.directory.policies import Policy
from controller.office.web import pages_format

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from controller.office.web.pages_frame import Visit

GROUPS: dict[str, tuple[str, ...]] = {
    "rules.before": (
        "in_service",
        "free_of_charge",
        "minimum_start_cents",
        "least_proof",
        "uses_at_once_max",
        "person_day_max_s",
        "on_the_spot",
        "bookings",
        "no_show_s",
    ),
    "rules.end": (
        "max_duration_s",
        "end_policy",
        "finish_max_s",
        "warn_at_s",
        "extend_s",
        "extended_max_s",
        "stop_tap",
        "hand_over",
        "stop_on_revoked",
    ),
    "rules.meter": ("running_above_w", "running_below_w", "idle_end_s"),
    "rules.extractor": ("extractor", "cool_down_s"),
    "rules.door": ("pulse_s",),
    "rules.trouble": ("without_clock", "stale_rights_max_s", "on_process_exit", "hold_max_gap_s", "after_power_loss"),
}
"""The fields under their headings, in the order of the page."""

UNITS_S = {"pulse_s": 1, "hold_max_gap_s": 1, "stale_rights_max_s": 86_400}
"""What a bare number counts in these fields; in the others minutes."""

COUNT_MAX = 1_000_000
"""Above every count that a machine has; the rules themselves say how few of a thing they take."""

Kind = Literal["choice", "yes_no", "duration", "durations", "amount", "count", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field as the page draws it: what stands in it, and for a choice the words to choose from."""

    name: str
    kind: Kind
    value: str
    options: tuple[tuple[str, str], ...] = ()
    unit: str = ""
    hint: str = ""


ALWAYS_OPEN = ("rules.before", "rules.end")
"""Groups that every machine has something to say in; the others are folded while they say what a new machine says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Fields under a heading; folded unless `shown`."""

    heading: str
    fields: tuple[Field, ...]
    shown: bool


def drawn(here: Visit, policy: Policy, wrong: Collection[str] = ()) -> list[Group]:
    """Return the groups with their fields, filled with a machine's rules as they are; `wrong` cannot be read."""
    new = Policy()
    return [
        Group(
            heading=heading,
            fields=tuple(_drawn(here, policy, name) for name in names),
            shown=heading in ALWAYS_OPEN
            or any(name in wrong or getattr(policy, name) != getattr(new, name) for name in names),
        )
        for heading, names in GROUPS.items()
    ]


def read(here: Visit, form: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return (what `Policy` takes, a sentence for each field that cannot be read)."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, kind in KINDS.items():
        value = _value(name, kind, form.get(name, "").strip())
        if value is _UNREAD:
            wrong[name] = here.text(f"rules.unread_{kind}")
        else:
            values[name] = value
    return values, wrong


def _kind(name: str, hint: Any) -> Kind:  # noqa: ANN401 - a type as it was written
    if get_origin(hint) is Literal:
        return "choice"
    if hint is bool:
        return "yes_no"
    if get_origin(hint) in {Union, types.UnionType}:
        return "durations"
    if hint is str:
        return "text"
    return "duration" if name.endswith("_s") else "amount" if name.endswith("_cents") else "count"


_HINTS = get_type_hints(Policy)
KINDS: dict[str, Kind] = {name: _kind(name, hint) for name, hint in _HINTS.items()}
_UNREAD = object()
_BETWEEN = re.compile(r";|,\s+|,$")


def _drawn(here: Visit, policy: Policy, name: str) -> Field:
    kind, unit_s = KINDS[name], UNITS_S.get(name, 60)
    return Field(
        name=name,
        kind=kind,
        value=_written(here, kind, getattr(policy, name), unit_s),
        options=tuple((each, here.text(f"rule.{name}.{each}")) for each in get_args(_HINTS[name]) if kind == "choice"),
        unit=_unit(here, name, kind, unit_s),
        hint=here.text(f"rule.{name}.hint") if f"rule.{name}.hint" in here.known_texts else "",
    )


def _unit(here: Visit, name: str, kind: Kind, unit_s: int) -> str:
    if kind in {"duration", "durations"}:
        return here.text(f"unit.{unit_s}")
    return "€" if kind == "amount" else "W" if name.endswith("_w") else ""


def _written(here: Visit, kind: Kind, value: Any, unit_s: int) -> str:  # noqa: ANN401 - what the field's type says
    match kind:
        case "yes_no":
            return "yes" if value else ""
        case "duration":
            return pages_format.plain_duration(value, unit_s)
        case "durations":
            return "; ".join(pages_format.plain_duration(each, unit_s) for each in value or ())
        case "amount":
            return pages_format.plain_amount(value, here.lang)
        case "choice" | "count" | "text":
            return str(value)
        case _:
            assert_never(kind)


def _value(name: str, kind: Kind, typed: str) -> Any:  # noqa: ANN401 - what the field's type says, or `_UNREAD`
    match kind:
        case "choice":
            return typed if typed in get_args(_HINTS[name]) else _UNREAD
        case "yes_no":
            return typed == "yes"
        case "text":
            return typed
        case "duration":
            seconds = pages_format.read_duration(typed or "0", UNITS_S.get(name, 60))
            return _UNREAD if seconds is None or seconds > SECONDS_LIMIT else seconds
        case "durations":
            if not typed:
                return None
            each = [pages_format.read_duration(part, 60) for part in _BETWEEN.split(typed) if part.strip()]
            return _UNREAD if None in each else tuple(each)
        case "amount":
            cents = pages_format.read_amount(typed or "0")
            return _UNREAD if cents is None or cents > CENTS_LIMIT else cents
        case "count":
            right = (typed or "0").isascii() and (typed or "0").isdecimal() and len(typed) < len(str(COUNT_MAX))
            return int(typed or "0") if right else _UNREAD
        case _:
            assert_never(kind)
