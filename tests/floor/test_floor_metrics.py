"""The controller's figures: what a machine is and has done, and nobody who did it."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from types import MappingProxyType
from typing import get_args

from controller.domain.metering import Metered, Sample
from controller.domain.workshop import MachineWord, Workshop
from controller.exchange.broker import free_port
from controller.exchange.totals import LASTED_S, Totals
from controller.floor.adapters.clock import HandClock
from controller.floor.adapters.gpiod_pins import MockRelayFactory
from controller.floor.floor_metrics import FloorMetrics
from tests.exposition import complaints, exposed, samples
from tests.floor.running_floor import running
from tests.floor.test_daemon import Place
from tests.mqtt.workshop_kit import LASER, MINUTE_MS, NOON, at, holder, in_use, workshop

DONE = Totals(
    seconds=5_400,
    energy_wh=700,
    ended={"second_tap": 2, "power_lost": 1},
    refused={"unknown_badge": 4},
    faults=1,
    lasted={"60": 1, "3600": 1},
)


def figures(folder: Path, shown: Workshop, totals: Mapping[str, Totals], boot_ms: int = 0) -> str:
    """What a scrape gives."""
    return exposed(
        FloorMetrics(
            version="1.2.3",
            started_ms=NOON,
            folder=folder,
            workshop=lambda: shown,
            totals=lambda: totals,
            public_connected=lambda: False,
            now=lambda: at(boot_ms),
        )
    )


def test_a_machine_shows_its_state_and_its_totals(tmp_path: Path) -> None:
    """One state is 1 and all others are there as 0; uses by reason; a histogram that adds up."""
    text = figures(tmp_path, in_use(), {"laser": DONE}, MINUTE_MS)
    said = samples(text)

    states = {word: said[f"indivis_machine_state{{machine=laser,state={word}}}"] for word in get_args(MachineWord)}
    assert states == {word: float(word == "in_use") for word in get_args(MachineWord)}
    assert said["indivis_session_elapsed_seconds{machine=laser}"] == 60
    assert said["indivis_sessions_total{machine=laser,reason=second_tap}"] == 2
    assert said["indivis_access_denied_total{machine=laser,reason=unknown_badge}"] == 4
    assert said["indivis_faults_total{machine=laser}"] == 1
    assert said["indivis_energy_joules_total{machine=laser}"] == 700 * 3_600
    counts = [said[f"indivis_session_seconds_bucket{{le={limit}.0,machine=laser}}"] for limit in LASTED_S]
    assert counts == [1, 1, 1, 1, 2, 2, 2, 2]
    assert said["indivis_session_seconds_bucket{le=+Inf,machine=laser}"] == 3
    assert said["indivis_session_seconds_sum{machine=laser}"] == 5_400
    assert said["indivis_start_time_seconds"] == NOON / 1000
    assert said["indivis_mqtt_connected"] == 0
    assert complaints(text) == ""


def test_the_program_serves_them_where_its_settings_say(tmp_path: Path) -> None:
    """Scraped from the running program at a port of its own, which is closed with it."""
    place, port = Place(tmp_path), free_port()
    place.settings.write_text(f"{place.settings.read_text()}\n[metrics]\ncontroller_port = {port}\n")
    floor, _ = place.starts_here(HandClock(), MockRelayFactory())

    with running(floor), closing(HTTPConnection("127.0.0.1", port, timeout=20)) as line:
        line.request("GET", "/metrics")
        text = line.getresponse().read().decode()

    assert samples(text)["indivis_mqtt_connected"] == 0
    with closing(socket.socket()) as late:
        assert late.connect_ex(("127.0.0.1", port)) != 0


def test_what_nobody_measures_is_not_there(tmp_path: Path) -> None:
    """No meter, no energy: a zero would be a lie; a reading that is old is none."""
    metered = replace(
        workshop(),
        meters=MappingProxyType(
            {workshop().machines[LASER].policy.channel: Metered(sample=Sample(power_mw=1_500), at_ms=0)}
        ),
    )

    assert samples(figures(tmp_path, metered, {}))["indivis_power_watts{machine=laser}"] == 1.5
    for bare in (
        figures(tmp_path, workshop(), {"laser": replace(DONE, energy_wh=None)}),
        figures(tmp_path, metered, {}, 10 * MINUTE_MS),
    ):
        assert "indivis_power_watts{" not in bare
        assert "indivis_energy_joules_total{" not in bare


def test_no_person_is_in_the_figures(tmp_path: Path) -> None:
    """Whoever uses the machine, no name, account, badge or use of theirs is in a label."""
    text = figures(tmp_path, in_use(holder("maker-secret", "account-secret"), "token-secret"), {"laser": DONE})

    assert "secret" not in text
    labels = {
        part.partition("=")[0] for name in samples(text) if "{" in name for part in name[:-1].split("{")[1].split(",")
    }
    assert labels <= {"machine", "state", "reason", "le", "version", "program"}
