"""What docs/reference/mqtt.md says beside the contract's own words is as it is in the code."""

from pathlib import Path

from controller.exchange.mqtt import QUEUE_MAX

REFERENCE = (Path(__file__).parents[2] / "docs" / "reference" / "mqtt.md").read_text(encoding="utf-8")


def test_the_documented_limit_is_the_one_in_force() -> None:
    """How many messages wait for a broker is said as it is."""
    assert f"At most {QUEUE_MAX:,} messages wait" in REFERENCE
