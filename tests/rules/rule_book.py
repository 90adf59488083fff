"""Makes docs/reference/rules.md of the code's own tables and of what the evenings show: `make rules`.

House rules: nothing here is prose of its own but the headings; what the code does not say is on another page
(docs/explanation/rules.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from controller.domain import events as ev
from controller.domain.directory import MachineEntry
from controller.domain.feedback import STANDS
from controller.domain.now import Now
from controller.domain.reasons import REFUSAL_SENTENCES, STOP_SENTENCES, Refusal, Sentence, StopReason
from controller.domain.rule_words import POLICY, STANDING, STATES, TIMES
from controller.domain.warnings import WARN_AT_S
from controller.domain.workshop import Limits, MachineWord
from controller.floor.reader_signs import signs_of
from firmware_bridge.commands import Light, Sound, Text
from tests.evenings.lines import read
from tests.evenings.telling import Told, tell
from tests.story import LASER, Story

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "rules.md"
EVENINGS = sorted(page for page in (ROOT / "tests" / "evenings").glob("*.md") if page.name != "README.md")
Move = tuple[MachineWord, MachineWord]

HEAD = """\
# Règles : états, raisons, politiques — rules: states, reasons, policies

This page is made of the code's own tables and of the evenings in [tests/evenings](../../tests/evenings/README.md) by
`make rules`; a test keeps it as they are. The nine rules that never bend, their stories, and how a use ends are told in
[explanation/rules.md](../explanation/rules.md).

Indivis is not a safety device. Emergency stops and guards are hard-wired; software observes them.
"""


class SeenStory(Story):
    """Notes what brings a machine from one state to another."""

    moves: dict[Move, set[str]]

    def __init__(self, *machines: MachineEntry) -> None:
        self.moves = defaultdict(set)
        super().__init__(*machines)

    def _perform(self, effect: ev.Effect, after: list[Callable[[], None]]) -> None:
        before = self.workshop
        super()._perform(effect, after)
        if isinstance(effect, ev.Record | ev.Note):
            for name in before.machines.keys() & self.workshop.machines.keys():
                move = (before.word(name), self.workshop.word(name))
                if move[0] != move[1]:
                    self.moves[move].add(_became(effect))


def _became(effect: ev.Record | ev.Note) -> str:
    if isinstance(effect, ev.Record):
        return f"`{effect.fact.KIND}`"
    notice = effect.notice
    name = type(notice.event).__name__ if isinstance(notice, ev.Adopted) else type(notice).__name__
    return f"*{name}*"


def page() -> str:
    """Return the whole page."""
    evenings = {each.stem: tell(read(each), SeenStory) for each in EVENINGS}
    parts = [HEAD, *_states(evenings), *_reasons(evenings), *_policy(), *_signs(), *_times()]
    return "\n".join(parts) + "\n"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def _states(evenings: dict[str, Told]) -> list[str]:
    moves: dict[Move, set[str]] = defaultdict(set)
    for told in evenings.values():
        if isinstance(told.story, SeenStory):
            for move, by in told.story.moves.items():
                moves[move] |= by
    order = list(STATES)
    rows = sorted(moves.items(), key=lambda each: (order.index(each[0][0]), order.index(each[0][1])))
    return [
        "## Les états d'une machine — a machine's states\n",
        _table(("State", "Français", "English"), [(f"`{name}`", said.fr, said.en) for name, said in STATES.items()]),
        "## D'un état à l'autre — from one state to another\n",
        "What the evenings show: `facts` are on disk, *events and notices* in memory.\n",
        _table(
            ("From", "To", "By"),
            [(f"`{before}`", f"`{after}`", ", ".join(sorted(by))) for (before, after), by in rows],
        ),
    ]


def _reasons(evenings: dict[str, Told]) -> list[str]:
    shown: dict[Refusal | StopReason, list[str]] = defaultdict(list)
    for name, told in evenings.items():
        for reason in told.reasons():
            shown[reason].append(name)
    return [
        "## Pourquoi un démarrage est refusé — why a start is refused\n",
        "In order of precedence: the first that applies is the one that is told.\n",
        _table(("Code", "Français", "English", "Evenings"), _rows(REFUSAL_SENTENCES, list(Refusal), shown)),
        "## Pourquoi une utilisation finit — why a use ends\n",
        _table(("Code", "Français", "English", "Evenings"), _rows(STOP_SENTENCES, list(StopReason), shown)),
    ]


R = TypeVar("R", Refusal, StopReason)


def _rows(
    sentences: dict[R, Sentence], order: list[R], shown: dict[Refusal | StopReason, list[str]]
) -> list[tuple[str, ...]]:
    return [
        (
            f"`{reason.value}`",
            sentences[reason].fr,
            sentences[reason].en,
            " · ".join(f"[{name}](../../tests/evenings/{name}.md)" for name in shown[reason]),
        )
        for reason in order
    ]


def _policy() -> list[str]:
    hints = get_type_hints(MachineEntry)
    rows = [
        (f"`{each.name}`", _values(hints[each.name]), _absent(each), POLICY[each.name].fr, POLICY[each.name].en)
        for each in fields(MachineEntry)
    ]
    return [
        "## La politique d'une machine — a machine's policy\n",
        _table(("Field", "Values", "Absent", "Français", "English"), rows),
    ]


def _values(hint: object) -> str:
    if get_origin(hint) in (UnionType, Union):
        return " or ".join(_values(each) for each in get_args(hint))
    if get_origin(hint) is Literal:
        return " · ".join(f"`{each}`" for each in get_args(hint))
    if get_origin(hint) is tuple:
        return f"list of {_values(get_args(hint)[0])}"
    if hint is NoneType:
        return "null"
    names: dict[object, str] = {int: "whole number", bool: "yes or no", str: "text"}
    return names.get(hint, getattr(hint, "__name__", str(hint)))


def _absent(declared: Field[Any]) -> str:
    """What a policy that says nothing of a field means; nothing where it must be said."""
    if declared.default is MISSING:
        return ""
    told = {None: "null", True: "yes", False: "no"}
    value = declared.default
    return f"`{told[value] if value is None or isinstance(value, bool) else value}`"


SIGNALS: tuple[ev.Signal, ...] = (
    ev.Signal(machine=LASER, verdict="granted", ends_in_s=7_200, ends_by=StopReason.MAXIMUM_DURATION),
    ev.Signal(machine=LASER, verdict="refused", refusal=Refusal.TRAINING_MISSING),
    ev.Signal(machine=LASER, verdict="stranger", refusal=Refusal.MACHINE_IN_USE),
    ev.Signal(machine=LASER, verdict="confirm_stop"),
    ev.Signal(machine=LASER, verdict="handing_over"),
    ev.Signal(machine=LASER, verdict="warning", ends_in_s=600, ends_by=StopReason.MAXIMUM_DURATION, extendable=True),
    ev.Signal(machine=LASER, verdict="warning", ends_in_s=60, ends_by=StopReason.CREDIT_EXHAUSTED),
    ev.Signal(machine=LASER, verdict="extended", ends_in_s=3_600),
    ev.Signal(machine=LASER, verdict="not_extended", stop=StopReason.CLOSING_TIME),
    ev.Signal(machine=LASER, verdict="no_use"),
    ev.Signal(machine=LASER, verdict="overtime", ends_by=StopReason.MAXIMUM_DURATION),
    ev.Signal(machine=LASER, verdict="trained"),
    ev.Signal(machine=LASER, verdict="supervised"),
    ev.Signal(machine=LASER, verdict="danger"),
    ev.Signal(machine=LASER, verdict="ended", cents=250),
)
"""One of each verdict, as an example."""


def _signs() -> list[str]:
    # Without a date no time of the clock is shown, so the page is the same in every time zone.
    undated = Now(boot_id="boot-1", boot_ms=0, wall_ms=None, clock="unknown")
    rows = []
    for signal in SIGNALS:
        by = signal.refusal or signal.stop or signal.ends_by
        name = f"`{signal.verdict}`" + (f" ({by.value})" if by is not None else "")
        light, sound, french = _commands(signal, undated, "fr")
        rows.append((name, light, sound, french, _commands(signal, undated, "en")[2]))
    standing = [
        (f"`{state}`", _light(light.colour, light.rhythm), STANDING[state].fr, STANDING[state].en)
        for state, light in STANDS.items()
    ]
    return [
        "## Ce qui reste allumé — what stands\n",
        "The light of each state, for as long as it lasts; no two share a rhythm. A verdict's is over it.\n",
        _table(("State", "Light", "Français", "English"), standing),
        "## Ce que montre un lecteur — what a reader shows\n",
        "Each verdict by light, sound and two lines of sixteen characters, each with an example of its reason.\n",
        _table(("Verdict", "Light", "Sound", "Français", "English"), rows),
    ]


def _light(colour: str, rhythm: str) -> str:
    return colour if rhythm == "steady" else f"{colour}, {rhythm}"


def _commands(signal: ev.Signal, now: Now, language: Literal["fr", "en"]) -> tuple[str, str, str]:
    light = sound = text = ""
    for command in signs_of(signal, now, language):
        match command:
            case Light(colour=colour, rhythm=rhythm, seconds=seconds):
                light = _light(colour, rhythm) + (f", {seconds} s" if seconds else "")
            case Sound(pattern=pattern):
                sound = pattern
            case Text(lines=lines):
                text = " / ".join(line for line in lines if line)
            case _:
                pass
    return light, sound, text


def _times() -> list[str]:
    defaults, warned = Limits(), ", ".join(map(str, WARN_AT_S))
    rows = [
        (f"`{each.name}`", str(getattr(defaults, each.name)), TIMES[each.name].fr, TIMES[each.name].en)
        for each in fields(Limits)
    ]
    return [
        "## Les temps comptés — the times counted\n",
        f"Warnings are given {warned} seconds before an end, where a machine says nothing else.\n",
        _table(("Name", "Milliseconds", "Français", "English"), rows),
    ]


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
