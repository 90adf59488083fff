"""`indivis ledger`: adds the books up from zero, closes periods, and prints co-owners' statements.

House rules: what is closed here is closed as through the API, by an account of the office that is named; a statement
goes to standard output as its file, byte for byte.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controller.commands import add_database, add_json, file_word, opened_store
from controller.errors import Message, UserError, language

if TYPE_CHECKING:
    from controller.office.store import OfficeStore

WRONG = 1
WHAT = ("check", "close", "close-books", "statement", "credit-sold", "correct")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done and the arguments of each."""
    parser.add_argument(
        "what",
        choices=WHAT,
        metavar=Message("QUOI", "WHAT").text(),
        help=Message(
            "check : tout recompter, close : un mois d'indivision, close-books : une période, statement : un relevé,"
            " credit-sold : le crédit vendu en douze mois, correct : un arrêt oublié",
            "check: add everything up, close: an agreement's month, close-books: a period, statement: a statement,"
            " credit-sold: the credit sold in twelve months, correct: a forgotten stop",
        ).text(),
    )
    add_database(parser)
    parser.add_argument("--agreement", metavar="ID", help=Message("l'indivision", "the agreement").text())
    parser.add_argument(
        "--all",
        action="store_true",
        help=Message("avec close : toutes les indivisions dues", "with close: every agreement that is due").text(),
    )
    parser.add_argument("--books", metavar="ID", help=Message("le compte à clôturer", "the books to close").text())
    parser.add_argument("--period", help=Message("2026-10-31, 2026-10 ou 2026", "2026-10-31, 2026-10 or 2026").text())
    parser.add_argument("--party", help=Message("le co-indivisaire", "the co-owner").text())
    parser.add_argument("--session", metavar="ID", help=Message("l'utilisation", "the use").text())
    parser.add_argument("--seconds", type=int, help=Message("sa durée réelle", "how long it really lasted").text())
    parser.add_argument("--reason", help=Message("comment on le sait", "how that is known").text())
    parser.add_argument("--login", help=Message("qui clôture", "who closes").text())
    parser.add_argument(
        "--waive",
        action="append",
        default=[],
        metavar=Message("LIGNE=RAISON", "LINE=REASON").text(),
        help=Message("passe outre une ligne du contrôle", "waives a line of the check-list").text(),
    )
    parser.add_argument(
        "--chain-key",
        type=Path,
        metavar=file_word(),
        help=Message("la clé qui signe les têtes", "the key that signs heads").text(),
    )
    parser.add_argument(
        "--csv", action="store_true", help=Message("le relevé en tableau", "the statement as a table").text()
    )
    parser.add_argument("--pdf", action="store_true", help=Message("le relevé en PDF", "the statement as a PDF").text())
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Do it and say so; return 0, or 1 when something does not add up."""
    store = opened_store(args.database)
    try:
        if args.what == "check":
            return _check(store, args)
        if args.what == "statement":
            return _statement(store, args)
        if args.what == "credit-sold":
            return _credit_sold(store, args)
        if args.what == "correct":
            return _correct(store, args)
        return _close_all(store, args) if args.what == "close" and args.all else _close(store, args)
    finally:
        store.close()


def _check(store: OfficeStore, args: argparse.Namespace) -> int:
    from controller.office.ledger.caches import check
    from controller.office.settlement.proof import changed_closings

    with store.read() as tx:
        differences, changed = check(tx), changed_closings(tx)
    if args.json:
        said = {
            "ok": not differences and not changed,
            "balances": [
                {"books": each.books, "what": each.what, "stored": each.cached, "rebuilt": each.rebuilt}
                for each in differences
            ],
            "closings": [{"agreement": each.agreement, "period": each.period} for each in changed],
        }
        print(json.dumps(said, ensure_ascii=False))
        return 0 if said["ok"] else WRONG
    for diff in differences:
        text = Message(
            f"{diff.what} : {diff.cached} en mémoire, {diff.rebuilt} par le calcul",
            f"{diff.what}: {diff.cached} stored, {diff.rebuilt} when added up",
        )
        print(f"! {diff.books}: {text.text()}")
    for each in changed:
        text = Message(f"la clôture de {each.period} a été modifiée", f"the closing of {each.period} was changed since")
        print(f"! {each.agreement}: {text.text()}")
    if differences or changed:
        return WRONG
    print(Message("Recompté de zéro : tout est juste.", "Added up from zero: all is right.").text())
    return 0


def _close(store: OfficeStore, args: argparse.Namespace) -> int:
    from controller.office.settlement import books_closing, closing

    period, key = _needed(args, "period"), _key(args)
    with store.changing(_actor(store, args), time.time_ns() // 1_000_000) as change:
        done: dict[str, Any]
        if args.what == "close":
            closed = closing.close(change, _needed(args, "agreement"), period, waive=_waived(args.waive), key=key)
            done = {**closed.body, "entry": closed.entry, "hash": closed.hash}
        else:
            kind = _kind(period)
            done = books_closing.close_books(change, _needed(args, "books"), kind, period, key=key)
    if args.json:
        print(json.dumps(done, ensure_ascii=False))
        return 0
    print(Message(f"{period} : clôturé, entrée {done['entry']}.", f"{period}: closed, entry {done['entry']}.").text())
    for owner in done.get("owners", ()):
        print(f"  {owner['party']:24} {_euros(owner['part_cents']):>12}  = {_euros(owner['after_cents']):>12}")
    print(f"  {done['hash']}")
    return 0


def _close_all(store: OfficeStore, args: argparse.Namespace) -> int:
    from controller.office.settlement.closing_all import close_all

    actor, waiting = _actor(store, args), False
    done = close_all(
        lambda: store.changing(actor, time.time_ns() // 1_000_000),
        _needed(args, "period"),
        in_books=args.books,
        waive=_waived(args.waive),
        key=_key(args),
    )
    for each in done:
        waiting |= each.closed is None
        said = each.to_data(language())
        if args.json:
            print(json.dumps(said, ensure_ascii=False), flush=True)
        elif each.closed is None:
            print(f"! {each.agreement}: {said['waits']}", flush=True)
        else:
            print(f"  {each.agreement:24} {said['entry']:>9}  {said['hash']}", flush=True)
    return WRONG if waiting else 0


def _key(args: argparse.Namespace) -> Any:  # noqa: ANN401 - a private key, or none
    from controller.office.program import chain_key_in

    if args.chain_key is None:
        return None
    if not args.chain_key.is_file():
        raise UserError(Message(f"{args.chain_key} n'existe pas", f"{args.chain_key} does not exist"))
    return chain_key_in(args.chain_key)


def _statement(store: OfficeStore, args: argparse.Namespace) -> int:
    from controller.office.pdf import pdfs_of
    from controller.office.settlement import closing, statements
    from controller.office.web.pages_paper import document

    agreement, period, party = (_needed(args, name) for name in ("agreement", "period", "party"))
    with store.read() as tx:
        said = statements.statement(closing.provisional(tx, agreement, period, time.time_ns() // 1_000_000), party)
        html = document(tx, said, language()) if args.pdf else ""
    if args.pdf:
        (data,) = pdfs_of([html])
    else:
        data = statements.as_csv(said) if args.csv else statements.as_json(said)
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    return 0


def _credit_sold(store: OfficeStore, args: argparse.Namespace) -> int:
    from controller.office.credit_sold import credit_sold

    with store.read() as tx:
        sold = credit_sold(tx, _needed(args, "books"), time.time_ns() // 1_000_000)
    if args.json:
        print(json.dumps({**asdict(sold), "near": sold.near}))
    else:
        limit = _euros(sold.limit_cents)
        text = Message(
            f"{_euros(sold.sold_cents)} de crédit vendu en douze mois ; à déclarer au-delà de {limit}",
            f"{_euros(sold.sold_cents)} of credit sold in twelve months; to be declared above {limit}",
        )
        print(f"{'! ' if sold.near else ''}{text.text()}")
    return WRONG if sold.near else 0


def _correct(store: OfficeStore, args: argparse.Namespace) -> int:
    from controller.office.correcting import correct

    key, reason = _needed(args, "session"), _needed(args, "reason")
    if args.seconds is None:
        raise UserError(Message("il manque --seconds", "--seconds is missing"))
    with store.changing(_actor(store, args), time.time_ns() // 1_000_000) as change:
        cents = correct(change, key, args.seconds, reason)
    if args.json:
        print(json.dumps({"session": key, "seconds": args.seconds, "gross_cents": cents}))
    else:
        print(Message(f"{key} : {_euros(cents)} à présent.", f"{key}: {_euros(cents)} now.").text())
    return 0


def _actor(store: OfficeStore, args: argparse.Namespace) -> Any:  # noqa: ANN401 - an account's id
    from controller.office.accounts import account_by_login

    login = _needed(args, "login")
    with store.read() as tx:
        key = account_by_login(tx, login)
    if key is None:
        raise UserError(Message(f"pas de compte « {login} »", f"no account '{login}'"))
    return key


def _needed(args: argparse.Namespace, name: str) -> str:
    value: str | None = getattr(args, name)
    if not value:
        raise UserError(
            Message(f"il manque --{name}", f"--{name} is missing"),
            cure=Message("voir « indivis ledger --help »", "see 'indivis ledger --help'"),
        )
    return value


def _waived(words: list[str]) -> dict[str, str]:
    from controller.office.settlement.checks import QUESTIONS

    found = {}
    for word in words:
        code, equals, reason = word.partition("=")
        if code not in QUESTIONS or not equals or not reason.strip():
            raise UserError(
                Message(f"--waive : « {word} » n'est pas LIGNE=RAISON", f"--waive: '{word}' is not LINE=REASON"),
                cure=Message(f"les lignes : {', '.join(QUESTIONS)}", f"the lines: {', '.join(QUESTIONS)}"),
            )
        found[code] = reason
    return found


def _kind(period: str) -> Any:  # noqa: ANN401 - one of three words
    return {0: "year", 1: "month"}.get(period.count("-"), "day")


def _euros(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100},{abs(cents) % 100:02} €"
