"""What the stories of the pages share: a furnished office in real files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages.house import House, founded


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An office of one's own."""
    made = founded(tmp_path, demo=True)
    yield made
    made.office.store.close()


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An office that its tests only look at."""
    made = founded(tmp_path_factory.mktemp("shown"), demo=True)
    made.unknown_tap()
    yield made
    made.office.store.close()
