"""What gets installed is exactly what was tried: every library is pinned, with its hashes."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-test.lock")
PIN = re.compile(r"(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^ ;]+)")


def pins(lock: str) -> dict[str, tuple[str, int]]:
    """Name -> (version, number of hashes), for each library in a lock file."""
    text = (ROOT / lock).read_text().replace("\\\n", " ")
    entries = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found = {}
    for entry in entries:
        pin = PIN.match(entry)
        assert pin, f"{lock}: not a pinned version: {entry[:60]}"
        found[pin["name"]] = (pin["version"], len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry)))
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_library_is_pinned_with_hashes(lock: str) -> None:
    """A library without a hash could be exchanged on the way."""
    unhashed = [name for name, (_, hashes) in pins(lock).items() if hashes == 0]

    assert pins(lock)
    assert unhashed == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_registry(lock: str) -> None:
    """Each place installs from the registry it trusts; the hashes say whether it is the same thing."""
    text = (ROOT / lock).read_text()

    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text


def test_tests_run_against_the_libraries_that_are_installed_in_a_workshop() -> None:
    """The test lock holds every version of the run lock, so `make test` proves what `make run` installs."""
    tested = pins("requirements-test.lock")

    differing = {name: pin for name, pin in pins("requirements.lock").items() if tested.get(name) != pin}

    assert differing == {}


def test_every_direct_dependency_is_locked() -> None:
    """A dependency added to pyproject.toml without `make lock` would be missing from a new installation."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[\[<>=,~!; ]", dependency)[0].lower() for dependency in project["dependencies"]}

    assert wanted - pins("requirements.lock").keys() == set()


def test_the_empty_lgpio_package_is_never_installed() -> None:
    """The registry has an empty package of that name for some machines: relays would silently not move."""
    assert "lgpio" not in pins("requirements-test.lock")
    assert "lgpio" not in pins("requirements.lock")
