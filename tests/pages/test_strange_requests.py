"""The API is asked all that its own description allows, and more strange than anybody would: it never fails (500)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings

from controller.office.web.doors import PREFIX
from tests.office.answering import answering, description
from tests.pages.house import House, founded
from tests.pages.knocking import Knocker

LEFT_OUT = {
    ("GET", "/events"): "a stream that does not end",
    ("POST", "/session"): "a hash for each try; its bodies have stories of their own",
    ("POST", "/setup"): "the same",
    ("POST", "/accounts"): "the same",
    ("DELETE", "/session"): "it would sign the asker out",
}
ONCE_FAILED: list[tuple[str, str, dict[str, object]]] = [
    ("POST", "/reversals", {"books": "nowhere", "target": "topup:t", "reason": "typed twice"}),
    ("POST", "/agreements", {"id": "saw", "name": "Scie", "goods": ["mill"], "from_at": 0, "terms": {"manager": "m",
        "legal_basis": "convention", "renewal": "tacit"}, "lines": [{"role": "fee", "party": "m", "weight": 1}]}),
    ("POST", "/agreements/clay/versions", {"from_at": 1, "terms": {"manager": "m", "legal_basis": "convention",
        "renewal": "tacit"}, "lines": [{"role": "fee", "party": "m", "weight": 1}]}),
    ("GET", f"/reports/lessons?from_at=0&until_at={2**70}", {}),
]  # fmt: skip
"""What was answered with 500 before it was mended."""


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Knocker]:
    """An administrator, for whom every door opens."""
    house: House = founded(tmp_path_factory.mktemp("strange"), demo=True)
    answering(house.office)
    with Knocker(house, "admin") as knocker:
        yield knocker
    house.office.store.close()


@pytest.mark.parametrize(("method", "path", "body"), ONCE_FAILED)
def test_what_once_failed_is_refused_with_a_reason(
    admin: Knocker, method: str, path: str, body: dict[str, object]
) -> None:
    """A contradiction or a place that is none is the asker's, not ours."""
    assert admin.knock(method, f"{PREFIX}{path}", body) in {404, 409, 422}


def test_a_few_strange_requests_make_nothing_fail(admin: Knocker) -> None:
    """One of each address, another one whenever the description changes; the long run asks many."""
    assert failures(admin, examples=1) == []


@pytest.mark.soak
def test_many_strange_requests_make_nothing_fail(admin: Knocker) -> None:
    """Hundreds of each address."""
    assert failures(admin, examples=200) == []


def failures(admin: Knocker, examples: int) -> list[tuple[str, str]]:
    """Ask what the description allows; return what was answered with 500 or more."""
    found: list[tuple[str, str]] = []
    made: Any
    for made in schemathesis.openapi.from_dict(description()).get_all_operations():
        operation = made.ok()
        method, path = operation.method.upper(), operation.path.removeprefix(PREFIX)
        if (method, path) not in LEFT_OUT:
            _ask(admin, operation, examples, found)
    return found


def _ask(admin: Knocker, operation: Any, examples: int, found: list[tuple[str, str]]) -> None:  # noqa: ANN401
    @seed(1)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def asked(case: Any) -> None:  # noqa: ANN401 - the library's own
        given = {name: each if isinstance(each, str) else json.dumps(each) for name, each in (case.query or {}).items()}
        query = f"?{urlencode(given, errors='replace')}" if given else ""
        body = case.body if isinstance(case.body, dict) else None
        if admin.knock(operation.method.upper(), case.formatted_path + query, body) >= 500:
            found.append((operation.method.upper(), case.formatted_path + query))

    asked()
