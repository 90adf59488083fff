"""The service manager hears of us over a real datagram socket; the watchdog is fed by engine and relays alone."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.floor.adapters.heartbeat import Liveness, SystemdHeartbeat
from controller.floor.ports import Heartbeat
from controller.service import beat_every_s


class Time:
    """Milliseconds, moved by hand."""

    def __init__(self) -> None:
        self.ms = 0

    def read(self) -> int:
        return self.ms


@pytest.fixture
def time() -> Time:
    """Time at zero."""
    return Time()


@pytest.fixture
def liveness(time: Time) -> Liveness:
    """Engine and relays that have not moved yet."""
    return Liveness(time.read)


@pytest.fixture(params=["path", "abstract"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Both kinds of address that systemd hands out."""
    return str(tmp_path / "notify") if request.param == "path" else f"@indivis-test-{tmp_path.name}-{id(request)}"


@pytest.fixture
def manager(address: str) -> Iterator[socket.socket]:
    """A service manager's end of the socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + address[1:] if address.startswith("@") else address)
        listener.settimeout(0)
        yield listener


def heard(manager: socket.socket) -> list[str]:
    """Everything that has arrived."""
    messages = []
    while True:
        try:
            messages.append(manager.recv(4096).decode())
        except BlockingIOError:
            return messages


def test_the_service_manager_hears_the_whole_life(manager: socket.socket, address: str, liveness: Liveness) -> None:
    """Ready once started, alive, stopping: in sd_notify's words."""
    heartbeat: Heartbeat = SystemdHeartbeat(address, liveness)
    liveness.engine_alive()
    liveness.relays_alive()

    heartbeat.ready("3 machines")
    heartbeat.status("une\nmachine")
    fed = heartbeat.beat()
    heartbeat.stopping()

    assert fed
    assert heard(manager) == ["READY=1\nSTATUS=3 machines", "STATUS=une machine", "WATCHDOG=1", "STOPPING=1"]


@pytest.mark.parametrize(
    ("engine_silent_ms", "relays_silent_ms", "fed"),
    [(0, 0, True), (5_000, 5_000, True), (5_001, 0, False), (0, 5_001, False)],
)
def test_the_watchdog_is_fed_only_while_engine_and_relays_move(
    manager: socket.socket,
    address: str,
    *,
    engine_silent_ms: int,
    relays_silent_ms: int,
    fed: bool,
) -> None:
    """Five seconds of silence from either end the process; no other part is asked."""
    time = Time()
    liveness = Liveness(time.read)
    time.ms = 10_000 - engine_silent_ms
    liveness.engine_alive()
    time.ms = 10_000 - relays_silent_ms
    liveness.relays_alive()
    time.ms = 10_000

    answer = SystemdHeartbeat(address, liveness).beat()

    assert answer is fed
    assert heard(manager) == (["WATCHDOG=1"] if fed else [])


def test_a_start_that_hangs_is_not_alive(time: Time, liveness: Liveness) -> None:
    """Nobody has made progress before the first mark, however little time went by."""
    time.ms = 1
    liveness.relays_alive()

    assert not liveness.both()


def test_without_a_service_manager_nothing_happens(liveness: Liveness, tmp_path: Path) -> None:
    """A terminal, or a manager that has gone, is no reason to fail."""
    liveness.engine_alive()
    liveness.relays_alive()

    answers = [SystemdHeartbeat(where, liveness).beat() for where in (None, "", str(tmp_path / "gone"))]

    assert answers == [False, False, False]


@pytest.mark.parametrize(
    ("environ", "every_s"),
    [
        ({"WATCHDOG_USEC": "10000000"}, 2.5),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "42"}, 2.5),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "7"}, None),
        ({}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_beat_is_as_frequent_as_the_unit_asks(environ: dict[str, str], every_s: float | None) -> None:
    """Four beats fit into the limit, and another process's watchdog is not ours to feed."""
    assert beat_every_s(environ, 42) == every_s
