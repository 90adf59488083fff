"""A random history of a small world: what may happen, one step at a time, and how everything comes to rest."""

from __future__ import annotations

from typing import Literal

from hypothesis import strategies as st

from tests.exchange.floor_model import Card, Floor
from tests.exchange.world import ACCOUNTS, World

CALM = ("use", "use", "open", "end", "deliver", "deliver", "deliver", "deliver", "many", "many", "later", "post")
HOSTILE = ("commit", "lose", "double", "delay", "restart", "crash", "strange", "apply_fails", "directory")
OFFICE = ("back_up", "restore_office", "month")
JUDGED = ("fault", "fault", "accept", "reject")
CARDS = ("image", "old_card", "declared_card", "clone")

Step = tuple[str, int, int]


def steps(names: tuple[str, ...], most: int) -> st.SearchStrategy[list[Step]]:
    """A history: what happens, to which controller, and a number that the step may use.

    Short histories meet nothing, so there is a least length; a failing one shrinks by steps in which nothing happens.
    """
    step = st.tuples(st.sampled_from(("nothing", *names)), st.integers(0, 3), st.integers(0, 40))
    return st.lists(step, min_size=most // 2, max_size=most)


class History:
    """Plays steps on a world and keeps what must be true at its end."""

    def __init__(self, *names: str) -> None:
        self.world = World(*names, as_bytes=False)
        self.world.office.auto_commit = False
        self.world.office.disk.slice_entries = 3
        self.images: list[tuple[str, Card]] = []
        for floor in self.world.floors:
            floor.start()

    def play(self, history: list[Step]) -> None:
        """Play a history, checking after every step."""
        for name, who, number in history:
            floor = self.world.floors[who % len(self.world.floors)]
            self.step(name, floor, number)

    def step(self, name: str, floor: Floor, number: int) -> None:
        """Let one thing happen; a step that finds nothing to happen to is passed over."""
        _ = (
            self._on_the_floor(name, floor, number)
            or self._with_cards(name, floor)
            or self._on_the_way(name, number)
            or self._at_the_office(name, number)
        )

    def _on_the_floor(self, name: str, floor: Floor, number: int) -> bool:
        match name:
            case "use":
                floor.use(ACCOUNTS[number % 2], number)
            case "open":
                floor.open_use(ACCOUNTS[number % 2])
            case "end" if floor.uses:
                floor.end_use(number)
            case "restart":
                floor.start()
            case "strange":
                floor.unknown_fact()
            case "fault":
                floor.fault(("laser", "kiln")[number % 2])
            case "apply_fails":
                floor.apply_ok = not floor.apply_ok
            case _:
                return False
        return True

    def _with_cards(self, name: str, floor: Floor) -> bool:
        match name:
            case "image":
                self.images.append((floor.name, floor.card.copy()))
            case "old_card" | "declared_card" if (image := self._image(floor)) is not None:
                floor.card = image
                floor.start(restored=name == "declared_card")
            case "clone" if len(self.world.floors) < 6:
                twin = self.world.new_floor(floor.name, floor.card.copy())
                self.world.floors.append(twin)
                twin.start()
            case _:
                return False
        return True

    def _on_the_way(self, name: str, number: int) -> bool:
        world = self.world
        match name:
            case "deliver":
                world.deliver()
            case "many":
                for _ in range(number):
                    world.deliver()
                world.office.commit()
            case "delay":
                world.deliver(number)
            case "lose":
                world.lose(number)
            case "double":
                world.double(number)
            case "later":
                world.later(number)
            case "month":
                world.wall_ms += 40 * 24 * 3_600_000
                world.later(3_601)
            case _:
                return False
        return True

    def _at_the_office(self, name: str, number: int) -> bool:
        office = self.world.office
        match name:
            case "commit":
                office.commit()
            case "post":
                office.post()
            case "crash":
                office.crash()
            case "directory":
                office.put_member(number)
            case "back_up":
                self.world.back_up()
            case "accept" | "reject":
                self._judge("accept" if name == "accept" else "reject", number)
            case "restore_office" if self.world.backups:
                self.world.restore_office(self.world.backups[-1])
            case _:
                return False
        return True

    def end(self) -> None:
        """Close what is open, repair what is broken, and give everything time."""
        for floor in self.world.floors:
            floor.apply_ok = True
            while floor.uses:
                floor.end_use(5)
        self.world.settle()
        for name, heard in sorted(self.world.office.heard.items()):
            if heard.replica.standing == "size_drop":
                self.world.office.side(name).confirm_size_drop()
        self.world.office.empty_tray()
        self.world.settle()

    def _judge(self, verdict: Literal["accept", "reject"], number: int) -> None:
        """A fabmanager decides about one of the branches that are held back."""
        office = self.world.office
        held = [
            (name, record.branch)
            for name in sorted(office.known)
            for record in office.disk.view(name).branches()
            if record.standing not in ("open", "accepted")
        ]
        if held:
            name, branch = held[number % len(held)]
            office.take(name, office.side(name).decide_quarantine(branch, verdict, self.world.wall_ms))

    def _image(self, floor: Floor) -> Card | None:
        own = [card for name, card in self.images if name == floor.name]
        return own[-1].copy() if own else None
