"""What a person reads stands in one catalogue, in French and in English."""

import re
from pathlib import Path
from string import Formatter

from controller.domain.reasons import StopReason
from controller.domain.sessions import SessionKind
from controller.office import web
from controller.office.web.texts import TEXTS, text

FOLDER = Path(web.__file__).parent
TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))
SOURCES = [path.read_text() for path in [*TEMPLATES, *sorted(FOLDER.glob("pages*.py"))]]

NO_LANGUAGE = frozenset({"nav.label", "statement.machine", "nav.machines", "set_up.code", "member.badges",
                         "badge.unnamed", "stop.second_tap", "kind.maintenance", "unit.60", "plans.machine",
                         "payouts.iban"})  # fmt: skip
"""Words that are the same in both languages may be equal; any other equal pair is a forgotten translation."""


def _braces(said: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(said) if name is not None}


def test_every_text_is_there_in_both_languages_with_the_same_braces() -> None:
    """A text that lacks a language, or fills in something else in one of them, is found here and not by a reader."""
    wrong = [
        key
        for key, (french, english) in TEXTS.items()
        if not french.strip() or not english.strip() or _braces(french) != _braces(english)
    ]

    assert wrong == []


def test_no_text_is_the_same_in_both_languages_unless_the_word_is() -> None:
    """A French sentence copied into the English column is no translation."""
    same = {key for key, (french, english) in TEXTS.items() if french == english}

    assert same <= NO_LANGUAGE


def test_every_id_that_a_page_asks_for_is_in_the_catalogue() -> None:
    """A page never fails for a text that was forgotten."""
    asked = set()
    for source in SOURCES:
        asked.update(re.findall(r'\b(?:t|text)\("([a-z_]+\.[a-z_0-9]+)"', source))
        asked.update(re.findall(r'"(done\.[a-z_]+)"', source))

    assert asked - set(TEXTS) == set()


def test_every_code_of_a_closed_list_has_its_text() -> None:
    """A new reason for an end, or a new kind of use, asks for its word here."""
    wanted = {f"stop.{each}" for each in StopReason} | {f"limit.{each}" for each in StopReason}
    wanted |= {f"kind.{each}" for each in SessionKind}

    assert wanted - set(TEXTS) == set()


def test_no_text_is_kept_that_no_page_shows() -> None:
    """The catalogue holds what people read and nothing else."""
    said = "\n".join(SOURCES)
    families = set(re.findall(r'f?"([a-z_]+\.[a-z]*_?)(?:\{|" ~|", )', said))

    unused = {key for key in TEXTS if f'"{key}"' not in said and not any(key.startswith(each) for each in families)}

    assert unused == set()


def test_no_template_speaks_for_itself() -> None:
    """A word between tags would be read in one language only."""
    spoken = {}
    for path in TEMPLATES:
        bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", path.read_text(), flags=re.DOTALL)
        attributes = re.findall(r'(?:aria-label|title|placeholder|alt)="([^"]*[A-Za-z][^"]*)"', bare)
        words = re.findall(r"[A-Za-zÀ-ÿ]+", re.sub(r"<[^>]*>", " ", bare))
        if words or attributes:
            spoken[path.name] = words + attributes

    assert spoken == {}


def test_french_signs_never_begin_a_line() -> None:
    """A colon or a closing quote stays with its word."""
    said = text("health.no_backup", "fr")

    assert "«\u00a0indivis backup\u00a0»" in said
    assert "connue\u00a0:" in said


def test_one_is_not_said_as_many() -> None:
    """A count of one has a text of its own; French counts none with it."""
    assert [text("owners.uses", "fr", count=count) for count in (0, 1, 2)] == [
        "0 utilisation", "1 utilisation", "2 utilisations",
    ]  # fmt: skip
    assert [text("owners.uses", "en", count=count) for count in (0, 1, 2)] == ["0 uses", "1 use", "2 uses"]


def test_no_page_speaks_of_how_it_is_built() -> None:
    """Words on the screen are those of people who use machines, not those of the program's parts."""
    ours = re.compile(r"\b(bureau|journal|journaux|lot|lots|office|journals?|leases?|consign\w*)\b", re.IGNORECASE)

    assert {key: said for key, said in TEXTS.items() if any(map(ours.search, said))} == {}
