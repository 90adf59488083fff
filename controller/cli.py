"""The command `indivis`: a table of commands, each in its own module, loaded only when it is asked for.

House rules: a command module has `add_arguments(parser)` and `run(args) -> int`, and prints its result on
standard output (as JSON if it has `--json`). A person's mistake is answered by one sentence on standard error
and the exit code of controller/errors.py, never by a traceback.
"""

import argparse
import importlib
import os
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn, Protocol, cast

from controller.errors import IndivisError, Message, ProgrammerError, UserError, language

INTERRUPTED = 130  # what a shell reports for a program ended by Ctrl-C
PACKAGE = "controller.commands"

# One line of help for each; the module's name is the command's, with `_` for `-`.
COMMANDS: dict[str, Message] = {
    "run": Message("le contrôleur et le bureau, sur un seul Pi", "controller and office, on one Pi"),
    "controller": Message("le programme près des machines", "the program beside the machines"),
    "office": Message("le programme qui tient les comptes", "the program that keeps the books"),
    "demo": Message("un atelier entier, simulé", "a whole workshop, simulated"),
    "check-config": Message("relit un fichier de réglages", "proof-reads a settings file"),
    "reader": Message("écoute ou décode un lecteur de badges", "watches or decodes a badge reader"),
    "meter": Message("lit ou simule un compteur électrique", "reads or simulates an electricity meter"),
    "split": Message("partage des centimes entre des parts", "splits cents between shares"),
    "export": Message("les journaux pour le comptable", "the accountant's journals"),
    "ledger": Message("recompte, clôture, imprime des relevés", "adds up, closes, prints statements"),
    "payout": Message("verse leur part aux indivisaires", "pays co-owners their part"),
    "invoice": Message("facture les organismes", "invoices organisations"),
    "verify": Message("vérifie les chaînes et les comptes", "verifies the chains and the books"),
    "replay": Message("raconte un journal, pas à pas", "tells a journal again, step by step"),
    "simulate": Message("des jours d'atelier, avec leurs pannes", "days of a workshop, with their faults"),
    "mqtt": Message("regarde ce qui est publié", "watches what is published"),
    "pins-off": Message("coupe toutes les sorties", "drives every output off"),
    "backup": Message("sauvegarde, puis vérifie la copie", "backs up, then verifies the copy"),
    "restore": Message("repart d'une sauvegarde", "starts again from a backup"),
    "bench": Message("mesure la durée d'un badge", "measures how long a tap takes"),
    "admin": Message("comptes et jetons du bureau", "the office's accounts and tokens"),
}

USAGE = Message("indivis COMMANDE …", "indivis COMMAND …")
INTRODUCTION = Message(
    "Indivis : un badge ouvre une machine, et ses copropriétaires sont payés au centime.",
    "Indivis: a badge opens a machine, and its co-owners are paid to the cent.",
)


# What argparse says of a wrong argument, as regular expressions; whatever is not here stays in English.
ARGPARSE_IN_FRENCH = (
    (r"^argument (.+?): ", r"argument \1 : "),
    (r"the following arguments are required: ", "il manque : "),
    (r"one of the arguments (.+) is required", r"il manque un de ces arguments : \1"),
    (r"unrecognized arguments: ", "arguments inconnus : "),
    (r"expected one argument", "il y faut une valeur"),
    (r"expected at least one argument", "il y faut au moins une valeur"),
    (r"not allowed with argument (.+)", r"incompatible avec \1"),
    (r"ambiguous option: (.+) could match (.+)", r"option ambiguë : \1 peut être \2"),
    (r"invalid choice: (.+) \(choose from (.+)\)", r"valeur \1 inconnue (au choix : \2)"),
    (r"invalid \w+ value: (.+)", r"valeur \1 incorrecte"),
)


class Command(Protocol):
    """What a module in controller/commands offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declares the command's own arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Does it, and returns the exit code."""


class Parser(argparse.ArgumentParser):
    """Answers a wrong argument with one sentence that leads to the help, in the reader's language."""

    def __init__(self, prog: str, **options: Any) -> None:  # noqa: ANN401 (argparse's own)
        super().__init__(prog=prog, add_help=False, **options)
        self._optionals.title = "options"
        self._positionals.title = "arguments"
        self.add_argument("-h", "--help", action="help", help=Message("cette aide", "this help").text())

    def error(self, message: str) -> NoReturn:
        """Ends with exit code 2."""
        if language() == "fr":
            for english, french in ARGPARSE_IN_FRENCH:
                message = re.sub(english, french, message)
        raise UserError(
            Message(message, message),
            cure=Message(f"voir « {self.prog} --help »", f"see '{self.prog} --help'"),
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    try:
        code = _dispatch(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except IndivisError as error:
        sys.stderr.write(f"indivis: {error.sentence()}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # `indivis … | head` has read enough; what is still buffered must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _dispatch(argv: list[str]) -> int:
    top = Parser(
        "indivis",
        usage=USAGE.text(),
        description=INTRODUCTION.text(),
        epilog=_table(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="store_true", help=Message("la version", "the version").text())
    top.add_argument("command", nargs="?", help=argparse.SUPPRESS)
    # Only what stands before the command's name is ours; the rest belongs to the command.
    ours = next((index + 1 for index, word in enumerate(argv) if not word.startswith("-")), len(argv))
    asked = top.parse_args(argv[:ours])
    if asked.version:
        from importlib import metadata  # noqa: PLC0415 - most of what `pins-off` would wait for on a Pi

        print(f"indivis {metadata.version('indivis')}")
        return 0
    if asked.command is None:
        top.print_help()
        return 2
    if asked.command not in COMMANDS:
        top.error(Message(f"commande inconnue : {asked.command}", f"unknown command: {asked.command}").text())

    command = _load(asked.command)
    parser = Parser(f"indivis {asked.command}", description=COMMANDS[asked.command].text())
    command.add_arguments(parser)
    return command.run(parser.parse_args(argv[ours:]))


def _load(name: str) -> Command:
    module = f"{PACKAGE}.{name.replace('-', '_')}"
    try:
        return cast("Command", importlib.import_module(module))
    except ModuleNotFoundError as error:
        if error.name not in {module, PACKAGE}:
            raise  # one of the command's own imports is missing: that is a broken installation, shown whole
        raise ProgrammerError(
            Message(f"la commande « {name} » manque", f"the command '{name}' is missing"),
            why=Message("cette installation d'Indivis est incomplète", "this installation of Indivis is incomplete"),
            cure=Message("réinstallez-la", "install it again"),
        ) from error


def _table() -> str:
    width = max(map(len, COMMANDS))
    heading = Message("commandes :", "commands:").text()
    return "\n".join([heading, *(f"  {name:{width}}  {about.text()}" for name, about in COMMANDS.items())])
