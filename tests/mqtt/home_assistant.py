"""Holds discovery messages and blueprints to Home Assistant's own schemas. Run by the Python of an environment that has
Home Assistant, never by ours: one JSON document on standard input, one on standard output.
"""

import asyncio
import json
import sys
import tempfile
from importlib import import_module
from typing import Any


async def problems(asked: dict[str, Any], folder: str) -> list[str]:
    """Return what Home Assistant silently leaves out; raise what it refuses. Its templates want a running core."""
    import_module("homeassistant.core").HomeAssistant(folder)
    schemas = import_module("homeassistant.components.mqtt.schemas")
    found = []
    for message in asked["devices"]:
        schemas.DEVICE_DISCOVERY_SCHEMA(message)
        shared = {key: value for key, value in message.items() if key != "components"}
        for name, component in message["components"].items():
            platform = import_module(f"homeassistant.components.mqtt.{component['platform']}")
            made = platform.DISCOVERY_SCHEMA(shared | {k: v for k, v in component.items() if k != "platform"})
            kept = set(made) | {"platform"}
            found += [f"{name}: {key} is left out" for key in component if key not in kept]
    blueprint = import_module("homeassistant.components.blueprint.schemas").BLUEPRINT_SCHEMA
    yaml = import_module("homeassistant.util.yaml")
    for path in asked["blueprints"]:
        blueprint(yaml.load_yaml(path))
    return found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as empty:
        json.dump(asyncio.run(problems(json.load(sys.stdin), empty)), sys.stdout)
