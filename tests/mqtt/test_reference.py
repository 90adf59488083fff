"""docs/reference/mqtt.md is the contract: every topic, field and word of the code is in it, and no other topic."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from controller.domain.workshop import MachineWord, ReaderWord
from controller.exchange import public
from controller.exchange.mqtt import QUEUE_MAX
from controller.exchange.outgoing import Outbound
from controller.exchange.public_events import events_of
from tests.mqtt.workshop_kit import LASER, MINUTE_MS, PLACE, at, holder, in_use, step, tap

REFERENCE = (Path(__file__).parents[2] / "docs" / "reference" / "mqtt.md").read_text(encoding="utf-8")
TOPICS = {value for value in vars(public).values() if isinstance(value, str) and value.startswith("indivis/{")}


def keys_of(value: Any) -> set[str]:  # noqa: ANN401 (any JSON)
    """Every key in a JSON value, at any depth."""
    if isinstance(value, dict):
        return set(value).union(*(keys_of(item) for item in value.values()))
    return set().union(*(keys_of(item) for item in value)) if isinstance(value, list) else set()


def test_the_documented_topics_are_those_of_the_code() -> None:
    """A topic in the code and not in the table, or the reverse, is a broken contract."""
    documented = set(re.findall(r"^\| `(indivis/[^`]+)`", REFERENCE, re.MULTILINE))

    assert documented == TOPICS
    assert len(TOPICS) == 7


def test_every_retained_topic_of_a_machine_is_taken_away_with_it() -> None:
    """Each machine topic but the event is on the list that a farewell empties."""
    assert set(public.MACHINE_STATES) == {topic for topic in TOPICS if "{machine}" in topic} - {public.EVENT}


@pytest.mark.parametrize("word", [*get_args(MachineWord), *get_args(ReaderWord), *get_args(public.EventType)])
def test_every_word_is_documented(word: str) -> None:
    """States and kinds of events are closed lists that a dashboard can rely on."""
    assert f"`{word}`" in REFERENCE


def test_every_field_is_documented() -> None:
    """No payload has a key that the page does not name."""
    used = in_use()
    after, effects = step(used, tap(holder()), at(MINUTE_MS))
    (ended,) = events_of(used, after, effects)
    messages: list[Outbound] = [
        *public.hello_messages(PLACE, used, version="1", now=at(0)),
        *public.state_messages(PLACE, used, LASER, at(0), seq=1, relay_on=True),
        public.event_message(PLACE, after, ended, at(0), seq=2),
    ]

    fields = {
        key for message in messages if message.payload[:1] == b"{" for key in keys_of(json.loads(message.payload))
    }

    assert {field for field in fields if f"`{field}`" not in REFERENCE and f'"{field}"' not in REFERENCE} == set()


def test_the_documented_limit_is_the_one_in_force() -> None:
    """How many messages wait for a broker is said as it is."""
    assert f"At most {QUEUE_MAX:,} messages wait" in REFERENCE
