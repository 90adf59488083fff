"""`indivis replay`: any past evening step by step, from the real store; a kill -9 with what was billed until when."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from controller import cli
from controller.domain.access import Holder
from controller.domain.codec import fact_from
from controller.domain.directory import BadgeEntry, DirectoryEntry, MemberEntry, RightEntry
from controller.domain.facts import FACT_TYPES, ClockAnchored, Fact, SessionEnded, TapRefused
from controller.domain.ids import BranchId, SessionId
from controller.domain.reasons import Refusal, StopReason
from controller.floor.fact_words import words_of
from controller.floor.old_journal import Dated
from controller.floor.replica import Replica
from controller.floor.retelling import Retelling
from tests.floor import directory_kit, journal_kit
from tests.story import CERAMIC_KILN, CNC_MILL, KILN, LASER, LASER_CUTTER, MILL, Story

HERE = [replace(machine, controller=journal_kit.CONTROLLER) for machine in (LASER_CUTTER, CNC_MILL)]
REVISION = 7  # what the story's decisions carry


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command speaks English, and the computer's clock shows UTC."""
    monkeypatch.setenv("INDIVIS_LANG", "en")


def a_killed_evening() -> tuple[Story, int]:
    """Ada works, a stranger taps beside her; the program is killed 100 s after her start and comes back an hour later;
    Ben begins. The second value is how many facts the first start has written.
    """
    story = Story(*HERE)
    story.taps("ada", at=LASER)
    story.taps("stranger", at=LASER)
    story.makers["cleo"] = replace(story.makers["ada"], member="m-cleo", rights=())  # type: ignore[arg-type]
    story.taps("cleo", at=MILL)
    story.later(seconds=100)
    story.crashes()
    written = len(story.journal)
    story.starts_up(after_s=3_600)
    story.taps("ben", at=LASER)
    return story, written


def stored(folder: Path, story: Story, written: int) -> Path:
    """The story's facts in a real journal of two starts, each use named by its own start as a controller does."""
    path = folder / "journal.db"
    names: dict[str, str] = {}
    for number, part in enumerate((story.journal[:written], story.journal[written:]), 1):
        made, start = journal_kit.journal(path, seed=number)
        names[f"b{number}"] = start.branch
        journal_kit.settled(made, *(renamed(fact, names) for fact in part))
        made.close()
    return path


def renamed(fact: Fact, names: dict[str, str]) -> Fact:
    """The fact with its use named after the journal's own branch."""
    session = getattr(fact, "session", None)
    if session is None:
        return fact
    branch, number = session.split("-")
    return replace(fact, session=SessionId(f"{names[branch]}-{number}"))  # type: ignore[arg-type]


def told(folder: Path, story: Story, *, revision: int = REVISION) -> Path:
    """The directory of the evening in a real copy beside the journal."""
    path = folder / "replica.db"
    copy = Replica(path)
    people = [entry for name, holder in story.makers.items() for entry in entries_of(name, holder)]
    copy.apply_changes(
        incarnation="office-1",
        to_revision=revision,
        entries=directory_kit.put(*story.machines, *people, revision=revision),
        vector=(),
    )
    copy.close()
    return path


def entries_of(name: str, holder: Holder) -> Iterator[DirectoryEntry]:
    """What the office knows of somebody."""
    yield MemberEntry(
        member=holder.member,
        account=holder.account,
        status="active",
        membership_until_ms=holder.membership_until_ms,
        language="fr",
        use_kind=holder.use_kind,
    )
    yield BadgeEntry(token=f"token-of-{name}", member=holder.member, status="active")  # type: ignore[arg-type]
    for right in holder.rights:
        yield RightEntry(member=holder.member, training=right.training, from_ms=right.from_ms, until_ms=right.until_ms)


def replayed(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, list[dict[str, object]]]:
    """Exit code and steps of the command."""
    code = cli.main(["replay", "--json", *map(str, arguments)])
    steps: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return code, steps


def test_a_killed_evening_is_told_step_by_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who was refused and why, that the program started anew, and until when the use that it found open is billed."""
    path = stored(tmp_path, *a_killed_evening())

    code = cli.main(["replay", str(path)])

    said = capsys.readouterr().out
    assert code == 0
    assert "person 1 taps a badge\n        → granted and named on disk: at most 2:00:00 (maximum_duration)" in said
    assert "→ refused: machine_in_use\n          The machine is in use." in said
    assert "directory 7 (heard 0:00:01 before); credit €100.00; no lock; proof number; rules" in said
    assert "start 2" in said
    assert "uses that the start before left open: 1" in said
    assert (
        "the program finds a use open: person 1\n"
        "        → off, then written: recovered_crash, 0:01:30, €1.00; "
        "billed until its last proof, 1:00:10 before this start" in said
    )
    assert "Uses still open at the journal's end: 1" in said
    assert "decisions not judged again: give the directory's copy" in said


def test_nobody_is_named_and_no_badge_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Members are numbered in the order in which they appear; a token is shown nowhere."""
    path = stored(tmp_path, *a_killed_evening())

    cli.main(["replay", str(path)])
    plain = capsys.readouterr().out
    _, steps = replayed(capsys, path)

    assert [step["person"] for step in steps if step["person"] is not None] == [1, 2, 1, 3]
    for text in (plain, json.dumps(steps)):
        assert not any(word in text for word in ("m-ada", "m-ben", "a-ada", "token-of"))


def test_with_the_directory_each_decision_is_judged_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The copy of that very revision decides all of it the same."""
    story, written = a_killed_evening()
    path = stored(tmp_path, story, written)
    told(tmp_path, story)

    code, steps = replayed(capsys, path)

    assert code == 0
    judged = [(step["kind"], step["again"]) for step in steps if step["again"] is not None]
    assert judged == [
        ("session_opened", "same"),
        ("tap_refused", "same"),
        ("tap_refused", "same"),
        ("session_ended", "same"),
        ("session_opened", "same"),
    ]


def test_a_decision_that_todays_rules_take_otherwise_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the same revision a difference is one of the rules; of a later one the directory may have changed."""
    story, written = a_killed_evening()
    path = stored(tmp_path, story, written)
    story.makers["ada"] = replace(story.makers["ada"], rights=())

    code, steps = replayed(capsys, path, "--replica", told(tmp_path, story))
    (tmp_path / "later").mkdir()
    later_code, later = replayed(capsys, path, "--replica", told(tmp_path / "later", story, revision=9))

    first = next(step for step in steps if step["kind"] == "session_opened")
    assert (code, first["again"], first["again_says"]) == (1, "differs", "refused: training_missing")
    first = next(step for step in later if step["kind"] == "session_opened")
    assert (later_code, first["again"]) == (0, "directory_changed")


def test_a_price_that_does_not_add_up_is_shown_without_any_directory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What an end announced follows from the terms and the seconds on record."""
    story, written = a_killed_evening()
    story.journal = [
        replace(fact, announced_cents=99) if isinstance(fact, SessionEnded) else fact for fact in story.journal
    ]

    code, steps = replayed(capsys, stored(tmp_path, story, written))

    ended = next(step for step in steps if step["kind"] == "session_ended")
    assert (code, ended["again"], ended["again_says"]) == (1, "differs", "€1.00")


def test_a_part_of_the_evening_can_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By machine, with the starts; by date, from and until."""
    path = stored(tmp_path, *a_killed_evening())

    _, mill = replayed(capsys, path, "--machine", "mill")
    _, early = replayed(capsys, path, "--until", "2000-01-01")
    _, late = replayed(capsys, path, "--from", "2030-03-17T18:00:00+00:00")

    assert [step["kind"] for step in mill] == ["branch_opened", "tap_refused", "branch_opened"]
    assert early == []
    assert [step["kind"] for step in late] == ["session_ended", "session_opened"]


def test_a_journal_is_only_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A copy in a folder that nobody may write, and a journal whose controller is at work beside."""
    path = stored(tmp_path, *a_killed_evening())
    before = (path.read_bytes(), sorted(each.name for each in tmp_path.iterdir()))

    _, alone = replayed(capsys, path)
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("BEGIN IMMEDIATE")
        _, beside = replayed(capsys, path)
        writer.execute("ROLLBACK")

    assert alone == beside
    assert (path.read_bytes(), sorted(each.name for each in tmp_path.iterdir())) == before


@pytest.mark.parametrize(
    ("make", "exit_code", "says"),
    [
        ("nothing", 2, "does not exist; give the journal.db of a controller."),
        ("text", 2, "is not a journal of Indivis: it is no SQLite database"),
        ("replica", 2, "is not a journal of Indivis"),
        ("newer", 65, "comes from a newer Indivis: step journal_99 is not known here; upgrade Indivis."),
        ("locked", 69, "cannot be read just now: another program holds it; try again, or read a copy of the file."),
    ],
)
def test_what_cannot_be_told_is_answered_by_one_sentence(
    make: str, exit_code: int, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No such file, no journal, another store, a newer version, a file that somebody holds."""
    path = tmp_path / "journal.db"
    if make == "text":
        path.write_text("not a database, but long enough to be looked at as one" * 20)
    elif make == "replica":
        path = told(tmp_path, Story(*HERE))
    elif make != "nothing":
        journal_kit.journal(path)[0].close()
    with closing(sqlite3.connect(path if make in {"newer", "locked"} else ":memory:", isolation_level=None)) as other:
        if make == "newer":
            other.execute("UPDATE alembic_version SET version_num = 'journal_99'")
        elif make == "locked":
            other.execute("PRAGMA journal_mode = DELETE")
            other.execute("PRAGMA locking_mode = EXCLUSIVE")
            other.execute("BEGIN EXCLUSIVE")
        code = cli.main(["replay", str(path)])

    said = capsys.readouterr().err
    assert code == exit_code
    assert says in said
    assert said.count("\n") == 1


def test_a_date_that_is_none_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The option is named, with an example."""
    code = cli.main(["replay", str(tmp_path), "--from", "yesterday"])

    assert code == 2
    assert "--from: 'yesterday' is no date; write for instance 2030-03-15T18:00." in capsys.readouterr().err


def test_an_undated_evening_is_dated_by_the_anchor_of_its_boot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The clock was not known at the tap, and became known a minute later."""
    made, _ = journal_kit.journal(tmp_path / "journal.db")
    anchor = ClockAnchored(boot_id="boot-1", wall_at_boot_ms=journal_kit.NOON, at=journal_kit.stamp(60))
    journal_kit.settled(made, journal_kit.refused(5, dated=False), anchor)
    made.close()

    _, steps = replayed(capsys, tmp_path / "journal.db")

    assert [step["wall_ms"] for step in steps if step["kind"] == "tap_refused"] == [journal_kit.NOON + 5_000]


def test_every_kind_of_fact_has_words() -> None:
    """Whoever adds a kind adds what it says, in both languages; one of each is among the recorded bodies."""
    rows = json.loads((Path(__file__).parents[1] / "domain" / "recorded_facts.json").read_text("utf-8"))
    recorded = [fact_from(row["kind"], row["schema"], row["body"]) for row in rows]
    dated = [
        Dated(n=n, branch="b", kind=fact.KIND, fact=fact, forgotten=False, wall_ms=None)  # type: ignore[arg-type]
        for n, fact in enumerate(recorded, 1)
    ]

    words = {step.dated.kind: words_of(step) for step in Retelling().steps(dated)}

    assert set(words) == {each.KIND for each in FACT_TYPES}
    for each in words.values():
        assert each.event.fr != each.event.en
        assert each.decision.fr != each.decision.en


def test_every_reason_is_told_of_a_machine_that_nobody_knows() -> None:
    """Without the directory's copy no machine is known, and the journal is told all the same."""
    rows = json.loads((Path(__file__).parents[1] / "domain" / "recorded_facts.json").read_text("utf-8"))
    recorded = [fact_from(row["kind"], row["schema"], row["body"]) for row in rows]
    a_refusal = next(fact for fact in recorded if isinstance(fact, TapRefused))
    an_end = next(fact for fact in recorded if isinstance(fact, SessionEnded))
    facts: list[Fact] = [replace(a_refusal, reason=reason) for reason in Refusal]
    facts += [replace(an_end, reason=reason) for reason in StopReason]
    dated = [
        Dated(n=n, branch=BranchId("b"), kind=fact.KIND, fact=fact, forgotten=False, wall_ms=None)
        for n, fact in enumerate(facts, 1)
    ]

    steps = list(Retelling().steps(dated))

    assert len(steps) == len(Refusal) + len(StopReason)
    assert all(words_of(step).why is not None for step in steps)


def test_a_held_kiln_is_told_without_any_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A machine that the replay knows nothing of goes on through a restart, and ends on its own terms."""
    story = Story(CERAMIC_KILN)
    story.taps("ada", at=KILN)
    story.later(seconds=90)
    story.crashes()
    written = len(story.journal)
    story.starts_up(after_s=10)
    story.later(seconds=100)
    story.taps("ada", at=KILN, looked_up=False)

    code, steps = replayed(capsys, stored(tmp_path, story, written))

    assert code == 0
    assert [step["decision"] for step in steps if step["kind"] == "session_resumed"] == [
        "it goes on, after 0:00:10 unseen"
    ]
    assert [step["again"] for step in steps if step["kind"] == "session_ended"] == ["same"]


def test_a_fact_that_was_changed_by_hand_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The story is told, and the one line that nobody can vouch for is marked."""
    path = stored(tmp_path, *a_killed_evening())
    with closing(sqlite3.connect(path, isolation_level=None)) as hand:
        hand.execute("UPDATE fact SET body = replace(body, '\"limit_s\":7200', '\"limit_s\":7201') WHERE n = 2")

    code = cli.main(["replay", str(path)])
    said = capsys.readouterr().out
    _, steps = replayed(capsys, path)

    assert code == 1
    assert "! this fact does not stand in the chain (its body is not the one that was committed to)" in said
    assert [step["n"] for step in steps if step["broken"] is not None] == [2]


def test_a_damaged_journal_is_told_apart_from_no_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pages that hold nonsense: the cure is another copy, not another file."""
    path = stored(tmp_path, *a_killed_evening())
    whole = path.read_bytes()
    path.write_bytes(whole[:4_096] + bytes(len(whole) - 4_096))

    code = cli.main(["replay", str(path)])

    said = capsys.readouterr().err
    assert code == 65
    assert "is damaged" in said
    assert "read a backup or another copy." in said
