"""When Home Assistant is told of the devices, and what of it is taken away again.

House rules: used from the publisher's thread alone, with the time handed in. Nothing is announced anew without a reason
but once in AGAIN_MS. What was announced and is no longer wanted (a machine went, another prefix, switched off) is
emptied, also after a restart: the memory holds every such topic before it is said.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from controller.exchange import contract, discovery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from controller.domain.now import Now
    from controller.domain.workshop import Workshop
    from controller.exchange.discovery import Language
    from controller.exchange.outgoing import Outbound
    from controller.exchange.public import Place
    from controller.exchange.public_memory import PublicMemory
    from controller.exchange.totals import Totals

JITTER_MS = 5_000
"""Home Assistant's own advice after its birth: not all controllers of a place in one instant."""

AGAIN_MS = 600_000
"""Two controllers between which a machine moves may empty and write its topic in the wrong order: this heals it."""

_About = discovery.Known | None
"""A machine, or the controller itself."""


class Announcing:
    """Home Assistant's discovery. An empty `prefix` announces nothing, and takes away what was announced before."""

    def __init__(
        self,
        place: Place,
        memory: PublicMemory,
        *,
        version: str,
        prefix: str,
        lang: Language = "fr",
        chance: Callable[[], float] | None = None,
    ) -> None:
        self._place, self._memory = place, memory
        self._version, self._prefix, self._lang = version, prefix, lang
        self._chance = chance or random.SystemRandom().random
        self._told: dict[str, _About] = {}
        self._told_all_ms: int | None = None
        self._born_at_ms: int | None = None

    def born(self, now: Now) -> None:
        """Home Assistant has started: tell it everything, after a wait by chance; a second birth meanwhile is one."""
        if self._prefix and self._born_at_ms is None:
            self._born_at_ms = now.boot_ms + int(self._chance() * JITTER_MS)

    def connected(self) -> None:
        """The broker may have forgotten everything."""
        self._told.clear()
        self._told_all_ms = None

    def wait_ms(self, now: Now) -> int | None:
        """Return how long until a birth is answered; `None` while there was none."""
        return None if self._born_at_ms is None else max(0, self._born_at_ms - now.boot_ms)

    def answers_birth(self, now: Now) -> bool:
        """Whether it is time to answer a birth; true once, and everything is told with the next look."""
        if self.wait_ms(now) != 0:
            return False
        self._born_at_ms = None
        self.connected()
        return True

    def taken(self, topic: str) -> None:
        """The broker has taken the removal of a topic."""
        if topic not in self._told:
            self._memory.announced.discard(topic)

    def due(self, now: Now) -> bool:
        """Whether everything is to be said, changed or not."""
        return self._told_all_ms is None or now.boot_ms - self._told_all_ms >= AGAIN_MS

    def look(self, workshop: Workshop, totals: Callable[[str], Totals], now: Now) -> Iterator[Outbound]:
        """Give what is to be said or taken away now, one by one: each is made when it is asked for."""
        if self.due(now):
            self._told.clear()
            self._told_all_ms = now.boot_ms
        wanted = self._wanted(workshop, totals)
        if not wanted.keys() <= self._memory.announced:
            self._memory.announced |= wanted.keys()
            self._memory.write()
        for topic in sorted(self._memory.announced - wanted.keys()):
            self._told.pop(topic, None)
            yield self._removal(topic)
        for topic, about in wanted.items():
            if topic not in self._told or self._told[topic] != about:
                self._told[topic] = about
                yield self._message(topic, about)

    def _wanted(self, workshop: Workshop, totals: Callable[[str], Totals]) -> dict[str, _About]:
        if not self._prefix:
            return {}
        made: dict[str, _About] = {self._topic(f"controller-{self._place.controller}"): None}
        for name, machine in sorted(workshop.machines.items()):
            metered = machine.policy.channel in workshop.meters or totals(name).energy_wh is not None
            made[self._topic(name)] = discovery.Known(
                machine=name, books=machine.policy.books, name=machine.policy.name, metered=metered
            )
        return made

    def _topic(self, device: str) -> str:
        return contract.DISCOVERY.template.format(prefix=self._prefix, site=self._place.site, device=device)

    def _message(self, topic: str, about: _About) -> Outbound:
        if about is None:
            payload = discovery.of_controller(self._place, self._version, self._lang)
        else:
            payload = discovery.of_machine(self._place, about, self._version, self._lang)
        return contract.outbound(contract.DISCOVERY, payload, **_ids(topic))

    def _removal(self, topic: str) -> Outbound:
        return contract.removal(contract.DISCOVERY, mark=topic, **_ids(topic))


def _ids(topic: str) -> dict[str, str]:
    prefix, _, site, device, _ = topic.split("/")
    return {"prefix": prefix, "site": site, "device": device}


def birth_topic(prefix: str) -> str | None:
    """Return the topic of Home Assistant's birth and last will under a discovery prefix; `None` without one."""
    return f"{prefix}/status" if prefix else None
