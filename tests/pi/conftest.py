"""The emulated Pi: prepared once (downloads on its first run), booted once for each way of its kernel."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pi import installed
from tests.pi.emulated_pi import EmulatedPi

PREPARE = Path(__file__).parents[2] / "config/pi/prepare.sh"
CANNOT_BE_HAD = 69  # EX_UNAVAILABLE, from sysexits.h


@pytest.fixture(scope="session")
def system() -> Path:
    """The folder with kernel, device tree and root; skipped with the reason where there can be none."""
    prepared = subprocess.run([PREPARE], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if prepared.returncode == CANNOT_BE_HAD:
        pytest.skip(prepared.stderr.strip().splitlines()[-1])
    assert prepared.returncode == 0, prepared.stderr
    return Path(prepared.stdout.strip())


@pytest.fixture(scope="session")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Indivis, packed to be put on top."""
    return installed.layer(tmp_path_factory.mktemp("layer"))


@pytest.fixture(scope="module")
def raspberry_pi_os(system: Path, layer: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedPi]:
    """A kernel that keeps a dead process's pins driven, as Raspberry Pi OS has it."""
    words = "pinctrl_bcm2835.persist_gpio_outputs=Y"
    with EmulatedPi(system, layer, tmp_path_factory.mktemp("pi"), kernel_words=words) as pi:
        yield pi


@pytest.fixture(scope="module")
def mainline(system: Path, layer: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedPi]:
    """A kernel that lets them go, as upstream, or Raspberry Pi OS with `strict_gpiod`."""
    with EmulatedPi(system, layer, tmp_path_factory.mktemp("pi")) as pi:
        yield pi
