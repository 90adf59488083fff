"""How long each program takes to start, and the memory it then holds.

House rule: the installed programs as the service manager starts them, ready when they say so to it (sd_notify).
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from controller.bench.directory import CONTROLLER, SITE, replica_file
from controller.bench.tapping import NOBODY_PORT
from controller.errors import Message, OperatingError
from controller.floor.replica import Replica

MEMBERS = 100_000
READY_WITHIN_S = 30.0
SETTLE_S = 1.0
"""After this the memory of starting has been given back."""


def programs(root: Path, key: bytes) -> dict[str, dict[str, Any]]:
    """Start controller (with a directory of 100,000 members) and office (empty) and measure each."""
    folder = root / "programs"
    (folder / "controller").mkdir(parents=True)
    replica = Replica(folder / "controller" / "replica.db")
    built = replica.next_file()
    shutil.copyfile(replica_file(root, MEMBERS, key, 1), built)
    replica.switch_to(built)
    replica.close()
    settings = folder / "indivis.toml"
    settings.write_text(_settings(root, folder), encoding="utf-8")
    return {name: _measured(name, settings, folder) for name in ("controller", "office")}


def _measured(name: str, settings: Path, folder: Path) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified, (folder / f"{name}.log").open("wb") as log:
        address = folder / f"{name}.notify"
        notified.bind(str(address))
        notified.settimeout(READY_WITHIN_S)
        began = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "controller", name, "--config", str(settings)],
            env={**os.environ, "NOTIFY_SOCKET": str(address)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            while b"READY=1" not in notified.recv(4096):
                pass
            start_s = time.monotonic() - began
            time.sleep(SETTLE_S)
            return {"start_s": round(start_s, 2), "resident_mb": _resident_mb(process.pid)}
        except TimeoutError as error:
            raise OperatingError(
                Message(f"le programme « {name} » ne démarre pas", f"the program '{name}' does not start")
            ) from error
        finally:
            process.terminate()
            process.wait(READY_WITHIN_S)


def _resident_mb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) // 1024


def _settings(root: Path, folder: Path) -> str:
    return f"""\
[site]
id = "{SITE}"
books = "bench"
[controller]
id = "{CONTROLLER}"
state_dir = "{folder / "controller"}"
badge_key_file = "{root / "badge.key"}"
[gpio]
factory = "mock"
[[channel]]
name = "machine-00"
pin = 17
[exchange]
port = {NOBODY_PORT}
[mqtt]
port = {NOBODY_PORT}
[office]
port = 0
state_dir = "{folder / "office"}"
vault_key_file = "{folder / "vault.key"}"
chain_key_file = "{folder / "chain.key"}"
"""
