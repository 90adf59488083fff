"""`indivis office`: the program that keeps the directory, the books and the web pages.

House rules: one JSON line `ready` on standard output when it serves. The one-time code of a first start is printed
beside it, for whoever installs; it is no part of any log line.
"""

import argparse
from typing import TYPE_CHECKING

from controller import logs
from controller.commands import add_config
from controller.errors import Message

if TYPE_CHECKING:
    from controller.office.program import Serving


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the settings file."""
    add_config(parser)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C; raise an `IndivisError` that says what cannot be used."""
    from controller.office.program import run_office
    from controller.settings import load

    logs.configure()
    return run_office(load(args.config), ready=_say_ready)


def _say_ready(serving: "Serving") -> None:
    logs.get("office").info("ready", address=serving.address)
    if serving.setup_code is not None:
        print(
            Message(
                f"Premier compte : ouvrez {serving.address}/set-up et donnez le code {serving.setup_code}",
                f"First account: open {serving.address}/set-up and give the code {serving.setup_code}",
            ).text(),
            flush=True,
        )
