"""docs/tutorial/first-tap.md is walked as it is written, from its own lines, with a simulated reader and mock pins."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from time import monotonic
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest

from controller import settings
from controller.exchange.broker import Account, LocalBroker, start_broker
from controller.floor.badge_key import load_badge_key
from controller.office.ledger.signing import public_pem
from controller.office.program import chain_key_in
from firmware_bridge.em4100.simulator import SimulatedReader
from firmware_bridge.simulator import Presenter
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/tutorial/first-tap.md").read_text(), re.DOTALL)
BADGE = "DEC0DE0001"
SAME_GESTURE_S = 4
"""A second tap within three seconds of the start is the same gesture and stops nothing."""

LOGIN, PASSWORD = "atelier", "trois mots fictifs"


def block_with(words: str) -> str:
    """The one block of the page that holds these words."""
    found: list[str] = [block for block in BLOCKS if words in block]
    assert len(found) == 1
    return found[0]


def made_keys(folder: Path) -> Path:
    """Run the page's own lines that make keys and passwords, in a folder of ours and without sudo."""
    keys = folder / "keys"
    keys.mkdir()
    lines = block_with("badge.key").replace("/etc/indivis/keys", str(keys)).replace("sudo ", "")
    subprocess.run(["bash", "-euo", "pipefail", "-c", lines], check=True, capture_output=True)
    return keys


def started_broker(keys: Path, folder: Path) -> LocalBroker:
    """A broker with the accounts of the shipped access list."""
    office, controller = ((keys / f"{who}.password").read_text().strip() for who in ("office", "controller"))
    accounts = (
        Account(username="office", role="office", password=office),
        Account(username="pi-1", role="controller", site="atelier", password=controller),
    )
    return start_broker(folder / "broker", accounts)


def shipped_settings(folder: Path, keys: Path, reader: Path, port: int) -> Path:
    """The shipped example, with the places of a Pi replaced by ours."""
    text = (ROOT / "config/indivis.example.toml").read_text()
    text = re.sub(r'^path = ".*"$', f'path = "{reader}"', text, flags=re.MULTILINE)
    for old, new in {
        "/etc/indivis/keys": str(keys),
        "/var/lib": str(folder),
        "port = 1883": f"port = {port}",
        "port = 8080": "port = 0",
        'host = "0.0.0.0"': 'host = "127.0.0.1"',
        '"gpiod"': '"mock"',
    }.items():
        assert old in text
        text = text.replace(old, new)
    path = folder / "indivis.toml"
    path.write_text(text)
    return path


@contextmanager
def program(name: str, config: Path, out: Path) -> Iterator[None]:
    """One of the two programs, as its unit starts it."""
    with out.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "controller", name, "--config", str(config)],
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "INDIVIS_LANG": "en"},
        )
    try:
        wait_until(lambda: '"event": "ready"' in out.read_text(), 60, f"the {name}")
        yield
    finally:
        process.terminate()
        process.wait()


class Visitor:
    """A browser that follows links and sends forms."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()))

    def see(self, path: str) -> str:
        """The page."""
        with self._opener.open(self._address + path) as answer:
            return str(answer.read().decode())

    def send(self, path: str, shown_on: str, **fields: str) -> str:
        """Fill in the form of a page, and return the page to which that leads."""
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.see(shown_on))
        data = urlencode(fields | ({"csrf": found[1]} if found else {})).encode()
        with self._opener.open(self._address + path, data) as answer:
            return str(answer.read().decode())


def test_the_pages_own_lines_make_keys_that_are_taken(tmp_path: Path) -> None:
    """What the page makes with head and openssl is what the programs ask for, and closed to others."""
    keys = made_keys(tmp_path)

    assert len(load_badge_key(keys / "badge.key")) == 32
    assert public_pem(chain_key_in(keys / "chain.key")).startswith(b"-----BEGIN PUBLIC KEY")
    assert {path.stat().st_mode & 0o777 for path in keys.iterdir()} == {0o600}
    lines = (ROOT / "config/indivis.example.toml").read_text().splitlines()
    in_force = "\n".join(line for line in lines if not line.startswith("#"))
    named = set(re.findall(r"/etc/indivis/keys/([a-z.]+)", in_force))
    assert {path.name for path in keys.iterdir()} == named


@pytest.mark.broker
@pytest.mark.pty
def test_a_newcomer_reaches_the_first_tap(tmp_path: Path) -> None:
    """Keys, settings, first account, machine, member, training, money: then a badge opens and closes the machine."""
    keys = made_keys(tmp_path)
    with ExitStack() as stack:
        broker = stack.enter_context(started_broker(keys, tmp_path))
        reader = stack.enter_context(SimulatedReader("rdm6300", tmp_path / "reader"))
        hand = Presenter(reader)
        stack.callback(hand.close)
        config = shipped_settings(tmp_path, keys, tmp_path / "reader", broker.port)
        assert settings.load(config).channel[0].name == "laser"
        stack.enter_context(program("office", config, tmp_path / "office.out"))
        stack.enter_context(program("controller", config, tmp_path / "controller.out"))

        first = re.search(r"open (http://\S+)/set-up and give the code (\w+)", (tmp_path / "office.out").read_text())
        assert first is not None
        visitor = Visitor(first[1])
        visitor.send("/set-up", "/set-up", code=first[2], login=LOGIN, password=PASSWORD)
        steps = {"name": "Laser cutter", "controller": "pi-1", "channel": "laser", "trained": "yes"}
        visitor.send("/start/machine", "/start", **steps)

        def tapped(until: str, what: str, path: str = "/") -> str:
            hand.present(BADGE, 300)
            hand.finish()
            wait_until(lambda: until in visitor.see(path), what=what)
            return visitor.see(path)

        # The first directory is built by a child that gives way to everything else, all other tests too.
        wait_until(
            lambda: "Le relais est ouvert" in visitor.see("/start"), what="the relay read back open", deadline_s=90
        )
        visitor.send("/start/price", "/start", per_hour="12")
        taps = tapped('name="tap"', "an unknown badge", "/start")
        assert "Câblage vérifié" in visitor.see("/start/wiring")
        tap = re.search(r'name="tap" value="(\w+)"', taps)
        assert tap is not None
        visitor.send("/start/member", "/start", name="Camille Exemple", amount="10", tap=tap[1])
        member = re.search(r'href="(/members/m_\w+)"', visitor.see("/members"))
        assert member is not None
        wait_until(lambda: "prévenus\u00a0: 1 sur 1" in visitor.see(member[1]), what="the training at the machine")
        tapped("tile green", "the machine in use")
        in_use_at = monotonic()
        wait_until(lambda: monotonic() > in_use_at + SAME_GESTURE_S, what="the end of the same gesture")
        tapped("tile blue", "the machine free again")
