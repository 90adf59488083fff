"""The simulated readers of the demonstration, one of each kind, and the hands that hold cards to them and pull plugs.

House rules: a card reaches the controller as bytes on a pseudo-terminal and in no other way; at a reader that lets
cards prove themselves everybody's card really holds its key, and a copy has its number and nothing else.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Self

from controller.demo.founding import Folder
from controller.demo.kinds import Kind, kind_of
from controller.demo.workshop import MACHINES, machine_by_id, person_by_id
from controller.errors import Message
from firmware_bridge.board.simulator import SimulatedBoard
from firmware_bridge.cards.diversification import key_of_card
from firmware_bridge.cards.keys import CardKeys, load_card_keys
from firmware_bridge.cards.simulated import Ntag424, NumberCard
from firmware_bridge.drivers import Options
from firmware_bridge.pn532.simulator import SimulatedPn532
from firmware_bridge.simulator import Badges, Presenter
from firmware_bridge.simulators import Device, simulated

HOLD_MS = 400
"""How long a badge stays at a reader, in real time: six frames of an RDM6300, five polls of a PN532."""

_COPY = "copy of "


class CardHand:
    """A hand at a PN532: a number is the card that has it, with the key of its own; or a copy of it, without."""

    def __init__(self, chip: SimulatedPn532, keys: CardKeys) -> None:
        self._chip, self._keys = chip, keys
        self._held: NumberCard | None = None

    def checked(self, number_hex: str) -> str:
        """Give the number back if it is one; raise `BadBadgeNumberError`."""
        self._chip.checked(number_hex.removeprefix(_COPY))
        return number_hex

    def place(self, number_hex: str) -> None:
        """Put the card, or the copy, to the reader."""
        uid = bytes.fromhex(number_hex.removeprefix(_COPY))
        copied = number_hex.startswith(_COPY)
        self._held = NumberCard(uid) if copied else Ntag424(uid, key_of_card(self._keys, uid))
        self._chip.place_card(self._held)

    def tick(self) -> None:
        """Do nothing: the reader polls."""

    def take_away(self) -> None:
        """Take it away."""
        if self._held is not None:
            self._chip.take_card(self._held)
            self._held = None


class Readers:
    """A reader per machine, each on a pseudo-terminal with a stable path. A context manager."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._kinds: dict[str, Kind] = {}
        self._devices: dict[str, Device] = {}
        self._hands: dict[str, Presenter] = {}
        self._unplugged: set[str] = set()

    def __enter__(self) -> Self:
        """Plug them in."""
        for machine in MACHINES:
            kind = self._kinds[machine.id] = kind_of(machine)
            options = Options(key_file=self._folder.key_of(kind.protocol) if kind.keyed else None)
            made = simulated(kind.protocol, kind.model, self._folder.reader(machine.id), options)
            device = self._devices[machine.id] = self._stack.enter_context(made.device)
            hand = Presenter(self._hand_at(device))
            self._stack.callback(hand.close)
            self._hands[machine.id] = hand
        return self

    def __exit__(self, *_: object) -> None:
        """Pull them out."""
        self._stack.close()

    def present(self, person: str, machine: str, *, copied: bool = False) -> bool:
        """Hold somebody's card, or a copy of it, to a machine's reader; false when too many wait there already.

        Where a reader asks for no proof, a copy is the card.
        """
        protocol = self._kinds[machine].protocol
        number = person_by_id(person).number_at(protocol)
        return self._hands[machine].present(_COPY + number if copied and protocol == "pn532" else number, HOLD_MS)

    def plug(self, machine: str, *, plugged: bool) -> None:
        """Plug a machine's reader in, or pull its plug; the same again changes nothing."""
        if plugged:
            self._devices[machine].replug()
            self._unplugged.discard(machine)
        else:
            self._devices[machine].unplug()
            self._unplugged.add(machine)

    def plugged(self, machine: str) -> bool:
        """Whether a machine's reader is plugged in."""
        return machine not in self._unplugged

    def relays(self) -> dict[str, bool]:
        """Say of each machine that a board switches whether its relay is closed."""
        return {name: device.relay for name, device in self._devices.items() if isinstance(device, SimulatedBoard)}

    def about(self, machine: str) -> Message:
        """Say what kind of reader a machine has, and what it asks of cards."""
        about = self._kinds[machine].about
        if machine_by_id(machine).least_proof != "cryptographic":
            return about
        return Message(f"{about.fr}, numéro copié refusé", f"{about.en}, a copied number is refused")

    def _hand_at(self, device: Device) -> Badges:
        if isinstance(device, SimulatedPn532):
            return CardHand(device, load_card_keys(self._folder.key_of("pn532")))
        return device
