"""What every test shares: two budgets for property tests, and a summary that hides nothing.

`quick` (the default) draws the same examples each time, so that a red run points at the change. `soak` draws
new ones from a seed printed at the top; `--hypothesis-seed=N` draws them again.
"""

import os
import secrets
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from controller import logs
from tests import public_messages

TESTS = Path(__file__).parent
LONGEST = ("scenarios", "demo/test_whole.py", "tutorial", "office/test_program.py", "floor/test_board_switch.py")

settings.register_profile("quick", max_examples=60, deadline=None, derandomize=True, print_blob=True)
settings.register_profile(
    "soak",
    max_examples=5_000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("quick")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A run in a shell's background ignores Ctrl-C, and every program that a test starts would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Writes logs as the programs do, and gives a soak run a seed of its own, which the header prints."""
    logs.configure(stream=sys.__stderr__)
    sys.addaudithook(public_messages.hear)
    if config.getoption("--hypothesis-profile") == "soak" and config.getoption("--hypothesis-seed") is None:
        config.option.hypothesis_seed = str(secrets.randbits(32))


@pytest.fixture(autouse=True)
def _public_messages() -> Iterator[None]:
    """Fails the test during which a message of the public tree broke the contract."""
    public_messages.wrong.clear()
    yield
    assert public_messages.wrong == []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Lets the longest files begin first where processes share the work, so that none waits for another at the end."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not any(item.path.is_relative_to(TESTS / name) for name in LONGEST))


def pytest_report_header(config: pytest.Config) -> str | None:
    """Names the seed, so that any red soak run can be drawn again."""
    seed = config.getoption("--hypothesis-seed")
    return f"seed: --hypothesis-seed={seed}" if seed is not None else None


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Names the checks that failed before the tests began (see config/check.sh)."""
    failed = os.environ.get("INDIVIS_FAILED_CHECKS")
    if failed:
        terminalreporter.section("checks that failed, see above", red=True)
        terminalreporter.write_line(failed)
