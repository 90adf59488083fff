"""`indivis controller`: the program at the machines, until it is told to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller import logs, settings
from controller.bootstrap import run_floor
from controller.commands import add_config

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the settings file."""
    add_config(parser)


def run(args: argparse.Namespace) -> int:
    """Run until SIGTERM; the log says `ready` when a badge may be tapped."""
    logs.configure()
    log = logs.get("controller")
    run_floor(settings.load(args.config), lambda: log.info("ready"))
    return 0
