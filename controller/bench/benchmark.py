"""The whole benchmark: floors, cells, readers, programs, throughput, in one document.

House rule: what else ran on the computer is in the document, as its load before and after.
"""

from __future__ import annotations

import os
import platform
import random
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from controller.bench.cells import Cell
from controller.bench.limits import chain_floor_ns, commit_floor_ns, pin_floor_ns
from controller.bench.programs import programs
from controller.bench.readers import readers
from controller.bench.report import cell_result, summary
from controller.bench.tapping import run_cell
from controller.bench.throughput import journal_to_ledger
from controller.floor.badge_key import KEY_BYTES

FLOOR_COUNT = 600
SEED = 26_400


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cells, how many taps in each (0: as many as the cell says), and whether the rest is measured too."""

    cells: tuple[Cell, ...]
    taps: int = 0
    whole: bool = True


def measure(wanted: Wanted, disk: Path, progress: Callable[[Cell], None] = lambda _: None) -> dict[str, Any]:
    """Measure everything in a new folder on `disk`, which is removed."""
    with tempfile.TemporaryDirectory(prefix="indivis-bench-", dir=disk) as made:
        root = Path(made)
        key = secrets.token_bytes(KEY_BYTES)
        _write_private(root / "badge.key", key)
        _write_private(root / "broker.password", secrets.token_urlsafe().encode())
        document: dict[str, Any] = {
            "schema": 1,
            "python": platform.python_version(),
            "processors": os.cpu_count(),
            "seed": SEED,
            "load_before": os.getloadavg()[0],
        }
        count = wanted.taps or FLOOR_COUNT
        ways, commits = summary(pin_floor_ns(count)), summary(commit_floor_ns(root, count))
        chain = summary(chain_floor_ns(count))
        document["limits"] = {"reader_to_pin": ways, "chain": chain, "commit": commits}
        floor_ms = ways["p50_ms"] + commits["p50_ms"]
        chance = random.Random(SEED)  # noqa: S311 - the order of taps is no secret
        document["cells"] = {}
        for listed in wanted.cells:
            cell = replace(listed, taps=wanted.taps) if wanted.taps else listed
            progress(cell)
            document["cells"][cell.name] = cell_result(cell, run_cell(cell, root, key, chance), floor_ms, chain)
        if wanted.whole:
            document["readers"] = readers(root)
            document["programs"] = programs(root, key)
            document["journal_to_ledger"] = journal_to_ledger(root)
        document["load_after"] = os.getloadavg()[0]
    return document


def _write_private(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
