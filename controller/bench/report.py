"""From times to a table and a JSON document.

House rules: milliseconds with three decimals, measured and never rounded to please; the goal stands beside the number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from controller.bench.cells import Cell
from controller.bench.tapping import Taps
from controller.errors import Message

GOAL_MS = 2.0
"""p99 of what Indivis itself takes for a tap; DESIGN, "What good looks like"."""

Summary = dict[str, float | int]


def summary(times_ns: Sequence[int]) -> Summary:
    """Count, p50, p99 and maximum, in milliseconds."""
    ordered = sorted(times_ns)
    count = len(ordered)
    if not count:
        return {"count": 0}
    return {
        "count": count,
        "p50_ms": _ms(ordered[count // 2]),
        "p99_ms": _ms(ordered[min(count - 1, count * 99 // 100)]),
        "max_ms": _ms(ordered[-1]),
    }


def cell_result(cell: Cell, taps: Taps, floor_ms: float, chain: Summary) -> dict[str, Any]:
    """Everything known of a cell. `floor_ms`: what this computer's shortest way and barest commit take together;
    `chain`: what its threads take to hand a frame on.
    """
    starts = taps.told["starts"]
    whole = [pin - written for written, (*_, pin) in zip(taps.written, starts, strict=False)]
    result: dict[str, Any] = {
        "members": cell.members,
        "machines": cell.machines,
        "beside": cell.beside,
        "seconds": round(taps.seconds, 1),
        "own": summary([(pin - got) - (end - begin) for got, _, begin, end, pin in starts]),
        "commit": summary([end - begin for _, _, begin, end, _ in starts]),
        "stops": summary([pin - got for got, pin in taps.told["stops"]]),
        "parts": {
            "read_to_decided": summary([decided - got for got, decided, *_ in starts]),
            "decided_to_commit": summary([begin - decided for _, decided, begin, _, _ in starts]),
            "committed_to_pin": summary([pin - end for *_, end, pin in starts]),
        },
        "written_to_pin": summary(whole),
        "lost": taps.lost,
        "written_bytes_per_session": taps.told["written_bytes"] // max(1, len(starts)),
        "resident_mb": taps.told["resident_kb"] // 1024,
    }
    if whole and floor_ms:
        result["ratio_to_floor"] = round(result["written_to_pin"]["p50_ms"] / floor_ms, 2)
    if chain["count"] and result["own"]["count"]:
        result["p99_to_chain"] = round(result["own"]["p99_ms"] / chain["p99_ms"], 1)
    if cell.beside == "snapshot":
        result["snapshots_switched"] = taps.told["switches"]
    if cell.beside == "importing":
        result["members_imported"] = taps.imported
    return result


def lines(document: dict[str, Any]) -> Iterator[str]:
    """The document as a table that a person reads."""
    head = Message("cas", "cell").text(), Message("badges", "taps").text()
    own, commit, stops = (
        Message("nôtre", "own").text(),
        Message("disque", "commit").text(),
        Message("fin", "stop").text(),
    )
    yield Message(
        "En ms, p50 / p99 / max. « nôtre » : du dernier octet à la sortie, sans l'écriture ; but : p99 ≤ 2.",
        "In ms, p50 / p99 / max. 'own': from the last byte to the pin, less the commit; goal: p99 ≤ 2.",
    ).text()
    yield f"{head[0]:<36} {head[1]:>6}  {own:<21} {commit:<21} {stops:<21} {'×':>5}"
    for name, cell in document["cells"].items():
        ratio = cell.get("ratio_to_floor", "")
        yield (
            f"{name:<36} {cell['own']['count']:>6}  {_three(cell['own'])} {_three(cell['commit'])}"
            f" {_three(cell['stops'])} {ratio:>5}"
        )
    yield ""
    limits = document["limits"]
    way, disk = Message("lecteur -> sortie, nu", "bare reader -> pin"), Message("écriture nue", "bare commit")
    yield f"{way.text():<43} {_three(limits['reader_to_pin'])}   {disk.text()} {_three(limits['commit'])}"
    chain = Message("de fil en fil, nu", "bare chain of threads")
    yield f"{chain.text():<43} {_three(limits['chain'])}"
    yield Message(
        "× : du premier octet écrit à la sortie, p50, contre ces deux minima ensemble.",
        "×: from the first byte written to the pin, p50, against these two floors together.",
    ).text()
    yield from reader_lines(document.get("readers", {}))
    for name, program in document.get("programs", {}).items():
        yield Message(
            f"{name} : prêt en {program['start_s']} s, {program['resident_mb']} Mo",
            f"{name}: ready in {program['start_s']} s, {program['resident_mb']} MB",
        ).text()
    if passed := document.get("journal_to_ledger"):
        yield Message(
            f"journal -> grand livre : {passed['facts_per_s']} faits/s, {passed['sessions_per_s']} usages/s",
            f"journal -> ledger: {passed['facts_per_s']} facts/s, {passed['sessions_per_s']} sessions/s",
        ).text()
    # A snapshot is written by the same process, and would be counted as the sessions'.
    cells = [cell for cell in document["cells"].values() if cell["beside"] != "snapshot"]
    if cells:
        most = max(cell["written_bytes_per_session"] for cell in cells)
        yield Message(f"écrit par usage : {most} octets au plus", f"written per session: {most} bytes at most").text()
    load = " ".join(f"{value:.1f}" for value in (document["load_before"], document["load_after"]))
    yield Message(f"charge avant et après : {load}", f"load before and after: {load}").text()
    slow = [name for name, cell in document["cells"].items() if cell["own"].get("p99_ms", 0) > GOAL_MS]
    for name in slow:
        parts = document["cells"][name]["parts"]
        said = ", ".join(f"{part} {_three(times).strip()}" for part, times in parts.items())
        times = document["cells"][name].get("p99_to_chain")
        yield Message(
            f"au-delà du but : {name} : {said} ; p99 = {times} fois celui des fils nus",
            f"beyond the goal: {name}: {said}; p99 = {times} times that of bare threads",
        ).text()


def reader_lines(readers: dict[str, Any]) -> Iterator[str]:
    """A line per kind of reader: what its driver takes, and what its wire does."""
    if readers:
        head = Message("lecteur, du dernier octet à l'événement", "reader, last byte to event").text()
        yield f"{head:<43} {'p50 / p99 / max':<22} {Message('fil', 'wire').text()}"
    for name, reader in readers.items():
        if "missing" in reader:
            yield f"{name:<43} {Message('non installé', 'not installed').text()} : {reader['missing']}"
            continue
        wire = f"{reader['wire_bytes']} × 10 / {reader['baud']} = {reader['wire_ms']} ms"
        yield f"{name:<43} {_three(reader['after_last_byte'])}   {wire}"


def _three(times: Summary) -> str:
    if not times["count"]:
        return f"{'-':<21}"
    return f"{times['p50_ms']:6.2f} {times['p99_ms']:6.2f} {times['max_ms']:7.2f}"


def _ms(nanoseconds: int) -> float:
    return round(nanoseconds / 1_000_000, 3)
