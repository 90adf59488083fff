"""What the stories of the office share: the fictional workshop in real files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.office.workshop import Workshop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    """The workshop, with fifty euros on the member's account."""
    shop = Workshop.founded(tmp_path)
    yield shop
    shop.store.close()
