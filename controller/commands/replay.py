"""`indivis replay`: any past evening of a controller's journal, step by step: what happened, what was decided and why.

House rules: the file is only looked at, be it a controller's own, a backup or a copy; nobody is named and no badge is
shown. Exit codes: 0 told, 1 a decision comes out differently by today's rules or the chain is broken, 2 a wrong
argument or no journal, 65 a newer version's or a damaged file, 69 a file that cannot be read just now.
"""

from __future__ import annotations

import argparse
import json
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from controller.commands import add_json
from controller.errors import Message, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.floor.old_directory import OldDirectory
    from controller.floor.retelling import Retelling, Step, Verdict

DIFFERENT = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "journal",
        type=Path,
        metavar=Message("JOURNAL", "JOURNAL").text(),
        help=Message("le fichier journal.db, ou une copie", "the journal.db file, or a copy").text(),
    )
    when = Message("DATE", "DATE").text()
    parser.add_argument(
        "--from",
        dest="begin",
        metavar=when,
        help=Message("à partir de, par exemple 2030-03-15T18:00", "from, for instance 2030-03-15T18:00").text(),
    )
    parser.add_argument("--until", metavar=when, help=Message("jusqu'à (exclu)", "until (excluded)").text())
    parser.add_argument(
        "--machine",
        metavar="ID",
        help=Message("cette machine, et les démarrages", "this machine, and the starts").text(),
    )
    parser.add_argument(
        "--replica",
        type=Path,
        metavar=Message("FICHIER", "FILE").text(),
        help=Message(
            "la copie de l'annuaire (défaut : replica.db à côté du journal)",
            "the directory's copy (default: replica.db beside the journal)",
        ).text(),
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Tell the evening; return 1 when today's rules decide something of it differently."""
    from controller.floor.old_journal import controller_of, facts_of, looking_at
    from controller.floor.retelling import Retelling

    begin, until = _instant("--from", args.begin), _instant("--until", args.until)
    with ExitStack() as stack:
        connection = stack.enter_context(looking_at(args.journal, "journal"))
        controller = controller_of(connection)
        beside = args.journal.with_name("replica.db")
        replica = args.replica or (beside if beside.is_file() else None)
        directory: OldDirectory | None = None
        if replica is not None:
            from controller.floor.old_directory import OldDirectory

            directory = OldDirectory(stack.enter_context(looking_at(replica, "replica")), controller)
        retelling = Retelling(directory)
        shown = _chosen(retelling.steps(facts_of(connection, controller)), begin, until, args.machine)
        told = _as_json(shown) if args.json else _told(shown, retelling)
    return DIFFERENT if told["differs"] or told.get("broken") else 0


def _instant(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(datetime.fromisoformat(text).astimezone().timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise UserError(
            Message(f"{option} : « {text} » n'est pas une date", f"{option}: '{text}' is no date"),
            cure=Message("écrivez par exemple 2030-03-15T18:00", "write for instance 2030-03-15T18:00"),
        ) from error


def _chosen(steps: Iterator[Step], begin: int | None, until: int | None, machine: str | None) -> Iterator[Step]:
    """Leave out what was not asked for; a fact without a date counts with the last dated one before it."""
    last_ms: int | None = None
    for step in steps:
        last_ms = step.dated.wall_ms if step.dated.wall_ms is not None else last_ms
        if begin is not None and (last_ms is None or last_ms < begin):
            continue
        if until is not None and last_ms is not None and last_ms >= until:
            continue
        if machine is None or step.machine in (None, machine):
            yield step


def _told(steps: Iterator[Step], retelling: Retelling) -> dict[Verdict | str, int]:
    counts: dict[Verdict | str, int] = {"steps": 0, "differs": 0}
    for step in steps:
        counts["steps"] += 1
        counts["broken"] = counts.get("broken", 0) + (step.dated.broken is not None)
        if step.verdict is not None:
            counts[step.verdict] = counts.get(step.verdict, 0) + 1
        print("\n".join(_lines(step)))
    _sum_up(counts, retelling)
    return counts


def _lines(step: Step) -> Iterator[str]:
    from controller.floor.fact_words import words_of
    from controller.floor.step_words import check, terms

    words = words_of(step)
    place = Message(f"démarrage {step.start}", f"start {step.start}").text()
    yield f"{step.dated.n:>6}  {_date(step.dated.wall_ms)}  {place}{_since(step)}{_machine(step)}"
    yield f"        {words.event.text()}"
    yield f"        → {words.decision.text()}"
    if step.dated.broken is not None:
        broken = Message("! ce fait ne tient pas dans la chaîne", "! this fact does not stand in the chain").text()
        yield f"        {broken} ({step.dated.broken})"
    if words.why is not None:
        yield f"          {words.why.text()}"
    if step.inputs is not None:
        yield f"          {terms(step.inputs, step.rules).text()}"
    if (checked := check(step)) is not None:
        yield f"        {checked.text()}"


def _date(wall_ms: int | None) -> str:
    if wall_ms is None:
        return Message("date inconnue      ", "date unknown       ").text()
    return datetime.fromtimestamp(wall_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _since(step: Step) -> str:
    from controller.floor.fact_words import span

    fact = step.dated.fact
    if fact is None:
        return ""
    boot = Message("ordinateur allumé depuis", "computer on for").text()
    return f", {boot} {span(fact.at.boot_ms // 1000)}"


def _machine(step: Step) -> str:
    return "" if step.machine is None else f", {step.machine}"


def _sum_up(counts: dict[Verdict | str, int], retelling: Retelling) -> None:
    if not counts["steps"]:
        print(Message("Aucun fait pour ce choix.", "No fact of that choice.").text())
        return
    same, differs = counts.get("same", 0), counts["differs"]
    changed, blind = counts.get("directory_changed", 0), counts.get("no_directory", 0)
    print(
        Message(
            f"{counts['steps']} faits ; rejugés à l'identique : {same}, autrement : {differs}, "
            f"annuaire changé depuis : {changed}",
            f"{counts['steps']} facts; decided the same again: {same}, differently: {differs}, "
            f"directory changed since: {changed}",
        ).text()
    )
    if blind:
        print(
            Message(
                f"{blind} décisions non rejugées : donnez la copie de l'annuaire (--replica)",
                f"{blind} decisions not judged again: give the directory's copy (--replica)",
            ).text()
        )
    if retelling.open_at_the_end:
        print(
            Message(
                f"Utilisations encore ouvertes à la fin du journal : {retelling.open_at_the_end}",
                f"Uses still open at the journal's end: {retelling.open_at_the_end}",
            ).text()
        )


def _as_json(steps: Iterator[Step]) -> dict[Verdict | str, int]:
    from controller.floor.fact_words import words_of
    from controller.floor.step_words import said_again, terms

    data, differs = list[dict[str, object]](), 0
    for step in steps:
        words, inputs, fact = words_of(step), step.inputs, step.dated.fact
        differs += step.verdict == "differs" or step.dated.broken is not None
        data.append(
            {
                "n": step.dated.n,
                "kind": step.dated.kind,
                "wall_ms": step.dated.wall_ms,
                "boot_ms": None if fact is None else fact.at.boot_ms,
                "start": step.start,
                "machine": step.machine,
                "person": step.person,
                "event": words.event.text(),
                "decision": words.decision.text(),
                "why": None if words.why is None else words.why.text(),
                "terms": None if inputs is None else terms(inputs, step.rules).text(),
                "broken": step.dated.broken,
                "again": step.verdict,
                "again_says": said_again(step).text() if step.verdict in ("differs", "directory_changed") else None,
            }
        )
    print(json.dumps(data, ensure_ascii=False))
    return {"differs": differs}
