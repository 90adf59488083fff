"""`indivis admin`: accounts of the office's web door, for whoever sits at the computer that holds the database.

House rules: a password is asked for on the terminal or read from standard input, never taken as an argument, where
other users of the computer could read it.
"""

from __future__ import annotations

import argparse
import getpass
import sys
import time
from typing import TYPE_CHECKING

from controller.commands import add_database, opened_store
from controller.errors import Message, UserError

if TYPE_CHECKING:
    from controller.office.store import OfficeStore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done and the arguments of each."""
    parser.add_argument(
        "what",
        choices=("create", "reset-password", "setup-code"),
        metavar=Message("QUOI", "WHAT").text(),
        help=Message(
            "create : un administrateur, reset-password : un mot de passe, setup-code : le code du premier compte",
            "create: an administrator, reset-password: a password, setup-code: the code of the first account",
        ).text(),
    )
    add_database(parser)
    parser.add_argument("--login", help=Message("l'identifiant", "the login").text())


def run(args: argparse.Namespace) -> int:
    """Do it and say so; return 0."""
    store = opened_store(args.database)
    try:
        print(_done(store, args).text())
    finally:
        store.close()
    return 0


def _done(store: OfficeStore, args: argparse.Namespace) -> Message:
    from controller.office import second_factor
    from controller.office.accounts import (
        Role,
        account_by_login,
        create_setup_code,
        create_web_account,
        set_password,
    )

    now_ms = time.time_ns() // 1_000_000
    if args.what == "setup-code":
        with store.changing("admin-command", now_ms) as change:
            code = create_setup_code(change)
        if code is None:
            raise UserError(
                Message("il y a déjà des comptes", "there are accounts already"),
                cure=Message("utilisez « reset-password »", "use 'reset-password'"),
            )
        return Message(f"Code de première installation : {code}", f"Set-up code: {code}")
    if not args.login:
        raise UserError(
            Message("il manque --login", "--login is missing"),
            cure=Message("donnez l'identifiant du compte", "give the account's login"),
        )
    password = _password()
    with store.changing("admin-command", now_ms) as change:
        if args.what == "create":
            create_web_account(change, args.login, password, [Role.ADMIN])
            return Message(f"Administrateur « {args.login} » créé.", f"Administrator '{args.login}' created.")
        key = account_by_login(change.tx, args.login)
        if key is None:
            raise UserError(
                Message(f"pas de compte « {args.login} »", f"no account '{args.login}'"),
                cure=Message(
                    "vérifiez l'identifiant, ou créez-le avec create", "check the login, or make it with create"
                ),
            )
        set_password(change, key, password)
        second_factor.remove(change, key)
    return Message(
        "Mot de passe changé, second facteur retiré, sessions fermées.",
        "Password changed, second factor taken away, sessions ended.",
    )


def _password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass(Message("Mot de passe : ", "Password: ").text())
    return sys.stdin.readline().rstrip("\n")
