"""Logs are for machines and never hold what a badge, a person or a secret is called."""

import io
import json
import os

import pytest
import structlog

from controller import logs
from controller.logs import REFUSED_KEYS


@pytest.fixture
def out() -> io.StringIO:
    """Where this process's logs go during one test."""
    stream = io.StringIO()
    logs.configure("info", stream)
    return stream


@pytest.mark.parametrize("key", sorted(REFUSED_KEYS | {"api_key", "badge_uid", "broker_password"}))
def test_a_personal_key_is_dropped_and_the_line_says_so(out: io.StringIO, key: str) -> None:
    """Not even a mistake in our own code writes a badge's number, a name or a secret into a log."""
    logs.get("reader").info("frame accepted", **{key: "0A00FEED42"}, machine="laser")

    line = json.loads(out.getvalue())
    assert "0A00FEED42" not in out.getvalue()
    assert line["refused_keys"] == [key]
    assert line["machine"] == "laser"


def test_a_random_id_may_be_logged(out: io.StringIO) -> None:
    """Ids that mean nothing outside the vault lead from a log line to its fact."""
    logs.get("engine").info("session started", badge_id="b-17", member_id="m-4")

    line = json.loads(out.getvalue())
    assert (line["badge_id"], line["member_id"]) == ("b-17", "m-4")
    assert "refused_keys" not in line


def test_each_event_is_one_json_line_with_level_time_and_part(out: io.StringIO) -> None:
    """What collects logs can read each line by itself, whatever a text holds."""
    logs.get("journal").warning("disk is slow", detail="deux\nlignes")
    logs.get("journal").debug("not wanted at this level")

    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(line["event"], line["level"], line["part"]) for line in lines] == [("disk is slow", "warning", "journal")]
    assert lines[0]["timestamp"].endswith("Z")


def test_a_terminal_gets_readable_lines() -> None:
    """On a terminal a person reads, so there is no JSON; personal keys are dropped there too."""
    master, slave = os.openpty()

    with os.fdopen(slave, "w", encoding="utf-8") as terminal:
        logs.configure("info", terminal)
        structlog.get_logger().info("relay opened", badge="0A00FEED42")
        shown = os.read(master, 4096).decode()
    os.close(master)

    assert "relay opened" in shown
    assert not shown.startswith("{")
    assert "0A00FEED42" not in shown


def test_a_log_that_nobody_can_take_any_more_loses_its_line_and_stops_nothing() -> None:
    """A closed standard output must not end the journal's thread, nor any other that says something."""
    gone = io.StringIO()
    logs.configure(stream=gone)
    gone.close()

    logs.get("journal").warning("said to nobody")

    assert gone.closed
