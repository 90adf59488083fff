"""Who is there in an evening, and what a page may say of them and of the machines before it begins.

House rules: roles, never names; a machine's words are the fields of `MachineEntry`, so a new field can be said at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import UnionType
from typing import Literal, Union, get_args, get_origin, get_type_hints

from controller.domain.access import Holder
from controller.domain.directory import MachineEntry
from controller.domain.ids import AccountId
from controller.domain.sessions import SessionKind
from controller.domain.tariff import Price
from tests.evenings.lines import MistakeError, Where
from tests.story import DAY_MS, EVENING_MS, TRAINED, Story, maker

STRANGER = "a stranger"
CAST: dict[str, Holder] = {
    "a member": maker("member"),
    "another member": maker("other"),
    "a trainer": replace(maker("trainer"), rights=(replace(TRAINED, may_train=True),)),
    "a pupil": replace(maker("pupil"), rights=()),
    "the maintainer": maker("maintainer", kind=SessionKind.MAINTENANCE),
    "the caretaker": maker("caretaker", kind=SessionKind.STAFF),
}
_PERSON: dict[str, Callable[[Holder], Holder]] = {
    "untrained": lambda who: replace(who, rights=()),
    "trained from tomorrow": lambda who: replace(who, rights=(replace(TRAINED, from_ms=EVENING_MS + DAY_MS),)),
    "trained until tonight": lambda who: replace(who, rights=(replace(TRAINED, until_ms=EVENING_MS + DAY_MS // 6),)),
    "trained until yesterday": lambda who: replace(who, rights=(replace(TRAINED, until_ms=EVENING_MS - DAY_MS),)),
    "suspended": lambda who: replace(who, suspended=True),
    "with a blocked badge": lambda who: replace(who, badge_blocked=True),
    "membership until yesterday": lambda who: replace(who, membership_until_ms=EVENING_MS - DAY_MS),
    "balance heard long ago": lambda who: replace(who, credit=replace(who.credit, fresh=False)),
    "spending not read yet": lambda who: replace(who, credit=replace(who.credit, spending_known=False)),
    "without an account": lambda who: replace(who, credit=replace(who.credit, available_cents=None)),
    "paid for by the account of a member": lambda who: replace(who, account=AccountId("a-member")),
}


def set_up(story: Story, where: Where, name: str, words: str) -> None:
    """Take over what a page says of a machine (`the laser`) or of a person (`a member`)."""
    machine = name.removeprefix("the ")
    if any(entry.machine == machine for entry in story.machines):
        told = dict(_field(where, each.strip()) for each in words.split(","))
        story.machines = tuple(
            replace(entry, **told) if entry.machine == machine else entry  # type: ignore[arg-type]
            for entry in story.machines
        )
        return
    if name not in story.makers:
        known = [*story.makers, *(f"the {entry.machine}" for entry in story.machines)]
        raise MistakeError(where, f"'{name}' is neither a person nor a machine here", ", ".join(known))
    for word in words.split(","):
        story.makers[name] = _person(where, story.makers[name], word.strip())


def _person(where: Where, who: Holder, word: str) -> Holder:
    number, _, rest = word.partition(" ")
    if rest == "€ of credit" and number.replace(".", "").isdigit():
        return replace(who, credit=replace(who.credit, available_cents=round(100 * float(number))))
    if word not in _PERSON:
        raise MistakeError(where, f"'{word}' says nothing of a person", ", ".join([*_PERSON, "'20.00 € of credit'"]))
    return _PERSON[word](who)


def _field(where: Where, words: str) -> tuple[str, object]:
    name, _, value = words.partition(" ")
    hints = get_type_hints(MachineEntry)
    if name not in hints or name in {"machine", "KIND"}:
        raise MistakeError(where, f"a machine has no '{name}'", ", ".join(hints))
    try:
        return name, _value(hints[name], value)
    except ValueError as error:
        raise MistakeError(where, f"{name} cannot be '{value}'", str(error)) from error


def _value(hint: object, words: str) -> object:
    """Read a word as a field's type; raise `ValueError` saying what it may be."""
    if get_origin(hint) in (UnionType, Union):
        if words == "none":
            return None
        hint = next(each for each in get_args(hint) if each is not type(None))
    if get_origin(hint) is Literal:
        if words not in get_args(hint):
            raise ValueError(" or ".join(map(str, get_args(hint))))
        return words
    if get_origin(hint) is tuple:
        return tuple(_value(get_args(hint)[0], each) for each in words.split("+") if each != "none")
    if hint is Price:
        raise ValueError("none: the price of these evenings is 0.50 € a minute, at least 1.00 €")
    return _plain(hint, words)


def _plain(hint: object, words: str) -> object:
    if hint is bool and words not in {"yes", "no"}:
        raise ValueError("yes or no")
    if hint is int and not words.isdigit():
        raise ValueError("a whole number")
    return words == "yes" if hint is bool else int(words) if hint is int else words
