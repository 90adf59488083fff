"""Reads what `/metrics` says as Prometheus does: with its own parser, and with its `promtool` where there is one."""

from __future__ import annotations

import shutil
import subprocess

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from controller.metrics_door import Collecting, registry_of


def exposed(collecting: Collecting) -> str:
    """What a scrape of these figures gives."""
    registry: CollectorRegistry = registry_of(collecting)
    return generate_latest(registry).decode()


def samples(text: str) -> dict[str, float]:
    """Every sample, by its name with its labels in order."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def complaints(text: str) -> str:
    """What promtool has to say about names and types; nothing where it is not installed (Debian's `prometheus`)."""
    promtool = shutil.which("promtool")
    if promtool is None:
        return ""
    done = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False, timeout=60
    )
    return done.stdout + done.stderr
