"""`indivis run`: controller and office side by side on one Pi, as two processes that cannot take each other down.

House rule: two systemd units do the same with a watchdog; this is for trying and for places without systemd. A
program that ends is started again; both end when this one does, even by `kill -9`.
"""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from controller import logs, settings
from controller.children import die_with_us
from controller.commands import add_config

if TYPE_CHECKING:
    import argparse

PROGRAMS = ("controller", "office")

ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""A closed terminal too: the programs are in process groups of their own and would be left behind."""

AGAIN_AFTER_S = 2.0
"""A program that ends at once (a broker's password, a busy port) would otherwise fill the log with its reason."""

STOP_WITHIN_S = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the settings file of both."""
    add_config(parser)


def run(args: argparse.Namespace) -> int:
    """Run both until SIGTERM, SIGINT or SIGHUP; a mistake in the settings is said before anything starts."""
    settings.load(args.config)
    logs.configure()
    ending = threading.Event()
    # Not the event itself: its lock would be taken twice by a signal that arrives while the main thread holds it.
    told: queue.SimpleQueue[None] = queue.SimpleQueue()
    for number in ENDINGS:
        signal.signal(number, lambda _number, _frame: told.put(None))
    keepers = [
        threading.Thread(target=_keep, args=(name, args.config, ending), name=name, daemon=True) for name in PROGRAMS
    ]
    for keeper in keepers:
        keeper.start()
    told.get()
    ending.set()
    for keeper in keepers:
        keeper.join(STOP_WITHIN_S + AGAIN_AFTER_S)
    return 0


def _keep(name: str, config: Path, ending: threading.Event) -> None:
    log = logs.get("run")
    while not ending.is_set():
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [*die_with_us(), sys.executable, "-m", "controller", name, "--config", str(config)], process_group=0
        )
        while child.poll() is None and not ending.wait(0.2):
            pass
        if ending.is_set():
            _stop(child)
            return
        log.warning("a program ended and is started again", program=name, code=child.returncode)
        ending.wait(AGAIN_AFTER_S)


def _stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
