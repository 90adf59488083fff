"""A simulated reader for the tests that need a real port."""

from collections.abc import Iterator

import pytest

from firmware_bridge.em4100.simulator import SimulatedReader


@pytest.fixture
def rdm6300() -> Iterator[SimulatedReader]:
    """A simulated RDM6300."""
    with SimulatedReader("rdm6300") as reader:
        yield reader
