"""Every evening comes out as its page says, and together they show every reason. How to write one: README.md."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from controller.domain.canonical import Json, canonical
from controller.domain.codec import body_of, fact_from
from controller.domain.facts import SessionOpened, TapRefused
from controller.domain.ids import BranchId
from controller.domain.reasons import Refusal, StopReason
from controller.domain.replay import Memory, adopted, as_recorded, can_be_fed, decided_again, remember, started
from tests.evenings.lines import Evening, MistakeError, parse, read
from tests.evenings.telling import Told, tell

PAGES = sorted(page for page in Path(__file__).parent.glob("*.md") if page.name != "README.md")
LASER_EVENING = "# Un soir — an evening\n\n- 18:00 a member badges at the laser -> granted\n"

NOT_FED_AGAIN = frozenset({Refusal.SPENDING_UNKNOWN})
"""What the journal does not say of a decision: that spending was not read yet is known to the running program alone."""


@pytest.fixture(scope="module")
def told() -> dict[str, Told]:
    """Each evening, told once."""
    return {page.stem: tell(read(page)) for page in PAGES}


def test_every_evening_comes_out_as_its_page_says(told: dict[str, Told]) -> None:
    """A line that comes out differently fails with its file, its number and what was seen."""
    assert len(told) == len(PAGES) >= 40


def test_no_reason_is_without_an_evening(told: dict[str, Told]) -> None:
    """Whoever adds a reason adds the evening that shows it: these are the reasons that no page leads to."""
    shown = set().union(*(evening.reasons() for evening in told.values()))

    missing = [reason.value for reason in (*Refusal, *StopReason) if reason not in shown]

    assert missing == [], "add a page to tests/evenings for each of these (README.md says how)"


def test_an_evening_told_twice_is_the_same_evening(told: dict[str, Told]) -> None:
    """No clock, no chance and no order of a set leaks into the rules."""
    differing = [page.stem for page in PAGES if tell(read(page)).story.effects != told[page.stem].story.effects]

    assert differing == []


def test_what_an_evening_decided_is_decided_again_from_its_records(told: dict[str, Told]) -> None:
    """Each start and each refusal on record follows from the inputs that its fact keeps."""
    decided = [(page, *each) for page, evening in told.items() for each in evening.story.inputs]

    differing = [
        (page, fact)
        for page, workshop, tap, fact in decided
        if (isinstance(fact, SessionOpened) or fact.reason not in NOT_FED_AGAIN)
        and decided_again(workshop, fact, tap.holder) != fact
    ]

    assert len(decided) > len(PAGES)
    assert differing == []


def test_the_journal_of_an_evening_alone_decides_the_same(told: dict[str, Told]) -> None:
    """Told again from its facts and the directory of each revision, as `indivis replay` does, restarts included."""
    fed, differing = 0, []
    for page, evening in told.items():
        memory = Memory(adopted(started(BranchId("b1")), next(iter(evening.known.values())).directory))
        for branch, stored in zip(evening.branches, evening.story.journal, strict=True):
            fact = fact_from(stored.KIND, stored.SCHEMA, cast("Json", json.loads(canonical(body_of(stored)))))
            if isinstance(fact, SessionOpened | TapRefused) and can_be_fed(fact):
                known = evening.known[fact.inputs.revision]
                memory = replace(memory, workshop=adopted(memory.workshop, known.directory))
                holder = next((who for who in known.makers.values() if who.member == fact.member), None)
                again = decided_again(as_recorded(memory.workshop, fact), fact, holder)
                fed += 1
                differing += [(page, fact, again)] if again != fact else []
            memory = remember(memory, branch, fact)

    assert fed > len(PAGES)
    assert differing == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("- 18:10 another member badges at the mill -> refused: closed", "what is seen is: granted at the mill"),
        ("- 18:10 another member badges at the mill", "expected: nothing"),
        ("- 18:10 a member dances at the laser -> granted", "'a member dances at the laser' is no sentence known here"),
        ("- 18:10 a banker badges at the laser -> granted", "nobody here is 'a banker'"),
        ("- 18:10 time passes -> GRANTED!", "'GRANTED!' cannot be seen"),
        ("- 17:00 time passes", "this is earlier than the line before"),
        ("- a member badges at the laser", "no time begins this line"),
    ],
)
def test_a_mistake_in_a_page_is_told_with_its_line(line: str, says: str) -> None:
    """File, line, what is wrong and what was expected there: enough to mend it without reading the program."""
    with pytest.raises(MistakeError, match=r"^soir\.md:4: ") as mistake:
        tell(parse("soir.md", LASER_EVENING + line))

    assert says in str(mistake.value)
    assert "expected: " in str(mistake.value)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("- the laser: stop_tap perhaps", "expected: immediate or confirm"),
        ("- the laser: colour red", "a machine has no 'colour'"),
        ("- the press: stop_tap confirm", "'the press' is neither a person nor a machine here"),
        ("- a member: handsome", "'handsome' says nothing of a person"),
        ("- a member suspended", "nothing that is there"),
    ],
)
def test_a_mistake_before_the_evening_begins_is_told_as_well(line: str, says: str) -> None:
    """The words of a machine are those of its policy."""
    with pytest.raises(MistakeError, match=r"^soir\.md:3: ") as mistake:
        tell(parse("soir.md", f"# Un soir\n\n{line}\n- 18:00 time passes\n"))

    assert says in str(mistake.value)


def test_a_page_without_a_line_is_no_evening() -> None:
    """Prose alone proves nothing."""
    with pytest.raises(MistakeError, match="this is no evening"):
        parse("soir.md", "# Un soir\n\nTout va bien.\n")


def test_what_a_page_says_is_read_as_it_stands() -> None:
    """Prose is for the reader; a dash counts."""
    evening = parse("soir.md", "# Un soir\n\nUne phrase.\n\n" + LASER_EVENING.splitlines()[-1])

    assert isinstance(evening, Evening)
    assert [(each.happens, each.at_s) for each in evening.moments] == [("a member badges at the laser", 64_800)]
