"""The daemon's path on a real pseudo-terminal: pyserial opens the simulated PN532 as it would a device."""

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from firmware_bridge.cards.diversification import key_of_card
from firmware_bridge.cards.keys import CardKeys
from firmware_bridge.cards.simulated import Ntag424
from firmware_bridge.drivers import Driver, driver_for
from firmware_bridge.errors import BadBadgeNumberError
from firmware_bridge.messages import BadgePresented, DeviceReady, DeviceTrouble, Message
from firmware_bridge.pn532.chip import BAUD
from firmware_bridge.pn532.link import Pn532Link
from firmware_bridge.pn532.simulator import SimulatedPn532
from firmware_bridge.reader import SerialReader
from firmware_bridge.simulator import Presenter
from tests.bridge.pn532_bench import said

pytestmark = pytest.mark.pty

UID = "04A1B2C3D4E5F6"
OTHER = "040A0B0C0D0E0F"
KEYS = CardKeys(bytes.fromhex("00112233445566778899AABBCCDDEEFF"))
READY = "ready PN532 1.6"
GIVE_UP_S = 20.0


@pytest.fixture
def pn532() -> Iterator[SimulatedPn532]:
    """A simulated PN532."""
    with SimulatedPn532() as chip:
        yield chip


@contextmanager
def daemon(path: str, keys: CardKeys | None = None) -> Iterator["queue.Queue[Message]"]:
    """Run a reader on a thread of its own; its messages come out of the queue."""
    messages: queue.Queue[Message] = queue.Queue()
    reader = SerialReader(
        path,
        driver_for("pn532", "pn532") if keys is None else Driver(BAUD, Pn532Link(keys), low_lines=True),
        clock_ns=time.monotonic_ns,
        on_message=messages.put,
        on_state=lambda _state: None,
    )
    thread = threading.Thread(target=reader.run)
    thread.start()
    try:
        yield messages
    finally:
        reader.stop()
        thread.join(GIVE_UP_S)
        assert not thread.is_alive()


def next_of(messages: "queue.Queue[Message]", count: int) -> list[str]:
    """The next messages, in short."""
    return said([messages.get(timeout=GIVE_UP_S) for _ in range(count)])


def test_a_card_that_proves_its_key_is_presented_and_removed(pn532: SimulatedPn532) -> None:
    """From a key in a card to a message, over a real port."""
    card = Ntag424(bytes.fromhex(UID), key_of_card(KEYS, bytes.fromhex(UID)))
    with daemon(pn532.path, KEYS) as messages:
        ready = next_of(messages, 1)
        pn532.place_card(card)
        presented = messages.get(timeout=GIVE_UP_S)
        pn532.take_card(card)
        removed = next_of(messages, 1)

    assert ready == [READY]
    assert isinstance(presented, BadgePresented)
    assert (presented.number_hex, presented.proof) == (UID, "cryptographic")
    assert presented.received_ns // 1_000_000 == presented.at_ms
    assert removed == [f"removed {UID}"]


def test_a_hand_presents_one_badge_after_the_other(pn532: SimulatedPn532) -> None:
    """The demonstration's `Presenter` puts numbers to it as to any simulated reader."""
    presenter = Presenter(pn532)
    with daemon(pn532.path) as messages:
        next_of(messages, 1)
        presenter.present(UID, 300)
        presenter.present(OTHER, 300)
        presenter.finish()

        told = next_of(messages, 4)

    presenter.close()
    assert told == [f"presented {UID} number", f"removed {UID}", f"presented {OTHER} number", f"removed {OTHER}"]


def test_a_number_that_no_card_has_is_refused(pn532: SimulatedPn532) -> None:
    """Four, seven or ten bytes."""
    assert pn532.checked(UID.lower()) == UID
    for number in ("0A00123456", "04", "ZZA1B2C3D4E5F6", ""):
        with pytest.raises(BadBadgeNumberError):
            pn532.place(number)


def test_a_chip_that_falls_silent_and_is_reset_comes_back(pn532: SimulatedPn532) -> None:
    """The trouble is said, and its end."""
    with daemon(pn532.path) as messages:
        next_of(messages, 1)
        pn532.faults.mute = True
        trouble = messages.get(timeout=GIVE_UP_S)
        pn532.reset()
        pn532.faults.mute = False

        back = messages.get(timeout=GIVE_UP_S)

    assert isinstance(trouble, DeviceTrouble)
    assert isinstance(back, DeviceReady)


def test_a_badge_survives_the_plug(pn532: SimulatedPn532) -> None:
    """Unplugged and plugged in again, the chip is woken anew; the badge there all the time is no second tap."""
    with daemon(pn532.path) as messages:
        next_of(messages, 1)
        pn532.place(UID)
        first = next_of(messages, 1)
        pn532.unplug()
        pn532.replug()
        again = next_of(messages, 1)
        pn532.take_away()

        assert first == [f"presented {UID} number"]
        assert again == [READY]
        assert next_of(messages, 1) == [f"removed {UID}"]


def test_the_path_can_be_chosen(tmp_path: Path) -> None:
    """A demonstration names its readers."""
    with SimulatedPn532(tmp_path / "kiln") as chip:
        assert chip.path == str(tmp_path / "kiln")
        assert Path(chip.path).is_symlink()
