"""The demonstration's own door, over a real UNIX socket."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from controller.demo.control import SOCKET_PATH_MAX, ControlSocket, PlugAsked, TapAsked
from controller.demo.workshop import MACHINES, PEOPLE
from controller.errors import Message, OperatingError
from controller.office.demo_panel import DemoPanel, running_demo, runtime_file
from controller.office.refusals import NotFoundError

SAID = Message("La machine est en marche.", "The machine is on.")
KIND = Message("carte Indivis", "Indivis board")


class Plugs:
    """Readers of one kind, some of which are unplugged."""

    def __init__(self, *unplugged: str) -> None:
        self.unplugged = set(unplugged)

    def plugged(self, machine: str) -> bool:
        return machine not in self.unplugged

    def about(self, machine: str) -> Message:
        return KIND


ALL_PLUGGED = Plugs()


def grant(asked: TapAsked | PlugAsked) -> None:
    """Grant every tap."""
    assert isinstance(asked, TapAsked)
    asked.verdict.put(("granted", SAID))


def nothing(_asked: TapAsked | PlugAsked) -> None:
    """Do nothing."""


@pytest.fixture(autouse=True)
def runtime_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A runtime folder of the test's own, so that nobody's running demonstration is hidden."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture
def control(tmp_path: Path) -> Iterator[ControlSocket]:
    """An open door behind which every tap is granted."""
    with ControlSocket(tmp_path, ALL_PLUGGED, grant) as door:
        door.open()
        yield door


def test_a_tap_by_hand_reaches_the_readers_and_brings_its_verdict(tmp_path: Path) -> None:
    """What is asked for by the beginning of names is handed over by ids, and the verdict comes back in words."""
    taps: list[tuple[str, str, bool]] = []

    def hand_over(asked: TapAsked | PlugAsked) -> None:
        assert isinstance(asked, TapAsked)
        taps.append((asked.person, asked.machine, asked.copied))
        grant(asked)

    with ControlSocket(tmp_path, ALL_PLUGGED, hand_over) as door:
        door.open()
        outcome = running_demo().tap_outcome("Cam", "LAS")
        running_demo().tap("noa", "four", copied=True)

    assert taps == [("camille", "laser", False), ("noa", "four", True)]
    assert (outcome.word, outcome.said) == ("granted", SAID)


def test_a_plug_is_pulled_by_hand_and_put_back(tmp_path: Path) -> None:
    """The answer is what the reader is afterwards, and the list shows which kind each machine has and which is out."""
    readers = Plugs()

    def hand_over(asked: TapAsked | PlugAsked) -> None:
        assert isinstance(asked, PlugAsked)
        (readers.unplugged.discard if asked.plugged else readers.unplugged.add)(asked.machine)
        asked.done.put(None)

    with ControlSocket(tmp_path, readers, hand_over) as door:
        door.open()
        panel = running_demo()
        pulled = panel.plug("cnc", plugged=False)
        out = [key for key, _, _, plugged in panel.readers() if not plugged]
        back = panel.plug("cnc", plugged=True)
        listed = panel.readers()

    assert (pulled, out, back) == (False, ["cnc"], True)
    assert listed == [(machine.id, machine.name, KIND, True) for machine in MACHINES]


def test_a_page_gets_people_and_machines_by_id_and_name(control: ControlSocket) -> None:
    """The panel lists everybody with a badge and every machine, as (id, name)."""
    panel = DemoPanel(control.path)

    assert panel.people() == [(person.id, person.name) for person in PEOPLE]
    assert panel.machines() == [(machine.id, machine.name) for machine in MACHINES]


def test_a_stranger_to_the_demonstration_is_refused_with_a_hint(control: ControlSocket) -> None:
    """A name that nobody has is answered with the nearest one, and no badge is put anywhere."""
    with pytest.raises(NotFoundError, match="camille"):
        DemoPanel(control.path).tap("camilla", "laser")


def test_without_a_demonstration_one_is_told_to_start_it(tmp_path: Path) -> None:
    """Before a demonstration is open, and after it has ended, asking says how to start one; its note is gone."""
    with pytest.raises(OperatingError, match="indivis demo"):
        running_demo()
    with ControlSocket(tmp_path, ALL_PLUGGED, nothing) as door:
        with pytest.raises(OperatingError, match="indivis demo"):
            DemoPanel(door.path).people()
        door.open()
        assert DemoPanel(door.path).people()

    with pytest.raises(OperatingError, match="indivis demo"):
        DemoPanel(door.path).people()
    assert not runtime_file().exists()


@pytest.mark.parametrize("question", [b"", b"{}\n", b"[" * 4_000 + b"\n", b"\xff\n", b'{"ask": "tap"}\n'])
def test_nonsense_gets_an_answer_and_harms_nobody(control: ControlSocket, question: bytes) -> None:
    """A question that is none is refused in words, and the next one is answered."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(control.path))
        line.sendall(question)
        line.shutdown(socket.SHUT_WR)
        answer = line.makefile("rb").readline()

    assert b"refused" in answer
    assert len(DemoPanel(control.path).people()) == len(PEOPLE)


def test_only_this_user_can_open_the_door(control: ControlSocket) -> None:
    """The socket and the note that leads to it are closed to others."""
    modes = {oct(path.stat().st_mode & 0o777) for path in (control.path, runtime_file())}

    assert modes == {"0o600"}


def test_a_deep_folder_has_its_door_elsewhere(tmp_path: Path) -> None:
    """A path too long for a UNIX socket does not keep the demonstration from starting, and nothing is left of it."""
    deep = tmp_path / ("d" * 100)
    deep.mkdir()

    with ControlSocket(deep, ALL_PLUGGED, nothing) as door:
        door.open()
        assert len(str(door.path)) <= SOCKET_PATH_MAX
        assert DemoPanel(door.path).machines()

    assert not door.path.parent.exists()


def test_when_the_later_of_two_demonstrations_ends_the_earlier_is_found_again(tmp_path: Path) -> None:
    """A second `make run` takes the second terminal for itself and gives it back."""
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    heard: list[str] = []

    def answering(name: str) -> Callable[[TapAsked | PlugAsked], None]:
        def hand_over(asked: TapAsked | PlugAsked) -> None:
            heard.append(name)
            grant(asked)

        return hand_over

    with ControlSocket(folders[0], ALL_PLUGGED, answering("earlier")) as earlier:
        earlier.open()
        with ControlSocket(folders[1], ALL_PLUGGED, answering("later")) as later:
            later.open()
            running_demo().tap("camille", "laser")
        running_demo().tap("camille", "laser")

    assert heard == ["later", "earlier"]
    assert not runtime_file().exists()


def test_a_killed_demonstrations_note_hides_no_running_one(tmp_path: Path) -> None:
    """A path whose socket answers no more is passed over."""
    with ControlSocket(tmp_path, ALL_PLUGGED, grant) as door:
        door.open()
        runtime_file().write_text(f"{door.path}\n{tmp_path}/killed.sock\n")

        assert running_demo().tap_outcome("camille", "laser").word == "granted"
