"""`indivis demo --month`: a month of the demonstration's workshop, closed; then the same month with a share sold.

House rules: what is printed stands in the closing; the files stay where `--state` says, else they go with the folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.errors import Message

if TYPE_CHECKING:
    from pathlib import Path

    from controller.demo.month import MonthPlayed

NOT_INTACT = 1

_STEPS = (
    ("income_cents", Message("recette nette à partager", "net income to share")),
    ("fee_cents", Message("rémunération du gérant", "the manager's fee")),
    ("distributed_cents", Message("à répartir entre co-indivisaires", "to be shared between co-owners")),
)


def run_month(root: Path, seed: int) -> int:
    """Play the month twice and tell what came of it; return 0 when everything adds up."""
    from controller.demo.month import BUYER, MONTH, SELLER, SOLD_ON, play_month

    print(Message(f"Le mois {MONTH} d'un atelier inventé :", f"The month {MONTH} of an invented workshop:").text())
    plain = play_month(root / "mois", seed=seed, sold=False)
    _tell(plain)
    print()
    print(
        Message(
            f"Le même mois, {SELLER} ayant vendu sa part à {BUYER} le {SOLD_ON}, inscrit à la fin :",
            f"The same month, {SELLER} having sold its share to {BUYER} on {SOLD_ON}, written down at its end:",
        ).text()
    )
    after_sale = play_month(root / "mois-vente", seed=seed, sold=True)
    _tell(after_sale)
    print()
    print(
        Message(
            "Lecture B : le gérant est aussi co-indivisaire. C'est une lecture de la convention, il y en a d'autres.",
            "Reading B: the manager owns a share too. It is one reading of the agreement; there are others.",
        ).text()
    )
    return 0 if plain.intact and after_sale.intact else NOT_INTACT


def _tell(played: MonthPlayed) -> None:
    body = played.closed.body
    paid = _euros(played.books["totals"]["sales_cents"])
    print(
        Message(
            f"  {played.uses} utilisations, {paid} TTC payés par les adhérents ; en indivision, hors taxe :",
            f"  {played.uses} uses, {paid} paid by members, VAT included; held together, net:",
        ).text()
    )
    for machine in body["machines"]:
        print(f"    {machine['name']:<34} {machine['uses']:>4} {_euros(machine['net_cents']):>14}")
    for version in body["versions"]:
        number = version["version"]
        print(Message(f"  Convention, version {number}", f"  Agreement, version {number}").text())
        for name, text in _STEPS:
            print(f"    {text.text():<39} {_euros(version[name]):>14}")
        for line in version["lines"]:
            if line["role"] == "share":
                print(f"      {line['party']:<37} {_euros(line['cents']):>14}")
    print(Message("  Dû à chacun", "  Due to each").text())
    for owner in body["owners"]:
        print(f"      {owner['party']:<37} {_euros(owner['after_cents']):>14}")
    print(Message("  Contrôle", "  Check-list").text() + f" : {_checks(body)}")
    print(Message("  Empreinte de clôture", "  Closing hash").text() + f"  {played.closed.hash}")
    print(Message("  Relevés", "  Statements").text() + f"  {played.statements[0].parent} ({len(played.statements)})")
    print(f"  FEC  {played.fec.name}")
    said = Message("tout est intact", "all is intact") if played.intact else Message("quelque chose cloche", "broken")
    print(f"  indivis verify, indivis ledger check : {said.text()}")


def _checks(body: dict[str, Any]) -> str:
    green = sum(line["green"] for line in body["check_list"])
    return f"{green}/{len(body['check_list'])}"


def _euros(cents: int) -> str:
    from controller.errors import language
    from controller.office.web.pages_format import euros

    return euros(cents, language())
