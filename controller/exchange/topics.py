"""The exchange's topics: one up and one down per controller, so that a broker keeps each direction in order.

House rules: nothing here is ever retained; the access list lets a controller write its own `up` and read its own
`down`, and the office the reverse. Dashboards have a tree of their own (`public`), possibly on another broker.
"""

from __future__ import annotations

from controller.domain.ids import ControllerId, is_id

ROOT = "indivis-x"
UP_FILTER = f"{ROOT}/+/up"
"""What the office subscribes to."""

QOS = 1
"""At least once; what a broker has taken is still sent again until the office says that it is stored."""


def up_topic(controller: ControllerId) -> str:
    """Where a controller speaks to the office."""
    return f"{ROOT}/{controller}/up"


def down_topic(controller: ControllerId) -> str:
    """Where the office speaks to a controller: what the controller subscribes to."""
    return f"{ROOT}/{controller}/down"


def controller_in(topic: str) -> ControllerId | None:
    """Return who speaks on an `up` topic; `None` for any other topic."""
    match topic.split("/"):
        case [root, name, "up"] if root == ROOT and is_id(name):
            return ControllerId(name)
        case _:
            return None
