"""`indivis reader watch`, `test` and `pair`: a conversation with one device on this computer.

House rule: badge numbers are shown here and nowhere else, for this is a person's own terminal.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import assert_never

from controller.errors import Message, OperatingError, UserError
from controller.reader_errors import for_person
from firmware_bridge.commands import Light, Sound, Text
from firmware_bridge.drivers import Driver, Options, driver_for
from firmware_bridge.messages import (
    BadgePresented,
    BadgeRemoved,
    BadgeUnusable,
    ButtonPressed,
    CurrentSample,
    DeviceReady,
    DeviceTrouble,
    InputChanged,
    RelayReported,
)
from firmware_bridge.messages import Message as Told
from firmware_bridge.reader import SerialReader
from firmware_bridge.transport import Connected, LineState, Lost

SHOWS = (
    (Light("green", seconds=2), Message("lumière verte", "green light")),
    (Light("red", seconds=2), Message("lumière rouge", "red light")),
    (Sound("accept"), Message("son d'accord", "accepting sound")),
    (Sound("refuse"), Message("son de refus", "refusing sound")),
    (Text(("Indivis", "0123456789ABCDEF")), Message("texte", "text")),
)
"""What `test` asks for, one after the other."""


Hear = Callable[[Told, SerialReader], None]


def watch(path: str, protocol: str, model: str, options: Options, identity: str) -> None:
    """Print what the device says until Ctrl-C; of another one than `identity`, only that it is not used."""
    driver = driver_for(protocol, model, options)
    listen(path, driver, lambda told, _reader: print(words_of(told), flush=True), identity)


def test(path: str, protocol: str, model: str, options: Options, identity: str) -> None:
    """Have the device show and sound everything once, when it is ready; then print what it says until Ctrl-C."""
    driver = driver_for(protocol, model, options)
    if driver.one_way:
        raise UserError(
            Message(f"un lecteur {protocol} ne peut rien montrer", f"a {protocol} reader can show nothing"),
            cure=Message("essayez-le avec « indivis reader watch »", "try it with 'indivis reader watch'"),
        )

    def hear(told: Told, reader: SerialReader) -> None:
        print(words_of(told), flush=True)
        if isinstance(told, DeviceReady):
            for command, about in SHOWS:
                print(about.text(), flush=True)
                reader.ask(command)

    listen(path, driver, hear, identity)


def pair(path: str, address: int, key_file: Path) -> None:
    """Give an OSDP reader on the bench a key of its own, kept in a new file; the file goes again if it was not taken.

    Raise `OperatingError` when the reader did not take it in time, `UserError` when the file is there already.
    """
    from firmware_bridge.key_files import new_key
    from firmware_bridge.osdp.link import BAUD
    from firmware_bridge.osdp.pairing import Pairing

    pairing = Pairing(address, new_key(key_file))
    outcome: list[Told] = []

    def hear(told: Told, reader: SerialReader) -> None:
        print(words_of(told), flush=True)
        if pairing.over:
            outcome.append(told)
            reader.stop()

    try:
        listen(path, Driver(BAUD, pairing), hear)
    finally:
        if not any(isinstance(told, DeviceReady) for told in outcome):
            key_file.unlink(missing_ok=True)
    if not isinstance(outcome[-1], DeviceReady):
        raise OperatingError(
            Message("le lecteur n'a pas pris la clé à temps", "the reader did not take the key in time"),
            cure=Message(
                "mettez-le en mode d'installation, sur un câble d'établi, puis recommencez",
                "put it in install mode, on a bench cable, then try again",
            ),
        )
    print(Message(f"clé gardée dans {key_file}", f"key kept in {key_file}").text())


def listen(path: str, driver: Driver, hear: Hear, identity: str = "") -> None:
    """Speak with a device until Ctrl-C or `stop`; raise the bridge's error when it was never there."""
    connected = False

    def tell(state: LineState) -> None:
        nonlocal connected
        match state:
            case Connected(_, device, usb_serial):
                connected = True
                who = f"{device} (USB {usb_serial})" if usb_serial else device
                said = Message(f"à l'écoute de {who} (Ctrl-C pour finir)", f"listening to {who} (Ctrl-C to end)")
                print(said.text(), file=sys.stderr, flush=True)
            case Lost(_, error):
                if not connected:
                    raise error
                print(for_person(error).sentence(), file=sys.stderr, flush=True)

    reader = SerialReader(
        path,
        driver,
        clock_ns=time.monotonic_ns,
        on_message=lambda told: hear(told, reader),
        on_state=tell,
        identity=identity,
    )
    reader.run()


def words_of(told: Told) -> str:  # noqa: C901 - a case per message
    """Say what a device said, in the reader's language."""
    match told:
        case BadgePresented(number_hex=number, proof="number"):
            return f"badge {number}"
        case BadgePresented(number_hex=number, proof=proof):
            return f"badge {number} ({proof})"
        case BadgeRemoved(number_hex=number):
            return Message(f"badge {number} retiré", f"badge {number} removed").text()
        case BadgeUnusable(reason=reason):
            return Message(f"badge inutilisable ({reason})", f"unusable badge ({reason})").text()
        case ButtonPressed(button=button):
            return Message(f"bouton {button}", f"button {button}").text()
        case CurrentSample(milliamperes=milliamperes):
            return Message(f"courant {milliamperes} mA", f"current {milliamperes} mA").text()
        case InputChanged(name=name, active=active):
            return f"{name} {int(active)}"
        case RelayReported(on=on):
            return Message(f"relais {int(on)}", f"relay {int(on)}").text()
        case DeviceReady(identity=identity, firmware=firmware):
            return " ".join(filter(None, (Message("prêt", "ready").text(), identity, firmware)))
        case DeviceTrouble(code="wrong_device", found=found):
            return Message(
                f"un autre appareil répond, il n'est pas utilisé ({found})",
                f"another device answers, it is not used ({found})",
            ).text()
        case DeviceTrouble(code=code):
            return Message(f"en défaut ({code})", f"in trouble ({code})").text()
        case _:
            assert_never(told)
