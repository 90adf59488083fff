"""Makes docs/reference/roles.md of the code's table of roles and of the doors themselves: `make rules`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from controller.office.accounts import Role
from controller.office.web.auth import ROLE_NAMES
from controller.office.web.roles import OPEN_TO_STRANGERS, RULES, Action
from tests.office.every_door import Opening, every_door

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "roles.md"

HEAD = """\
# Rôles : qui peut quoi — roles: who may do what

This page is made of the code's own table by `make rules`; a test keeps it so, another knocks at every door with every
role. ● means for anybody, ○ for oneself only. An administrator may do everything. A token has at most the roles of the
account that made it.

Indivis is not a safety device: no role here is a lock on a machine's guards.
"""


def page() -> str:
    """Return the whole page."""
    doors = every_door()
    parts = [HEAD, "## Les rôles — the roles\n", _roles(), "## Les actions — the actions\n", _actions()]
    parts += ["## Les portes — the doors\n", _doors(doors), "## Sans connexion — without signing in\n", _open()]
    return "\n".join(parts)


def _roles() -> str:
    return _table(("Role", "Français", "English"), [(f"`{r}`", ROLE_NAMES[r].fr, ROLE_NAMES[r].en) for r in Role])


def _actions() -> str:
    rows: list[tuple[str, ...]] = []
    for action, rule in RULES.items():
        marks = ["●" if role in rule.roles else "○" if rule.own else "" for role in Role]
        rows.append((f"`{action}`", *marks, rule.said.fr, rule.said.en))
    return _table(("Action", *(f"`{role}`" for role in Role), "Français", "English"), rows)


def _doors(doors: list[Opening]) -> str:
    rows: list[tuple[str, ...]] = []
    for action in Action:
        behind = [each for each in doors if each.action is action]
        asked = (
            sorted(f"`{each.method} {each.path}`" for each in behind if each.is_api is api) for api in (False, True)
        )
        rows.append((f"`{action}`", *("<br>".join(each) for each in asked)))
    return _table(("Action", "Pages", "API"), rows)


def _open() -> str:
    rows = [(f"`{method} {path}`", said.fr, said.en) for (method, path), said in OPEN_TO_STRANGERS.items()]
    return _table(("Door", "Français", "English"), rows)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
