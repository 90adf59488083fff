"""`indivis demo`: a whole workshop on this computer until Ctrl-C; `indivis demo tap` puts a badge to a reader of it.

House rules: the board's address, the sign-in and what to try come as soon as both programs answer. Whatever fails at
the start is one sentence, and nothing is left running. Ctrl-C and SIGTERM are the ordinary end: exit code 0.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from controller.errors import Message, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

SPEED = 30
"""A laser job of half an hour takes a minute; a kiln's night takes twenty."""

SEED = 26_400


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the demonstration, and tap and people."""

    def say(fr: str, en: str) -> str:
        return Message(fr, en).text()

    number = say("N", "N")
    add = parser.add_argument
    add("--speed", type=int, default=SPEED, metavar=number, help=say("temps accéléré (30)", "faster time (30)"))
    add("--seed", type=int, default=SEED, metavar=number, help=say("une autre journée", "another day"))
    add("--port", type=int, metavar=number, help=say("port de la page (8080)", "the page's port (8080)"))
    add("--state", type=Path, metavar=say("DOSSIER", "FOLDER"), help=say("dossier à garder", "a folder to keep"))
    add("--duration", type=int, metavar="S", help=say("finit d'elle-même après S secondes", "ends after S seconds"))
    add("--quiet", action="store_true", help=say("sans une ligne par événement", "without a line per event"))
    add("--month", action="store_true", help=say("un mois clôturé, en un instant", "a month, closed, in a moment"))
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    tap = actions.add_parser("tap", help=say("pose un badge sur un lecteur", "puts a badge to a reader"))
    clone = actions.add_parser("clone", help=say("pose une copie : le numéro seul", "puts a copy: its number alone"))
    for each in (tap, clone):
        each.add_argument("person", metavar=say("PERSONNE", "PERSON"))
        each.add_argument("machine", metavar="MACHINE")
    actions.add_parser("unplug", help=say("débranche un lecteur", "unplugs a reader")).add_argument("machine")
    actions.add_parser("plug", help=say("rebranche un lecteur", "plugs a reader in")).add_argument("machine")
    actions.add_parser("people", help=say("qui a un badge, et où le poser", "who has a badge, and where to put it"))


def run(args: argparse.Namespace) -> int:
    """Run the demonstration, or talk to the one that runs."""
    match args.action:
        case "tap" | "clone":
            return _tap(args.person, args.machine, copied=args.action == "clone")
        case "plug" | "unplug":
            return _plug(args.machine, plugged=args.action == "plug")
        case "people":
            return _people()
        case _:
            return _month(args) if args.month else _run(args)


def _month(args: argparse.Namespace) -> int:
    from controller.commands.demo_month import run_month

    with ExitStack() as stack:
        return run_month(_folder(args.state, stack), args.seed)


def _tap(person: str, machine: str, *, copied: bool) -> int:
    from controller.office.demo_panel import running_demo

    outcome = running_demo().tap_outcome(person, machine, copied=copied)
    print(outcome.said.text())
    return 0 if outcome.word in {"granted", "ended"} else 1


def _plug(machine: str, *, plugged: bool) -> int:
    from controller.office.demo_panel import running_demo

    now = running_demo().plug(machine, plugged=plugged)
    print((Message("branché", "plugged in") if now else Message("débranché", "unplugged")).text())
    return 0 if now == plugged else 1


def _people() -> int:
    from controller.office.demo_panel import running_demo

    panel = running_demo()
    for each in panel.everybody():
        print(f"{each.id:<12} {each.name:<24} {each.about.text()}".rstrip())
    print()
    for key, name, about, plugged in panel.readers():
        state = "" if plugged else Message(" · débranché", " · unplugged").text()
        print(f"{key:<12} {name:<24} {about.text()}{state}")
    return 0


def _run(args: argparse.Namespace) -> int:
    from controller import logs
    from controller.demo.ending import Ending
    from controller.demo.stage import Wanted, free_port, staged
    from controller.settings import SPEED_MAX

    if not 1 <= args.speed <= SPEED_MAX:
        raise UserError(
            Message(f"la vitesse {args.speed} est impossible", f"the speed {args.speed} is impossible"),
            cure=Message(f"donnez un nombre de 1 à {SPEED_MAX}", f"give a number from 1 to {SPEED_MAX}"),
        )
    logs.configure("error", sys.stderr)
    with ExitStack() as stack:
        ending = Ending()
        ending.listen()
        stack.enter_context(suppress(KeyboardInterrupt))
        state = _folder(args.state, stack)
        wanted = Wanted(speed=args.speed, seed=args.seed, port=args.port, folder=state, quiet=args.quiet)
        free_port(args.port)  # before anything is there to be stopped
        stack.callback(_say, Message("Tout est arrêté.", "All is stopped."))
        stage = stack.enter_context(staged(wanted, _say if not args.quiet else _hush, ending.unbroken))
        for line in _welcome(stage.told, kept=args.state is not None):
            print(line.text(), flush=True)
        stack.callback(_say, Message("Fin de la démonstration…", "The demonstration ends…"))
        stage.turn(args.duration)
    return 0


def _welcome(told: dict[str, str], *, kept: bool) -> Iterator[Message]:
    yield Message("", "")
    yield Message(f"  La page          {told['address']}", f"  The page         {told['address']}")
    yield Message(
        f"  Pour entrer      {told['login']}   mot de passe  {told['password']}",
        f"  To sign in       {told['login']}   password  {told['password']}",
    )
    yield Message(
        f"                   {told['maker']} (adhérent) et {told['owner']} (co-indivisaire) : le même mot de passe",
        f"                   {told['maker']} (maker) and {told['owner']} (co-owner): the same password",
    )
    yield Message(f"  MQTT             {told['mqtt']}", f"  MQTT             {told['mqtt']}")
    yield Message(f"  Tableau de bord  {told['subscribe']}", f"  A dashboard      {told['subscribe']}")
    yield Message(
        f"  Dossier          {told['folder']}" + ("" if kept else "  (effacé à la fin)"),
        f"  Folder           {told['folder']}" + ("" if kept else "  (removed at the end)"),
    )
    yield Message("", "")
    yield Message("  Essayez, dans un second terminal :", "  Try this in a second terminal:")
    command = told["command"]
    yield Message(
        f"    {command} demo tap camille laser      un badge à la main (ou depuis la page : Démonstration)",
        f"    {command} demo tap camille laser      a badge by hand (or from the page: Demonstration)",
    )
    yield Message(
        f"    {command} demo clone camille four     une copie de son badge : refusée au four, acceptée au vinyle",
        f"    {command} demo clone camille four     a copy of her badge: refused at the kiln, taken at vinyle",
    )
    yield Message(
        f"    {command} demo unplug cnc             débranche un lecteur ; demo plug cnc le rebranche",
        f"    {command} demo unplug cnc             unplugs a reader; demo plug cnc plugs it in again",
    )
    freeze = f"kill -STOP {told['controller']}"
    yield Message(
        f"    {freeze:<38}  fige le boîtier : la carte ouvre son relais en 2 s (kill -CONT le ranime)",
        f"    {freeze:<38}  freezes the controller: the board opens its relay in 2 s (kill -CONT: on)",
    )
    yield Message(
        f"    {command} demo people                 qui est là, ce qui leur manque, et quels lecteurs",
        f"    {command} demo people                 who is there, what they lack, and which readers",
    )
    yield Message(
        f"    {command} verify {told['database']}   le grand livre, relu",
        f"    {command} verify {told['database']}   the ledger, read again",
    )
    yield Message(
        "  Personnes, badges et prix sont inventés. Ctrl-C arrête tout.",
        "  People, badges and prices are invented. Ctrl-C stops everything.",
    )
    yield Message("", "")


def _folder(wanted: Path | None, stack: ExitStack) -> Path:
    if wanted is not None:
        return wanted.resolve()
    made = Path(tempfile.mkdtemp(prefix="indivis-demo-"))
    stack.callback(shutil.rmtree, made, ignore_errors=True)
    return made


def _say(message: Message) -> None:
    # A terminal that was closed must not keep the programs running.
    with suppress(OSError):
        print(message.text(), flush=True)


def _hush(_message: Message) -> None:
    """Say nothing."""
