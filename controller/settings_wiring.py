"""What hangs on what: a channel's relay on a pin, or on a device that the file names elsewhere.

House rules: as in `settings_reading`, every problem is reported with its line, why and cure; what the tables alone
cannot show is judged here, on the raw values, for a table with one mistake still shows the others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from controller.domain.wishes import quiet_of
from controller.errors import Message
from controller.settings_reading import choose, is_not, tables

if TYPE_CHECKING:
    from controller.settings_reading import Reading

PIN_KEYS = ("active_high", "feedback_pin", "feedback_active_high", "on_process_exit", "hold_max_gap_s")
"""What has a meaning for a relay on a pin only: a switch far away opens when nobody renews it, and is never held."""

BOARD, PLUG = "board:", "plug:"


def board_of(switch: str) -> str | None:
    """Return the name of the reader whose board is the switch; `None` for another kind of switch."""
    return switch.removeprefix(BOARD) if switch.startswith(BOARD) else None


def plug_of(switch: str) -> str | None:
    """Return the name of the plug that is the switch; `None` for another kind of switch."""
    return switch.removeprefix(PLUG) if switch.startswith(PLUG) else None


def check_wiring(reading: Reading, raw: dict[str, Any]) -> None:
    """Report channels with no relay or two, switches that are not there, and devices that switch two channels."""
    _check_meters(reading, raw)
    _check_identities(reading, raw)
    _check_feeds(reading, raw)
    _check_quiet(reading, raw)
    _check_messages(reading, raw)
    known = _switches(raw)
    taken: list[str] = []
    for index, row in tables(raw, "channel"):
        place = f"channel[{index}]"
        switch = row.get("switch", "")
        if not isinstance(switch, str):
            continue  # already reported
        if not switch:
            if "pin" not in row:
                cure = Message("ajoutez pin = … ou switch = …", "add pin = … or switch = …")
                reading.problem(f"{place}.pin", Message("manque", "is missing"), cure, fallback=place)
            continue
        for key in ("pin", *PIN_KEYS):
            if key in row:
                why = Message("ne va pas avec switch", "does not go with switch")
                reading.problem(f"{place}.{key}", why, Message("gardez l'un des deux", "keep one of the two"))
        if (problem := _switch_problem(switch, row.get("name"), known, taken)) is not None:
            reading.problem(f"{place}.switch", *problem)
        taken.append(switch)


def _check_quiet(reading: Reading, raw: dict[str, Any]) -> None:
    site = raw.get("site")
    hours = site.get("quiet", "") if isinstance(site, dict) else ""
    if isinstance(hours, str) and hours and quiet_of(hours) is None:
        why = is_not(hours, ("« always » ni des heures", "'always' nor hours"))
        reading.problem("site.quiet", why, Message('par exemple "20:00-08:00"', 'for example "20:00-08:00"'))


def _switches(raw: dict[str, Any]) -> dict[str, object]:
    """Return every switch that is not on a pin, and the channel that it is at."""
    boards = {
        f"{BOARD}{row['name']}": row.get("channel")
        for _, row in tables(raw, "reader")
        if row.get("protocol") == "board" and isinstance(row.get("name"), str)
    }
    plugs = {
        f"{PLUG}{row['name']}": row.get("channel") for _, row in tables(raw, "plug") if isinstance(row.get("name"), str)
    }
    return {**boards, **plugs}


def _switch_problem(
    switch: str, channel: object, known: dict[str, object], taken: list[str]
) -> tuple[Message, Message] | None:
    if switch not in known:
        wanted = (f"{BOARD} ou {PLUG} suivi de son nom", f"{BOARD} or {PLUG} and its name")
        return is_not(switch, wanted), choose(switch, tuple(known))
    if switch in taken:
        why = Message(f"{switch} commande déjà une autre voie", f"{switch} already switches another channel")
        return why, Message("donnez-en un autre", "give another one")
    if known[switch] != channel:
        why = Message(f"{switch} est sur la voie {known[switch]}", f"{switch} is at the channel {known[switch]}")
        line = f'channel = "{channel}"'
        return why, Message(f"écrivez {line} pour lui", f"write {line} there")
    return None


def _check_identities(reading: Reading, raw: dict[str, Any]) -> None:
    """An identity is the device's own word, or its USB adapter's: over a network there is no such adapter."""
    for index, row in tables(raw, "reader"):
        path, protocol = row.get("path"), row.get("protocol", "em4100")
        unknowable = isinstance(path, str) and "://" in path and protocol in ("em4100", "pn532")
        if row.get("identity") and unknowable:
            fr = f"un lecteur {protocol} ne dit pas qui il est par le réseau"
            why = Message(fr, f"a {protocol} reader does not tell who it is over a network")
            cure = Message("enlevez cette ligne", "take this line out")
            reading.problem(f"reader[{index}].identity", why, cure)


def _check_meters(reading: Reading, raw: dict[str, Any]) -> None:
    """One counting device a channel, each on a channel that is there, none named or wired like another."""
    channels = tuple(row.get("name") for _, row in tables(raw, "channel"))
    lines = {row.get("path") for _, row in tables(raw, "reader")}
    seen: dict[str, set[object]] = {"name": set(), "topic": set(), "channel": set(), "path": lines}
    for table in ("plug", "meter"):
        for index, row in tables(raw, table):
            place = f"{table}[{index}]"
            for key, before in seen.items():
                value = row.get(key)
                if value is not None and value in before:
                    why = Message(f"{value} est déjà pris plus haut", f"{value} is already taken above")
                    reading.problem(f"{place}.{key}", why, Message("donnez-en un autre", "give another one"))
                before.add(value if isinstance(value, str) else None)
            channel = row.get("channel")
            if isinstance(channel, str) and channel not in channels:
                why = is_not(channel, ("le nom d'un [[channel]]", "the name of a [[channel]]"))
                reading.problem(f"{place}.channel", why, choose(channel, channels))
            _check_topic(reading, f"{place}.topic", row.get("topic"))


def _check_feeds(reading: Reading, raw: dict[str, Any]) -> None:
    """One calendar of bookings a machine, each from one place."""
    machines: set[object] = set()
    for index, row in tables(raw, "booking_feed"):
        place, machine = f"booking_feed[{index}]", row.get("machine")
        if ("path" in row) == ("url_file" in row):
            why = Message("il y faut path ou url_file, pas les deux", "it takes path or url_file, not both")
            reading.problem(
                f"{place}.path", why, Message("gardez l'un des deux", "keep one of the two"), fallback=place
            )
        if isinstance(machine, str) and machine in machines:
            why = Message(f"{machine} est déjà pris plus haut", f"{machine} is already taken above")
            reading.problem(f"{place}.machine", why, Message("un calendrier par machine", "one calendar a machine"))
        machines.add(machine if isinstance(machine, str) else None)


def _check_messages(reading: Reading, raw: dict[str, Any]) -> None:
    """A mail says who sends it, a password is not sent in clear, and ntfy is an address of the web."""
    said = raw.get("messages")
    if not isinstance(said, dict):
        return
    if said.get("smtp_host") and "@" not in str(said.get("sender", "")):
        why = Message("un courrier a un expéditeur", "a mail has a sender")
        cure = Message('écrivez sender = "nom@domaine"', 'write sender = "name@domain"')
        reading.problem("messages.sender", why, cure, fallback="messages")
    if said.get("smtp_security") == "none" and said.get("smtp_username"):
        why = Message("enverrait le mot de passe en clair", "would send the password in clear")
        cure = Message("choisissez starttls ou tls, ou ôtez smtp_username", "choose starttls or tls, or leave it out")
        reading.problem("messages.smtp_security", why, cure)
    url = said.get("ntfy_url", "")
    if isinstance(url, str) and url and not re.fullmatch(r"https?://[^\s/@?#]+(/[^\s?#]*)?", url):
        why = is_not(url, ("l'adresse d'un serveur ntfy", "the address of an ntfy server"))
        cure = Message("écrivez https://ntfy.exemple.org", "write https://ntfy.example.org")
        reading.problem("messages.ntfy_url", why, cure)


def _check_topic(reading: Reading, place: str, topic: object) -> None:
    if isinstance(topic, str) and (any(sign in topic for sign in "+#\0 ") or topic.strip("/") != topic):
        why = is_not(topic, ("le topic d'un appareil", "one device's topic"))
        cure = Message("écrivez-le sans +, #, espace ni / au bord", "write it without +, #, space or / at its ends")
        reading.problem(place, why, cure)
