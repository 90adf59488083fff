"""How the settings file is read into its tables: every problem with its line, its key, why and what to do.

House rules: nothing is guessed and nothing stops at the first problem. Shapes are dataclasses (`controller.settings`);
a field's metadata says what more than its type is asked of it.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from controller.credentials import handed
from controller.domain.ids import is_id
from controller.errors import Message, UserError
from controller.toml_places import name_at

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a file: its line, the key, why, and what to do."""

    line: int
    key: str
    why: Message
    cure: Message


class SettingsError(UserError):
    """The file cannot be used; `problems` holds every one found, in the order of their lines."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        self.path = path
        self.problems = sorted(problems, key=lambda problem: problem.line)
        said = [_said(path, problem) for problem in self.problems]
        super().__init__(Message("\n".join(s.fr for s in said), "\n".join(s.en for s in said)))

    def sentence(self, lang: Any = None) -> str:  # noqa: ANN401 - as in the base class
        """One line per problem, each naming file, line and key."""
        return self.what.text(lang)


def _said(path: Path, problem: Problem) -> Message:
    where = f"{path.name}:{problem.line} {problem.key}".rstrip()
    fr, en = (cure if cure.endswith(("?", "…")) else f"{cure}." for cure in (problem.cure.fr, problem.cure.en))
    return Message(f"{where} : {problem.why.fr} ; {fr}", f"{where}: {problem.why.en}; {en}")


def syntax_problem(text: str, said: str) -> Problem:
    """Return what stopped the TOML reader, whose words are `Invalid value (at line 21, column 7)`."""
    found = re.search(r"line (\d+)", said)
    line = int(found[1]) if found else len(text.splitlines())
    if "overwrite" in said or "twice" in said:
        why = Message("est déjà donné plus haut", "is already given above")
        cure = Message("gardez une seule des deux lignes", "keep one of the two lines")
    else:
        word = said.partition(" (at ")[0]
        why = Message(f"ce n'est pas du TOML ({word})", f"this is not valid TOML ({word})")
        cure = Message(
            'écrivez clé = valeur, les textes entre guillemets : name = "laser"',
            'write key = value, texts in quotes: name = "laser"',
        )
    return Problem(line=line, key=name_at(text, line), why=why, cure=cure)


PINS = (
    "pin",
    "feedback_pin",
    "extend_pin",
    "danger_pin",
    "red_pin",
    "green_pin",
    "blue_pin",
    "buzzer_pin",
)
"""Every key of a channel that names a pin: one pin has one use on the whole computer."""


class Reading:
    """One reading of one file; `problems` grows with it."""

    def __init__(self, places: dict[str, int]) -> None:
        self.problems: list[Problem] = []
        self._places = places

    def table(self, target: type[T], raw: dict[str, Any], name: str) -> T | None:
        hints = get_type_hints(target)
        known = {entry.name: entry for entry in fields(target)}  # type: ignore[arg-type] # every target is a dataclass
        for key in raw:
            if key not in known:
                self._unknown(name, key, list(known))
        values: dict[str, Any] = {}
        complete = True
        for key, entry in known.items():
            place = f"{name}.{key}" if name else key
            if key not in raw:
                if entry.default is MISSING and entry.default_factory is MISSING:
                    complete = False
                    wanted = f"[{place}]" if is_dataclass(hints[key]) else f"{key} = …"
                    cure = Message(f"ajoutez {wanted}", f"add {wanted}")
                    self.problem(place, Message("manque", "is missing"), cure, fallback=name)
                continue
            before = len(self.problems)
            values[key] = self._value(hints[key], raw[key], place, entry)
            complete = complete and len(self.problems) == before
        for key, entry in known.items():
            if entry.metadata.get("secret") and isinstance(path := values.get(key, entry.default), Path):
                values[key] = handed(path)
        return target(**values) if complete else None

    def _value(self, hint: Any, raw: Any, place: str, entry: Field[Any], fallback: str = "") -> Any:  # noqa: ANN401, C901 - one branch per shape
        options = [option for option in get_args(hint) if option is not type(None)]
        if get_origin(hint) is Literal:
            if raw not in get_args(hint):
                self.problem(place, is_not(raw, _list(get_args(hint))), choose(raw, get_args(hint)))
            return raw
        if get_origin(hint) is tuple:
            if not isinstance(raw, list):
                shape = f"[[{place}]]" if is_dataclass(options[0]) else f"{place.rpartition('.')[2]} = [ … ]"
                cure = Message(f"écrivez {shape}", f"write {shape}")
                self.problem(place, is_not(raw, ("une liste", "a list")), cure)
                return ()
            return tuple(
                self._value(options[0], item, f"{place}[{index}]", entry, fallback=place)
                for index, item in enumerate(raw)
            )
        if options and hint not in (str, int, bool, Path):
            return self._value(options[0], raw, place, entry)
        if hint is Path:
            if not isinstance(raw, str):
                self._wrong_type(place, raw, ("un chemin entre guillemets", "a path in quotes"))
                return Path()
            return Path(raw)
        if hint in (str, int, bool):
            if type(raw) is not hint:
                self._wrong_type(place, raw, _WORDS[hint], fallback)
                return raw
            return self._checked(raw, place, entry, fallback)
        if not isinstance(raw, dict):
            again = Message(f"écrivez [{place}]", f"write [{place}]") if isinstance(raw, list) else None
            self._wrong_type(place, raw, ("une table", "a table"), fallback or f"{place}[0]", again)
            return None
        return self.table(hint, raw, place)

    def _checked(self, raw: Any, place: str, entry: Field[Any], fallback: str) -> Any:  # noqa: ANN401 - str, int or bool
        rule = entry.metadata
        if rule.get("id") and not is_id(raw):
            self.problem(
                place,
                is_not(raw, ("un identifiant", "an id")),
                Message("utilisez a-z, 0-9, - et _", "use a-z, 0-9, - and _"),
                fallback,
            )
        if "low" in rule and not rule["low"] <= raw <= rule["high"]:
            low, high = rule["low"], rule["high"]
            fr, en = rule["what"]
            self.problem(
                place,
                is_not(raw, (f"{fr} ({low} à {high})", f"{en} ({low} to {high})")),
                Message(f"écrivez un nombre de {low} à {high}", f"write a number from {low} to {high}"),
            )
        if rule.get("filled") and not raw.strip():
            why = Message("est vide", "is empty")
            self.problem(place, why, Message("donnez une valeur", "give a value"), fallback)
        return raw

    def cross_check(self, raw: dict[str, Any]) -> None:
        """Check what no single key shows: names and pins used twice, readers of channels that are not there."""
        names = self._once(raw, "channel", ("name",))
        self._once(raw, "channel", PINS)
        self._once(raw, "reader", ("name",))
        self._once(raw, "reader", ("path",))
        for index, reader in tables(raw, "reader"):
            wanted = reader.get("channel")
            if isinstance(wanted, str) and wanted not in names:
                why = is_not(wanted, ("le nom d'un [[channel]]", "the name of a [[channel]]"))
                self.problem(f"reader[{index}].channel", why, choose(wanted, tuple(names)))

    def _once(self, raw: dict[str, Any], table: str, keys: tuple[str, ...]) -> list[object]:
        """Report values of these keys that were already given above; return all of them."""
        taken: list[object] = []
        for index, row in tables(raw, table):
            for key in (key for key in keys if key in row):
                if row[key] in taken:
                    self.problem(
                        f"{table}[{index}].{key}",
                        Message(f"{row[key]} est déjà pris plus haut", f"{row[key]} is already taken above"),
                        Message("donnez-en un autre", "give another one"),
                    )
                taken.append(row[key])
        return taken

    def _unknown(self, name: str, key: str, known: list[str]) -> None:
        self.problem(
            f"{name}.{key}" if name else key, Message("clé inconnue", "unknown key"), choose(key, tuple(known))
        )

    def _wrong_type(
        self, place: str, raw: object, wanted: tuple[str, str], fallback: str = "", cure: Message | None = None
    ) -> None:
        said = cure or Message(f"écrivez {wanted[0]}", f"write {wanted[1]}")
        self.problem(place, is_not(raw, wanted), said, fallback)

    def problem(self, key: str, why: Message, cure: Message, fallback: str = "") -> None:
        """Report what is wrong with a key; `fallback` is the place to show when the key itself is not there."""
        line = self._places.get(key) or self._places.get(fallback) or 1
        self.problems.append(Problem(line=line, key=key, why=why, cure=cure))


_WORDS = {
    str: ("un texte entre guillemets", "a text in quotes"),
    int: ("un nombre entier", "a whole number"),
    bool: ("true ou false", "true or false"),
}


def tables(raw: dict[str, Any], name: str) -> list[tuple[int, dict[str, Any]]]:
    """Return the tables of a list of them, each with its index; those that are no tables were reported already."""
    rows = raw.get(name)
    return [(index, row) for index, row in enumerate(rows) if isinstance(row, dict)] if isinstance(rows, list) else []


def _list(options: tuple[object, ...]) -> tuple[str, str]:
    joined = ", ".join(str(option) for option in options)
    return (f"l'un de : {joined}", f"one of: {joined}")


def is_not(raw: object, wanted: tuple[str, str]) -> Message:
    """Say what a value is not, in both languages."""
    shown = "…" if isinstance(raw, dict | list) else f"{raw!r}"[:60]
    return Message(f"{shown} n'est pas {wanted[0]}", f"{shown} is not {wanted[1]}")


def choose(raw: object, known: tuple[object, ...]) -> Message:
    """Say which known value was probably meant, or which there are."""
    if not known:
        return Message("ajoutez-en un", "add one")
    near = difflib.get_close_matches(str(raw), [str(option) for option in known], n=1, cutoff=0.5)
    if near:
        return Message(f"vouliez-vous {near[0]} ?", f"did you mean {near[0]}?")
    fr, en = _list(known)
    return Message(f"choisissez {fr}", f"choose {en}")
