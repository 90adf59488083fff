"""The table of rules and stories is kept true: every story that it names exists, every rule has one."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "explanation" / "rules.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROW = re.compile(r"^\| (\d) \| .+ \| `([\w/]+\.py)::(\w+)` \| .+ \|$", re.MULTILINE)


def names_in(module: Path) -> set[str]:
    """Tests, and state machines run as tests, that a module holds."""
    if not module.is_file():
        return set()
    tree = ast.parse(module.read_text("utf-8")).body
    functions = {node.name for node in tree if isinstance(node, ast.FunctionDef)}
    assigned = {
        target.id for node in tree if isinstance(node, ast.Assign) for target in node.targets
        if isinstance(target, ast.Name)
    }  # fmt: skip
    return {name for name in functions | assigned if name.lower().startswith("test")}


def test_every_story_named_in_the_table_exists() -> None:
    """A renamed or deleted story leaves its rule without a guard; the table says which."""
    named = NAMED.findall(TABLE.read_text("utf-8"))

    missing = [f"{path}::{test}" for path, test in named if test not in names_in(ROOT / path)]

    assert missing == []


def test_each_of_the_nine_rules_has_a_story() -> None:
    """No rule stands on its word alone, and every line of the table is read by the check above."""
    text = TABLE.read_text("utf-8")
    rows = ROW.findall(text)

    assert {rule for rule, _, _ in rows} == set("123456789")
    assert len(rows) == len(re.findall(r"^\| \d", text, re.MULTILINE))
