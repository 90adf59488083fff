"""A PostgreSQL server of our own: a new cluster on a free loopback port, run by a user without rights."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, create_engine

DEBIAN = Path("/usr/lib/postgresql")
UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root; every system has this user."""


def server_programs() -> Path | None:
    """The folder of `initdb` and `postgres`, the newest where there are several; `None` where there is no server."""
    found = [folder / "bin" for folder in DEBIAN.glob("[0-9]*") if (folder / "bin" / "initdb").is_file()]
    if found:
        return max(found, key=lambda folder: int(folder.parent.name))
    elsewhere = shutil.which("initdb")
    return None if elsewhere is None else Path(elsewhere).resolve().parent


@contextmanager
def running_server(programs: Path) -> Iterator[URL]:
    """A fresh cluster for as long as the block lasts; nothing is left of it."""
    as_whom = UNPRIVILEGED if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="indivis-postgres-"))
    password = secrets.token_urlsafe()
    pwfile = folder / "password"
    pwfile.write_text(password)
    if as_whom is not None:
        owner = pwd.getpwnam(as_whom)
        for place in (folder, pwfile):
            os.chown(place, owner.pw_uid, owner.pw_gid)
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, user=as_whom, cwd=folder)

    run(
        str(programs / "initdb"),
        f"--pgdata={data}",
        "--username=indivis",
        f"--pwfile={pwfile}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    )
    port = _free_port()
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off"
    pg_ctl = (str(programs / "pg_ctl"), f"--pgdata={data}")
    run(*pg_ctl, f"--options={options}", f"--log={folder / 'log'}", "--wait", "start")
    try:
        yield URL.create("postgresql+pg8000", "indivis", password, "127.0.0.1", port, "postgres")
    finally:
        run(*pg_ctl, "--mode=immediate", "--wait", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: URL, name: str) -> str:
    """Make an empty database and return its URL as the office takes it."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return server.set(database=name).render_as_string(hide_password=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
