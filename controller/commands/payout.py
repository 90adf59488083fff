"""`indivis payout`: pays co-owners what closings gave them, and reads what the bank says became of it.

House rules: who does it is an account of the office that is named; the bank's file goes to standard output, for it
holds account numbers and belongs where its reader puts it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controller.commands import add_database, add_json, file_word, opened_store
from controller.errors import Message, OperatingError, UserError, reason_of

if TYPE_CHECKING:
    from controller.office.store import OfficeStore
    from controller.office.vault import Vault

WHAT = ("list", "run", "file", "read", "paid", "rejected")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done and the arguments of each."""
    parser.add_argument(
        "what",
        choices=WHAT,
        metavar=Message("QUOI", "WHAT").text(),
        help=Message(
            "list : ce qui est dû, run : verser, file : le fichier de la banque, read : relire la banque,"
            " paid ou rejected : marquer un versement",
            "list: what is due, run: pay, file: the bank's file, read: read the bank's word,"
            " paid or rejected: mark a payout",
        ).text(),
    )
    add_database(parser)
    parser.add_argument(
        "--vault-key",
        type=Path,
        metavar=file_word(),
        help=Message("la clé du coffre", "the vault's key").text(),
    )
    parser.add_argument("--agreement", metavar="ID", help=Message("l'indivision", "the agreement").text())
    parser.add_argument(
        "--party", action="append", help=Message("à qui (sinon à tous)", "to whom (else to all)").text()
    )
    parser.add_argument("--day", help=Message("jour du virement", "day of the transfer").text())
    parser.add_argument("--id", help=Message("le lot ou le versement", "the run or the payout").text())
    parser.add_argument("--reason", help=Message("raison du rejet", "why it was rejected").text())
    parser.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar=file_word(),
        help=Message("le fichier de la banque (camt.053, camt.054, pain.002)", "the bank's file").text(),
    )
    parser.add_argument("--login", help=Message("qui le fait", "who does it").text())
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Do it and say so; return 0."""
    store = opened_store(args.database)
    try:
        if args.what == "list":
            return _list(store, args)
        if args.what == "file":
            return _file(store, args)
        return _change(store, args)
    finally:
        store.close()


def _list(store: OfficeStore, args: argparse.Namespace) -> int:
    from controller.office.settlement.dues import dues
    from controller.office.settlement.payout_words import DUE_WORDS, PAYOUT_WORDS
    from controller.office.settlement.payouts import payout_views

    agreement, vault = _needed(args, "agreement"), _vault(store, args)
    with store.read() as tx:
        due = [each.to_data() for each in dues(tx, vault, agreement, _now_ms())]
        paid = payout_views(tx, agreement)
    if args.json:
        print(json.dumps({"due": due, "payouts": paid}, ensure_ascii=False))
        return 0
    for each in due:
        said = DUE_WORDS[each["state"]].text()
        print(f"  {each['party']:24} {_euros(each['cents']):>12}  {said} {each['held']}".rstrip())
    for each in paid:
        said = PAYOUT_WORDS[each["state"]].text()
        print(f"  {each['id']:24} {_euros(each['cents']):>12}  {each['party']}, {said}")
    return 0


def _file(store: OfficeStore, args: argparse.Namespace) -> int:
    from controller.office.settlement.payouts import run_file

    vault, wanted = _vault(store, args), _needed(args, "id")
    with store.changing(_actor(store, args), _now_ms()) as change:
        said = run_file(change.tx, vault, wanted)
        change.audit("take_bank_file", wanted)
    sys.stdout.flush()
    sys.stdout.buffer.write(said)
    return 0


def _change(store: OfficeStore, args: argparse.Namespace) -> int:
    from controller.office.settlement import payouts

    done: dict[str, Any] = {}
    with store.changing(_actor(store, args), _now_ms()) as change:
        if args.what == "run":
            done["id"] = payouts.pay(change, _vault(store, args), _needed(args, "agreement"), args.party, args.day)
            said = Message(f"Lot {done['id']} : versements inscrits.", f"Run {done['id']}: payouts written down.")
        elif args.what == "read":
            done = payouts.read_bank(change, _bytes_of(Path(_needed(args, "source"))))
            counts = [len(done[name]) for name in ("paid", "rejected", "differing")]
            said = Message(
                "Versés : {}, rejetés : {}, montant différent : {}.".format(*counts),
                "Paid: {}, rejected: {}, other amount: {}.".format(*counts),
            )
        elif args.what == "paid":
            done["new"] = payouts.mark_paid(change, _needed(args, "id"))
            said = Message("Noté : versé.", "Noted: paid.")
        else:
            done["new"] = payouts.reject(change, _needed(args, "id"), _needed(args, "reason"))
            said = Message("Noté : rejeté, la somme est de nouveau due.", "Noted: rejected, the sum is due again.")
    print(json.dumps(done) if args.json else said.text())
    return 0


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise OperatingError(
            Message(f"{path} ne peut pas être lu", f"{path} cannot be read"), why=reason_of(error)
        ) from error


def _vault(store: OfficeStore, args: argparse.Namespace) -> Vault:
    from controller.office.vault import open_vault

    key: Path | None = args.vault_key
    if key is None or not key.is_file():
        raise UserError(
            Message("il manque --vault-key, ou ce fichier", "--vault-key, or that file, is missing"),
            why=Message("le coffre garde les comptes bancaires", "the vault keeps the bank accounts"),
        )
    return open_vault(key, store)


def _actor(store: OfficeStore, args: argparse.Namespace) -> str:
    from controller.office.accounts import account_by_login

    login = _needed(args, "login")
    with store.read() as tx:
        key = account_by_login(tx, login)
    if key is None:
        raise UserError(Message(f"pas de compte « {login} »", f"no account '{login}'"))
    return key


def _needed(args: argparse.Namespace, name: str) -> str:
    value = getattr(args, name)
    if not value:
        word = "from" if name == "source" else name
        raise UserError(
            Message(f"il manque --{word}", f"--{word} is missing"),
            cure=Message("voir « indivis payout --help »", "see 'indivis payout --help'"),
        )
    return str(value)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _euros(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100},{abs(cents) % 100:02} €"
