"""Rule 7: every limit has a sentence, and nothing that waits is without a limit."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = sorted(path for package in ("controller", "firmware_bridge") for path in (ROOT / package).rglob("*.py"))
# A demonstration ends with its terminal, a fake with its test.
PROGRAMS = [path for path in MODULES if "demo" not in path.parts and path.stem != "fakes"]
LIMIT = re.compile(r"(^|_)(LIMIT|MAX)(_|$)")
UNBOUNDED = re.compile(r"^(queue\.)?SimpleQueue$|^(collections\.)?deque$|^(queue\.|asyncio\.)?(Lifo|Priority)?Queue$")
LIMIT_WORD = re.compile(r"LIMIT|MAX")  # what a module's text holds that is worth reading as syntax
WAITING_WORD = re.compile(r"Queue|deque|cache")
CACHES = re.compile(r"^(functools\.)?(cache|lru_cache)$")


def where(path: Path, node: ast.stmt | ast.expr) -> str:
    """`file:line`, to go there."""
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def limits_without_a_sentence(path: Path) -> list[str]:
    """Module constants named LIMIT or MAX without a text or comment that says why, and what happens there."""
    text = path.read_text("utf-8")
    if not LIMIT_WORD.search(text):
        return []
    lines, body = text.splitlines(), ast.parse(text).body
    wanting = []
    for node, after in zip(body, [*body[1:], None], strict=True):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if not isinstance(target, ast.Name) or not LIMIT.search(target.id):
            continue
        described = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        commented = "# " in lines[node.lineno - 1] or lines[node.lineno - 2].startswith("#")
        if not described and not commented:
            wanting.append(f"{where(path, node)} {target.id}")
    return wanting


def rings_only(node: ast.AnnAssign) -> bool:
    """Whether a queue carries nothing: it wakes a thread, and holds as much as there are reasons to."""
    return ast.unparse(node.annotation).endswith("Queue[None]")


def open_ended(path: Path) -> list[str]:
    """Queues and caches without a size, in a module that names no limit of its own."""
    text = path.read_text("utf-8")
    if not WAITING_WORD.search(text):
        return []
    tree = ast.parse(text)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names_a_limit = any(LIMIT.search(name) for name in names)
    bells = {node.value for node in ast.walk(tree) if isinstance(node, ast.AnnAssign) and rings_only(node)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node not in bells:
            name = ast.unparse(node.func)
            sized = any(word.arg in {"maxsize", "maxlen"} for word in node.keywords)
            if UNBOUNDED.match(name):
                by_place = len(node.args) >= (2 if name.endswith("deque") else 1)
                if not sized and not by_place and not (names_a_limit and not name.endswith(".Queue")):
                    found.append(where(path, node))
            elif CACHES.match(name) and not sized and not node.args:
                found.append(where(path, node))
        elif isinstance(node, ast.FunctionDef):
            found += [where(path, mark) for mark in node.decorator_list if CACHES.match(ast.unparse(mark))]
    return found


def test_every_limit_says_why_it_is_there() -> None:
    """A number alone is a riddle for whoever meets it: a sentence says why this many and what happens beyond."""
    wanting = [constant for path in MODULES for constant in limits_without_a_sentence(path)]

    assert wanting == []


def test_nothing_that_waits_is_without_a_limit() -> None:
    """A queue or a cache has a size, or its module names the limit that it checks by hand."""
    found = [place for path in PROGRAMS for place in open_ended(path)]

    assert found == []
