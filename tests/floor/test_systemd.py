"""The units as systemd itself reads them: well-formed, closed, and true to what they promise."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "systemd"
SERVICES = sorted(path.name for path in FOLDER.glob("*.service"))
TIMERS = sorted(path.name for path in FOLDER.glob("*.timer"))
PROGRAM = "/opt/indivis/bin/indivis"

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze, which needs no running systemd."""
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


def settings(name: str, section: str) -> dict[str, list[str]]:
    """One section of a unit; a key given several times keeps all its values."""
    found: dict[str, list[str]] = {}
    current = ""
    for line in (FOLDER / name).read_text().splitlines():
        if line.startswith("["):
            current = line.strip("[]")
        elif current == section and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


@needs_systemd
@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_closed_to_the_world(name: str) -> None:
    """An exposure of at most 2.0 by systemd's own count."""
    verdict = analyze("security", "--offline=true", "--threshold=20", "--no-pager", str(FOLDER / name))

    assert verdict.returncode == 0, verdict.stdout


@needs_systemd
def test_systemd_understands_every_unit(tmp_path: Path) -> None:
    """No unknown key, no wrong value; the program's place is taken by a stub, as it is installed elsewhere."""
    stub = tmp_path / "indivis"
    stub.write_text("#!/bin/sh\n")
    stub.chmod(0o755)
    units = []
    for name in SERVICES + TIMERS:
        unit = tmp_path / name
        unit.write_text((FOLDER / name).read_text().replace(PROGRAM, str(stub)))
        units.append(str(unit))

    verdict = analyze("verify", "--man=no", *units)

    assert (verdict.returncode, verdict.stderr) == (0, "")


def test_the_controller_keeps_the_rules_that_only_its_unit_can_keep() -> None:
    """Pins off after every end, a watchdog, no giving up, and nothing that waits for the network."""
    unit, service = (settings("indivis-controller.service", section) for section in ("Unit", "Service"))

    promises = {key: service[key] for key in ("Type", "WatchdogSec", "Restart", "ExecStopPost", "StateDirectory")}

    assert promises == {
        "Type": ["notify"],
        "WatchdogSec": ["10"],
        "Restart": ["always"],
        "ExecStopPost": [f"{PROGRAM} pins-off"],
        "StateDirectory": ["indivis"],
    }
    assert unit["StartLimitIntervalSec"] == ["0"]
    assert not any("network" in value for values in unit.values() for value in values)


@pytest.mark.parametrize("name", SERVICES)
def test_keys_are_handed_over_and_never_readable_in_place(name: str) -> None:
    """A key is a credential; no unit may read or write the folder it comes from."""
    service = settings(name, "Service")

    places = [credential.partition(":")[2] for credential in service.get("LoadCredential", [])]

    assert all(place.startswith("/etc/indivis/keys/") for place in places)
    assert service["User"] == ["indivis"]
    assert service["ProtectSystem"] == ["strict"]


def test_only_the_office_holds_the_keys_of_names_and_books() -> None:
    """A controller that is carried away carries neither the vault's key nor the chain's, and an office no badge's."""
    office, controller = (
        {credential.partition(":")[0] for credential in settings(f"indivis-{who}.service", "Service")["LoadCredential"]}
        for who in ("office", "controller")
    )

    assert office == {"vault.key", "chain.key", "office.password"}
    assert controller == {"badge.key", "controller.password"}


@pytest.mark.parametrize("name", TIMERS)
def test_every_timer_has_its_service(name: str) -> None:
    """A timer without a service of its name would start nothing."""
    parser = configparser.ConfigParser(strict=False)
    parser.read(FOLDER / name)

    assert name.replace(".timer", ".service") in SERVICES
    assert parser["Install"]["WantedBy"] == "timers.target"


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="systemd-sysusers is not here")
def test_the_account_can_be_made(tmp_path: Path) -> None:
    """The service's account and its groups come out of the file, in a root of the test's own."""
    (tmp_path / "etc").mkdir()

    made = subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", str(FOLDER / "indivis-sysusers.conf")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert made.returncode == 0, made.stderr
    groups = dict(line.split(":x:") for line in (tmp_path / "etc/group").read_text().splitlines())
    assert {name for name, rest in groups.items() if rest.endswith(":indivis")} == {"gpio", "dialout"}
