"""`indivis reader detect`: the serial ports, what speaks at each, and the lines to paste into the settings.

House rule: a port in use is left alone; whoever wants no byte sent anywhere asks for the list only.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

from controller.errors import Message
from controller.reader_errors import for_person
from firmware_bridge.detect import WITHIN_S, Detected, detect
from firmware_bridge.osdp.link import BAUD as OSDP_BAUD
from firmware_bridge.ports import Port, find_ports

STATES = {
    "nothing": Message(
        "rien ne répond (un lecteur EM4100 ne parle que devant un badge : posez-en un et recommencez)",
        "nothing answers (an EM4100 reader only speaks when it sees a badge: hold one to it and try again)",
    ),
    "held": Message("un programme s'en sert : laissé tranquille", "a program is using it: left alone"),
    "not_asked": Message("trop de ports à la fois : nommez-le", "too many ports at once: name it"),
}


def run(paths: Sequence[str], *, ask: bool, as_json: bool) -> None:
    """Print a line per port (or an object each, as JSON), then the TOML lines of each reader found."""
    ports = [Port(path=path, device=path, about="") for path in paths] or find_ports()
    if not ports and not as_json:
        _whisper(
            Message(
                "aucun port série : branchez le lecteur, puis recommencez",
                "no serial port: plug the reader in, then try again",
            )
        )
    if not ask:
        _show([_listed(port) for port in ports], as_json=as_json)
        return
    if ports and not as_json:
        _whisper(
            Message(
                f"{WITHIN_S:.0f} secondes au plus ; gardez un badge devant un lecteur EM4100…",
                f"{WITHIN_S:.0f} seconds at most; keep a badge at an EM4100 reader…",
            )
        )
    found = detect([port.path for port in ports])
    _show([_listed(port) | _told(each) for port, each in zip(ports, found, strict=True)], as_json=as_json)
    if not as_json:
        for number, each in enumerate((each for each in found if each.state == "found"), start=1):
            print("\n" + "\n".join(settings_lines(each, f"reader-{number}")))


def settings_lines(found: Detected, name: str) -> list[str]:
    """The `[[reader]]` of a reader, with the two names that only a person knows."""
    lines = ["[[reader]]", f'name = "{name}"', f"path = {json.dumps(found.path, ensure_ascii=False)}"]
    lines.append('channel = "machine-1"  # ' + Message("la machine où il est", "the machine it stands at").text())
    lines.append(f'protocol = "{found.protocol}"')
    if found.model:
        lines.append(f'model = "{found.model}"')
    if found.identity:
        only = Message(
            "celui-ci seul ; à enlever si tout autre convient", "this one only; take out if any other will do"
        )
        lines.append(f"identity = {json.dumps(found.identity, ensure_ascii=False)}  # {only.text()}")
    if found.protocol == "osdp":
        lines.append(f"address = {found.address}")
        made = Message("à faire par indivis reader pair", "to be made by indivis reader pair").text()
        lines.append(f'key_file = "/etc/indivis/keys/{name}.key"  # {made}')
    return lines


def _listed(port: Port) -> dict[str, Any]:
    return {"path": port.path, "device": port.device, "about": port.about, "socket": port.socket}


def _told(found: Detected) -> dict[str, Any]:
    told: dict[str, Any] = {"state": found.state}
    if found.error is not None:
        told["why"] = for_person(found.error).sentence()
    if found.state == "found":
        told |= {"protocol": found.protocol, "model": found.model, "baud": found.baud, "said": found.about}
        told["identity"] = found.identity
    if found.protocol == "osdp":
        told["address"] = found.address
    return told


def _show(ports: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(ports, ensure_ascii=False))
        return
    for port in ports:
        print(f"{port['path']} -> {port['device']}  {port['about']}".rstrip())
        if port["socket"] and port["socket"] != port["path"]:
            print(f"    {port['socket']}")
        if "state" in port:
            print(f"    {_words(port)}")


def _words(port: dict[str, Any]) -> str:
    """What was found at a port, in a line."""
    if port["state"] == "unusable":
        return str(port["why"])
    if port["state"] != "found":
        return STATES[port["state"]].text()
    if port["protocol"] == "osdp" and port["baud"] != OSDP_BAUD:
        return Message(
            f"osdp, adresse {port['address']}, mais à {port['baud']} bauds : réglez-le à {OSDP_BAUD}",
            f"osdp, address {port['address']}, but at {port['baud']} baud: set it to {OSDP_BAUD}",
        ).text()
    return " ".join(filter(None, (port["protocol"], port["model"], port["said"])))


def _whisper(message: Message) -> None:
    print(message.text(), file=sys.stderr)
