"""Style that a machine can check, as a test: each rule names what to write instead."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASSERTING = {"raises", "wait_until", "run_state_machine_as_test"}
LINES_MAX = 400  # a longer module has two subjects
VAGUE_NAMES = {"utils", "util", "common", "helpers", "helper", "manager", "managers", "misc"}

# A letter in brackets keeps each pattern from finding itself here.
REGISTRY_HOST = re.compile(r"[p]ypi\.org|[p]ythonhosted|[n]pmjs\.(org|com)|deb\.[d]ebian|[p]iwheels")
UNFINISHED = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b")
HOME_PATH = re.compile(r"(?<![\w.])/([r]oot|[h]ome/\w+|[w]ork)/[\w.]")

# (where it is banned, the call, what to do instead)
BANNED_CALLS = (
    ("tests", "time.sleep", "wait for what you await with tests.waiting.wait_until"),
    ("tests", "monkeypatch.setattr", "hand in a fake; our own code is never patched"),
    ("controller/domain", "datetime.now", "time is an argument"),
    ("controller/domain", "datetime.utcnow", "time is an argument"),
    ("controller/domain", "datetime.today", "time is an argument"),
    ("controller/domain", "date.today", "time is an argument"),
    ("controller/domain", "time.time", "time is an argument"),
    ("controller/domain", "time.monotonic", "time is an argument"),
    ("controller/domain", "uuid4", "ids come from the workshop's counter"),
    ("controller/domain", "open", "the domain touches no disk"),
    ("controller/domain", "print", "the domain says nothing; it returns effects"),
)


def tracked(pattern: str = "") -> list[Path]:
    """The project's own files as git knows them, new ones included and ignored ones left out."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    paths = [ROOT / name for name in listed.split("\0") if name.endswith(pattern)]
    return [path for path in paths if path.is_file()]


def text_of(path: Path) -> str:
    """The file's text; empty for pictures and other bytes."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def places(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    """`file:line` of each match, for a message that leads to the spot."""
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in paths
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if pattern.search(line)
    ]


def calls(path: Path, wanted: str) -> Iterator[int]:
    """The line of each call of `wanted` in a module: of `a.b()` also as `x.a.b()`."""
    text = text_of(path)
    if wanted.rpartition(".")[2] not in text:
        return  # most modules: reading them as syntax would take a second for each row of the table
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and f".{ast.unparse(node.func)}".endswith(f".{wanted}"):
            yield node.lineno


@pytest.mark.parametrize(("folder", "banned", "instead"), BANNED_CALLS)
def test_a_banned_call_is_not_made(folder: str, banned: str, instead: str) -> None:
    """Each call in the table has a better way here, named beside it."""
    modules = [path for path in tracked(".py") if path.is_relative_to(ROOT / folder)]

    found = [f"{path.relative_to(ROOT)}:{line}" for path in modules for line in calls(path, banned)]

    assert found == [], f"{banned}: {instead}"


def test_a_module_has_one_subject() -> None:
    """No Python file is longer than 400 lines."""
    lengths = {path.relative_to(ROOT): len(text_of(path).splitlines()) for path in tracked(".py")}

    assert {path: lines for path, lines in lengths.items() if lines > LINES_MAX} == {}


def test_a_module_is_named_after_its_subject() -> None:
    """A module called utils or manager collects what belongs nowhere."""
    vague = [path for path in tracked(".py") if VAGUE_NAMES & {path.stem, *path.relative_to(ROOT).parts}]

    assert vague == []


def test_a_module_says_what_it_is_for() -> None:
    """Every module with code opens with a docstring."""
    silent = [
        path.relative_to(ROOT)
        for path in tracked(".py")
        if not (text := text_of(path)).startswith('"""')
        if (tree := ast.parse(text)).body and not ast.get_docstring(tree)
    ]

    assert silent == []


def test_no_file_names_a_registry() -> None:
    """Where libraries come from is the reader's choice."""
    assert places(REGISTRY_HOST, tracked()) == []


def test_nothing_is_left_unfinished() -> None:
    """What is not done is said in the documents, not in a comment."""
    assert places(UNFINISHED, [path for path in tracked() if path.suffix != ".lock"]) == []


def test_no_file_names_one_persons_folders() -> None:
    """A path of the machine where it was written works on no other."""
    assert places(HOME_PATH, tracked()) == []


def test_every_test_states_its_rule_and_asserts_it() -> None:
    """A test has a docstring with the rule it guards and at least one assertion."""
    wanting = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in tracked(".py")
        if path.name.startswith("test_")
        for node in ast.walk(ast.parse(text_of(path)))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        if not (ast.get_docstring(node) and asserts(node))
    ]

    assert wanting == []


def asserts(test: ast.FunctionDef) -> bool:
    """Whether a test can fail: an assert, a `raises`, or a check or wait that asserts for it."""
    for node in ast.walk(test):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in {"raises", "wait_until"} or name.startswith(("assert_", "check_", "expect", "run_state")):
                return True
    return False
