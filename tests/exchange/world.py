"""A small world for the exchange: controllers with cards, an office with backups, and a network that does its worst.

Nothing moves by itself: a story or a random history says what happens next. In stories messages cross as bytes; random
histories leave the bytes out, which have tests of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.ids import ControllerId
from controller.exchange.fakes import MemoryJournal, MemoryReplica, backed_up_by, restored_from
from controller.exchange.messages import DOWN_TYPES, UP_TYPES, Down, Facts, Message, Up
from controller.exchange.topics import down_topic, up_topic
from controller.exchange.wire import down_from_json, to_json, up_from_json
from tests.exchange.floor_model import Card, Floor
from tests.exchange.office_model import Image, Office

if TYPE_CHECKING:
    from controller.domain.chain import SealedFact
    from controller.domain.ids import BranchId

ACCOUNTS = ("acc-ada", "acc-bob")
START_WALL_MS = 1_800_000_000_000


def up(parcel: bytes | Message) -> Up:
    """What a controller said, out of a parcel."""
    message = up_from_json(parcel) if isinstance(parcel, bytes) else parcel
    assert isinstance(message, UP_TYPES)
    return message


def down(parcel: bytes | Message) -> Down:
    """What the office said, out of a parcel."""
    message = down_from_json(parcel) if isinstance(parcel, bytes) else parcel
    assert isinstance(message, DOWN_TYPES)
    return message


class World:
    """Controllers, an office, and the messages between them."""

    def __init__(self, *names: str, as_bytes: bool = True) -> None:
        self.as_bytes = as_bytes
        self.boot_ms = 1_000
        self.wall_ms = START_WALL_MS
        self.branches = 0
        self.serial = 0
        self.restores = 0
        self.bag: list[tuple[str, bytes | Message, Floor | None]] = []
        self.backups: list[Image] = []
        self.office = Office(self)
        for account in ACCOUNTS:
            self.office.put_balance(account)
        self.floors: list[Floor] = [self.new_floor(name) for name in names]

    def new_floor(self, name: str, card: Card | None = None) -> Floor:
        """A controller that is off, on an empty card or on a copy."""
        controller = ControllerId(name)
        self.office.known.add(controller)
        return Floor(self, controller, card or Card(MemoryJournal(controller), MemoryReplica()))

    def send_up(self, floor: Floor, message: Up) -> None:
        """Publish to the office."""
        self.bag.append((up_topic(floor.name), to_json(message) if self.as_bytes else message, floor))

    def send_down(self, name: ControllerId, message: Down) -> None:
        """Publish to a controller's topic: every copy of it that listens gets the message."""
        parcel = to_json(message) if self.as_bytes else message
        self.bag.extend((down_topic(name), parcel, floor) for floor in self.floors if floor.name == name)

    def deliver(self, place: int = 0) -> None:
        """Let one of the messages under way arrive."""
        if self.bag:
            topic, parcel, floor = self.bag.pop(place % len(self.bag))
            if topic.endswith("/up"):
                self.office.hear(topic, up(parcel))
            elif floor is not None:
                floor.hear(down(parcel))

    def lose(self, place: int) -> None:
        """One of the messages under way never arrives."""
        if self.bag:
            self.bag.pop(place % len(self.bag))

    def double(self, place: int) -> None:
        """One of the messages under way will arrive twice."""
        if self.bag:
            self.bag.append(self.bag[place % len(self.bag)])

    def flow(self, limit: int = 5_000) -> None:
        """Let everything arrive in order, answers and their answers too."""
        for _ in range(limit):
            if not self.bag:
                return
            self.deliver()
        raise AssertionError("the conversation does not end")

    def later(self, seconds: int) -> None:
        """Time passes; every exchange's timer is called."""
        self.boot_ms += seconds * 1000
        self.wall_ms += seconds * 1000
        for floor in self.floors:
            floor.wake()

    def settle(self) -> None:
        """Give everything time enough on a good network."""
        self.office.auto_commit = True
        self.office.commit()
        for _ in range(8):
            self.flow()
            self.office.post()
            self.flow()
            self.later(61)
        self.flow()

    def back_up(self) -> Image:
        """The office makes a backup, verifies it and puts it on another medium."""
        office = self.office
        image = Image(office.disk.copy(), dict(office.ledger), dict(office.interpreted), list(office.tray))
        backed_up_by(image.disk, office.disk)
        self.backups.append(image)
        return image

    def restore_office(self, image: Image, incarnation: str | None = None) -> None:
        """The office is put back from a backup; everything since is lost."""
        self.restores += 1
        office = self.office
        office.crash()
        office.disk = restored_from(image.disk, incarnation or f"inc-{self.restores}")
        office.ledger, office.tray = dict(image.ledger), list(image.tray)
        office.interpreted = dict(image.interpreted)
        office.post()  # what it holds is in its figures before it says a word

    def check_trim(self, floor: Floor, n: int) -> None:
        """Whatever a card lets go lies in a backup, and is old."""
        gone = [fact for fact in floor.card.journal.facts if fact.n <= n]
        for fact in gone:
            name = (fact.controller, fact.branch, fact.n)
            assert any(image.disk.facts.get(name) == fact for image in self.backups), f"{name} is in no backup"
            at = fact.body["at"] if fact.body is not None else None
            assert isinstance(at, dict)
            assert int(str(at["wall_ms"])) < self.wall_ms - 35 * 24 * 3_600_000, f"{name} is too young"

    def stored(self, floor: Floor) -> list[SealedFact]:
        """What the office holds of the line that this card is on, in order."""
        line = {link.branch: link for link in floor.card.journal.links}
        ends: dict[BranchId, int] = {
            link.parent_branch: link.parent_n for link in line.values() if link.parent_branch is not None
        }
        found = [
            fact
            for (name, branch, n), fact in self.office.disk.facts.items()
            if name == floor.name and branch in line and n <= ends.get(branch, n)
        ]
        return sorted(found, key=lambda fact: fact.n)

    def facts_under_way(self) -> list[int]:
        """The numbers of all facts now on their way up."""
        messages = [up(parcel) for topic, parcel, _ in self.bag if topic.endswith("/up")]
        return [fact.n for message in messages if isinstance(message, Facts) for fact in message.facts]
