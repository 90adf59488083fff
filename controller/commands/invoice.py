"""`indivis invoice`: issues organisations' invoices and writes their files.

House rules: who issues is an account of the office that is named; a file goes to standard output, byte for byte.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from controller.commands import add_database, add_json, opened_store
from controller.errors import Message, UserError

WHAT = ("list", "issue", "file")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done and the arguments of each."""
    parser.add_argument(
        "what",
        choices=WHAT,
        metavar=Message("QUOI", "WHAT").text(),
        help=Message(
            "list : les factures d'un organisme, issue : établir, file : un fichier",
            "list: an organisation's invoices, issue: issue one, file: a file",
        ).text(),
    )
    add_database(parser)
    parser.add_argument("--organisation", metavar="ID", help=Message("son compte", "its account").text())
    parser.add_argument("--books", metavar="ID", help=Message("qui facture", "who invoices").text())
    parser.add_argument("--name", help=Message("la facture, comme FA-000001", "the invoice, like FA-000001").text())
    parser.add_argument(
        "--form",
        choices=("pdf", "xml", "html", "service"),
        default="pdf",
        help=Message("le fichier ; service : à signer", "the file; service: to be signed").text(),
    )
    parser.add_argument("--login", help=Message("qui le fait", "who does it").text())
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Do it and say so; return 0."""
    from controller.office.accounts import account_by_login
    from controller.office.invoicing.issuing import invoice_by_name, invoices_of, issue
    from controller.office.web.invoice_files import invoice_file

    store = opened_store(args.database)
    try:
        if args.what == "file":
            with store.read() as tx:
                body = invoice_by_name(tx, _needed(args, "books"), _needed(args, "name"))
            sys.stdout.flush()
            sys.stdout.buffer.write(invoice_file(body, args.form))
            return 0
        payer, now_ms = _needed(args, "organisation"), time.time_ns() // 1_000_000
        if args.what == "issue":
            login = _needed(args, "login")
            with store.read() as tx:
                actor = account_by_login(tx, login)
            if actor is None:
                raise UserError(Message(f"pas de compte « {login} »", f"no account '{login}'"))
            with store.changing(actor, now_ms) as change:
                found = [issue(change, payer)]
        else:
            with store.read() as tx:
                found = invoices_of(tx, payer)
    finally:
        store.close()
    for each in found:
        cents = each["gross_cents"]
        amount = f"{'-' if cents < 0 else ''}{abs(cents) // 100},{abs(cents) % 100:02} €"
        print(json.dumps(each, ensure_ascii=False) if args.json else f"{each['name']}  {each['day']}  {amount:>12}")
    return 0


def _needed(args: argparse.Namespace, name: str) -> str:
    value: str | None = getattr(args, name)
    if not value:
        raise UserError(
            Message(f"il manque --{name}", f"--{name} is missing"),
            cure=Message("voir « indivis invoice --help »", "see 'indivis invoice --help'"),
        )
    return value
