"""Indivis as it is installed on a Pi, packed so that the emulated one finds it when it starts: the program under
/opt/indivis, one controller's settings, its badge key, and a copy of the directory in which one badge may start a use.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from controller.domain.directory import BadgeEntry
from controller.domain.ids import MachineId, MemberId
from controller.floor.badge_key import badge_token
from controller.floor.replica import Replica
from controller.floor.replica_view import Contact
from tests.floor import directory_kit

ROOT = Path(__file__).parents[2]
PYTHON = "3.11"
KEY = bytes(range(32))
BADGE = "0A00ABCDEF"
LASER_PIN, KILN_PIN = 17, 27
LASER = replace(directory_kit.LASER, price=None, free_of_charge=True)
KILN = replace(LASER, machine=MachineId("kiln"), channel="kiln", name="Kiln")
CONTROLLERS = {"indivis": ("laser", "kiln"), "laser": ("laser",), "kiln": ("kiln",)}
"""Settings files and folders that are ready: one Pi with both machines, or two programs with one each."""
_CHANNELS = {
    "laser": f"""
[[channel]]
name = "laser"
pin = {LASER_PIN}
active_high = true

[[reader]]
name = "laser-reader"
path = "/dev/ttyAMA0"
channel = "laser"
""",
    "kiln": f"""
[[channel]]
name = "kiln"
pin = {KILN_PIN}
active_high = false

[[reader]]
name = "kiln-reader"
path = "/dev/ttyUSB0"
channel = "kiln"
""",
}


def settings(state: str, *channels: str) -> str:
    """A controller's settings file: its own folder, and the machines wired to it."""
    wired = "".join(_CHANNELS[name] for name in channels)
    return f"""
[site]
id = "crest"
books = "workshop"

[controller]
id = "pi-east"
state_dir = "{state}"
badge_key_file = "/etc/indivis/badge.key"
{wired}
[exchange]
port = 1

[mqtt]
port = 1
"""


def layer(folder: Path) -> Path:
    """Pack everything into an archive that Linux unpacks over the prepared system; return its path."""
    pi = folder / "pi"
    libraries = pi / f"opt/indivis/lib/python{PYTHON}/site-packages"
    for package in ("controller", "firmware_bridge"):
        shutil.copytree(ROOT / package, libraries / package, ignore=shutil.ignore_patterns("__pycache__"))
    _describe(libraries)
    _compile(pi, libraries)
    program = pi / "opt/indivis/bin/indivis"
    program.parent.mkdir()
    program.write_text("#!/opt/indivis/bin/python\nimport sys\nfrom controller.cli import main\nsys.exit(main())\n")
    program.chmod(0o755)
    shutil.copy2(ROOT / "config/pi/init", pi / "init")
    key = pi / "etc/indivis/badge.key"
    key.parent.mkdir(parents=True)
    key.write_bytes(KEY)
    key.chmod(0o600)
    for name, channels in CONTROLLERS.items():
        (pi / f"etc/indivis/{name}.toml").write_text(settings(f"/var/lib/{name}", *channels))
        _know_the_badge(pi / f"var/lib/{name}")
    return _packed(pi, folder / "layer.cpio")


def _describe(libraries: Path) -> None:
    """The description by which the program finds its own version."""
    (described,) = Path(sys.prefix).glob("lib/python*/site-packages/indivis-*.dist-info")
    shutil.copytree(described, libraries / described.name)


def _compile(pi: Path, libraries: Path) -> None:
    """Compile when this computer has the Pi's Python; without, the Pi does it, in a minute."""
    ours = f"{sys.version_info.major}.{sys.version_info.minor}" == PYTHON
    compiler = sys.executable if ours else shutil.which(f"python{PYTHON}")
    if compiler is None:
        return
    subprocess.run(
        [compiler, "-m", "compileall", "-q", "-s", pi, "-p", "/", "--invalidation-mode", "unchecked-hash", libraries],
        check=True,
    )


def _know_the_badge(state: Path) -> None:
    state.mkdir(parents=True)
    member, _, right, balance = directory_kit.maker(1)
    badge = BadgeEntry(token=badge_token(KEY, BADGE), member=MemberId("m-1"), status="active")
    copy = Replica(state / "replica.db")
    directory_kit.fill(copy, LASER, KILN, directory_kit.POLICY, member, badge, right, balance)
    copy.heard(Contact(boot_id="an earlier boot", boot_ms=0, wall_ms=time.time_ns() // 1_000_000))
    copy.close()


def _packed(pi: Path, archive: Path) -> Path:
    names = b"".join(bytes(path.relative_to(pi)) + b"\0" for path in sorted(pi.rglob("*")))
    with archive.open("wb") as out:
        subprocess.run(
            ["cpio", "--quiet", "--null", "-o", "-H", "newc", "-R", "0:0"], cwd=pi, input=names, stdout=out, check=True
        )
    return archive
