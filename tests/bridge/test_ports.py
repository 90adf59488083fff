"""Opening a port, or saying why not; and the simulated reader that stands at its other end."""

import fcntl
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_bridge import errors
from firmware_bridge.em4100.simulator import SimulatedReader
from firmware_bridge.ports import find_ports
from firmware_bridge.simulator import WAITING_MAX, Presenter
from firmware_bridge.transport import open_port

pytestmark = pytest.mark.pty

BADGE = "0A00123456"


def test_a_port_held_by_another_program_is_busy(rdm6300: SimulatedReader) -> None:
    """Two programs on one line would each read half of a frame."""
    held, _ = open_port(rdm6300.path, 9600)

    with held, pytest.raises(errors.PortBusyError):
        open_port(rdm6300.path, 9600)


def test_a_port_is_free_again_once_its_holder_is_gone(rdm6300: SimulatedReader) -> None:
    """A stopped reader leaves nothing behind that would lock out its successor."""
    held, _ = open_port(rdm6300.path, 9600)
    held.close()

    again, device = open_port(rdm6300.path, 9600)
    again.close()

    assert device == os.path.realpath(rdm6300.path)


def _folder(tmp_path: Path) -> str:
    return str(tmp_path)


def _file(tmp_path: Path) -> str:
    path = tmp_path / "notes.txt"
    path.write_text("not a port")
    return str(path)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/dev/serial/by-id/nothing-here", errors.PortMissingError),
        ("/dev/null/reader", errors.PortMissingError),
        ("/dev/null", errors.NotASerialPortError),
        (_folder, errors.NotASerialPortError),
        (_file, errors.NotASerialPortError),
        ("http://127.0.0.1:80", errors.BadAddressError),
        ("socket://127.0.0.1", errors.BadAddressError),
        ("socket://127.0.0.1:port", errors.BadAddressError),
        ("socket://127.0.0.1:1", errors.HostUnreachableError),
    ],
)
def test_what_cannot_be_opened_says_why_in_both_languages(
    address: object, expected: type[errors.BridgeError], tmp_path: Path
) -> None:
    """Each mistake has an error of its own, whose sentence names the address."""
    wanted = str(address(tmp_path) if callable(address) else address)

    with pytest.raises(expected) as refused:
        open_port(wanted, 9600)

    assert wanted in refused.value.sentence("fr")
    assert wanted in refused.value.sentence("en")


OPEN_AS_ANYONE = """
import os, sys
from firmware_bridge import errors, transport
if os.geteuid() == 0:
    os.setuid(65534)
try:
    transport.open_port(sys.argv[1], 9600)
    print("open", flush=True)
except errors.BridgeError as error:
    print(type(error).__name__, flush=True)
os._exit(0)
"""


def opened_by_an_ordinary_account(path: str) -> str:
    """What a program without rights makes of a port before it is killed: "open" or the name of the error."""
    ended = subprocess.run(
        [sys.executable, "-c", OPEN_AS_ANYONE, path], capture_output=True, check=True, text=True, timeout=60
    )
    return ended.stdout.strip()


def test_a_port_that_this_account_may_not_open_says_so(rdm6300: SimulatedReader) -> None:
    """A missing group membership is the most common first mistake on a Pi."""
    device = os.path.realpath(rdm6300.path)
    Path(device).chmod(0)

    assert opened_by_an_ordinary_account(device) == "PortForbiddenError"


def test_a_killed_program_does_not_lock_its_successor_out(rdm6300: SimulatedReader) -> None:
    """The mark that keeps others out of a port goes with the program that set it, on a pty too."""
    device = os.path.realpath(rdm6300.path)
    Path(device).chmod(0o666)

    attempts = [opened_by_an_ordinary_account(device) for _ in range(2)]

    assert attempts == ["open", "open"]


def test_a_presenter_refuses_more_badges_than_can_wait(rdm6300: SimulatedReader) -> None:
    """The queue of a simulated hand is bounded, and says so."""
    presenter = Presenter(rdm6300)

    accepted = [presenter.present(BADGE, 60_000) for _ in range(WAITING_MAX + 2)]
    presenter.close()

    assert accepted[:WAITING_MAX] == [True] * WAITING_MAX
    assert accepted[-1] is False


def test_a_simulated_reader_never_replaces_a_persons_file(tmp_path: Path) -> None:
    """A path given by mistake costs nobody a file."""
    path = tmp_path / "letter.txt"
    path.write_text("dear Léa")

    with pytest.raises(errors.LinkRefusedError):
        SimulatedReader("id12", path)

    assert path.read_text() == "dear Léa"


def test_a_simulated_reader_leaves_nothing_behind(tmp_path: Path) -> None:
    """The link goes with the reader."""
    with SimulatedReader("id12", tmp_path / "reader") as reader:
        mode = Path(reader.path).stat().st_mode

    assert stat.S_ISCHR(mode)
    assert list(tmp_path.iterdir()) == []


def test_a_port_is_listed_by_its_stable_name(tmp_path: Path, rdm6300: SimulatedReader) -> None:
    """The name that survives a replug is the one to write in the settings."""
    (tmp_path / "usb-Reader_0001").symlink_to(os.path.realpath(rdm6300.path))

    found = {port.path: port.device for port in find_ports(tmp_path)}

    assert found[str(tmp_path / "usb-Reader_0001")] == os.path.realpath(rdm6300.path)


def test_an_adapter_without_a_number_of_its_own_is_named_by_its_socket(
    tmp_path: Path, rdm6300: SimulatedReader
) -> None:
    """Two adapters alike have one by-id name at most: the socket tells them apart, and is shown beside by-id too."""
    by_id, by_path = tmp_path / "by-id", tmp_path / "by-path"
    for folder in (by_id, by_path):
        folder.mkdir()
    device = os.path.realpath(rdm6300.path)
    (by_path / "platform-usb-0:1.2").symlink_to(device)

    (alone,) = [port for port in find_ports(by_id, by_path) if port.device == device]
    (by_id / "usb-Reader_0001").symlink_to(device)
    (both,) = [port for port in find_ports(by_id, by_path) if port.device == device]

    assert (alone.path, alone.socket) == (str(by_path / "platform-usb-0:1.2"),) * 2
    assert (both.path, both.socket) == (str(by_id / "usb-Reader_0001"), str(by_path / "platform-usb-0:1.2"))


def test_pyserials_lock_is_what_keeps_two_programs_apart(rdm6300: SimulatedReader) -> None:
    """A program that takes the usual lock on the port is respected."""
    with Path(rdm6300.path).open("rb", buffering=0) as other:
        fcntl.flock(other, fcntl.LOCK_EX)

        with pytest.raises(errors.PortBusyError):
            open_port(rdm6300.path, 9600)
