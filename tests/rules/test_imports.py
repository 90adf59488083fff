"""Imports run one way; the contract is in pyproject.toml."""

from pathlib import Path

from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).parents[2]


def test_imports_run_one_way_and_the_domain_stays_pure() -> None:
    """Every contract on imports holds: layers, the pure domain, the free bridge, the light floor."""
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None)

    assert status == EXIT_STATUS_SUCCESS
