"""Which kind of reader each machine of the demonstration has on this computer.

House rule: a kind whose library is not installed gives way to another, and whoever starts the demonstration is told.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.demo.workshop import DemoMachine
from controller.errors import Message
from firmware_bridge.errors import LibraryMissingError
from firmware_bridge.osdp import library


@dataclass(frozen=True, slots=True)
class Kind:
    """A reader as settings name it, and in words; `keyed`: it has a key file."""

    protocol: str
    model: str
    about: Message
    keyed: bool = False


_KINDS = {
    kind.model: kind
    for kind in (
        Kind("em4100", "rdm6300", Message("EM4100, modèle RDM6300", "EM4100, an RDM6300")),
        Kind("em4100", "id12", Message("EM4100, modèle ID-12LA", "EM4100, an ID-12LA")),
        Kind("pn532", "pn532", Message("PN532, cartes à clé", "PN532, cards with a key"), keyed=True),
        Kind("osdp", "osdp", Message("OSDP, canal chiffré", "OSDP, secure channel"), keyed=True),
        Kind("board", "board", Message("carte Indivis", "Indivis board")),
    )
}
_IN_PLACE_OF_OSDP = "rdm6300"


def kind_of(machine: DemoMachine) -> Kind:
    """Return what stands at `machine` here."""
    return _KINDS[machine.model if machine.protocol != "osdp" or osdp_is_here() else _IN_PLACE_OF_OSDP]


def osdp_is_here() -> bool:
    """Whether the library for OSDP is installed."""
    try:
        library.load()
    except LibraryMissingError:
        return False
    return True
