"""`indivis reader` as a person meets it: a program, its input, its output and its exit code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_bridge.em4100.frames import encode

BADGE = "0A00123456"
COMMAND = [sys.executable, "-m", "controller", "reader"]


def run(*arguments: str, given: bytes = b"", language: str = "en") -> subprocess.CompletedProcess[bytes]:
    """Run the command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        input=given,
        capture_output=True,
        check=False,
        timeout=60,
        env={"INDIVIS_LANG": language, "PYTHONIOENCODING": "utf-8"},
    )


def test_decode_prints_a_json_line_per_frame() -> None:
    """A capture on standard input gives a badge or an error per frame, as JSON lines."""
    capture = encode(BADGE, "id12") + b"\x02zz\x03" + encode(BADGE, "rdm6300")[:5]

    ended = run("decode", "--protocol", "em4100", "--json", given=capture)

    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert lines == [{"badge": BADGE}, {"error": "not_hex"}, {"error": "incomplete"}]
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_decode_reads_a_file_for_a_person(tmp_path: Path) -> None:
    """Without --json, a line reads as a sentence in the reader's language."""
    capture = tmp_path / "capture"
    capture.write_bytes(encode(BADGE, "rdm6300") + b"\x0212\x03")

    ended = run("decode", str(capture), language="fr")

    assert ended.stdout.decode().splitlines() == [
        f"badge {BADGE}",
        "erreur length (mauvais nombre de chiffres)",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["decode", "/nowhere/capture"], 2, "there is no such file"),
        (["decode", "/"], 2, "it is a folder"),
        (["watch", "/dev/nowhere", "--model", "id12"], 2, "nothing exists at that path"),
        (["watch", "/dev/null", "--model", "id12"], 2, "that path is not a serial port"),
        (["watch", "socket://127.0.0.1:1", "--model", "id12"], 69, "nothing answers at that address"),
        (["simulate", "--model", "id12", "--link", "/nowhere/reader"], 2, "its folder is missing"),
        (["watch", "/dev/null"], 2, "which model of em4100 reader?"),
        (
            ["watch", "/dev/null", "--protocol", "pn532", "--key-file", "/nowhere/key"],
            2,
            "the key /nowhere/key is missing",
        ),
        (["test", "/dev/null", "--model", "id12"], 2, "can show nothing"),
        (["simulate", "--model", "id12", "--fault", "rain"], 2, "choose one of: damaged, cut"),
        (["simulate", "--model", "id12", "--identity", "E66"], 2, "take --protocol board, and 16 characters at most"),
        (["simulate", "--protocol", "board", "--fault", "rain"], 2, "choose one of: silent, deaf, lossy, noisy"),
    ],
)
def test_a_mistake_is_answered_by_one_sentence(arguments: list[str], code: int, said: str) -> None:
    """No traceback for what a person mistyped or did not plug in."""
    ended = run(*arguments)

    assert (ended.returncode, ended.stdout) == (code, b"")
    assert said in ended.stderr.decode()
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.pty
def test_watch_shows_the_badges_of_a_simulated_reader(tmp_path: Path) -> None:
    """Two terminals and no hardware: what is typed into one is read in the other, over a real port."""
    link = tmp_path / "reader"
    simulate = [*COMMAND, "simulate", "--model", "rdm6300", "--link", str(link)]
    with subprocess.Popen(simulate, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        path = reader.stdout.readline().decode().strip()
        watch = [*COMMAND, "watch", path, "--model", "rdm6300"]
        with subprocess.Popen(watch, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as watcher:
            assert watcher.stdout is not None
            assert watcher.stderr is not None
            watcher.stderr.readline()
            reader.stdin.write(b"0a00123456\n")
            reader.stdin.close()

            shown = watcher.stdout.readline().decode()
            watcher.terminate()

    assert path == str(link)
    assert shown == f"badge {BADGE}\n"


@pytest.mark.pty
@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("04a1b2c3d4e5f6", ["ready", "badge 04A1B2C3D4E5F6"]),
        ("08a1b2c3", ["ready", "unusable badge (random_number)"]),
    ],
)
def test_a_pn532_is_simulated_and_watched(tmp_path: Path, typed: str, shown: list[str]) -> None:
    """The same two terminals for another protocol, over a real port."""
    link = tmp_path / "reader"
    with subprocess.Popen(
        [*COMMAND, "simulate", "--protocol", "pn532", "--link", str(link)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        reader.stdout.readline()
        with subprocess.Popen(
            [*COMMAND, "watch", str(link), "--protocol", "pn532"],
            stdout=subprocess.PIPE,
            env={"INDIVIS_LANG": "en", "PYTHONIOENCODING": "utf-8"},
        ) as watcher:
            assert watcher.stdout is not None
            lines = [watcher.stdout.readline().decode().strip()]
            reader.stdin.write(typed.encode() + b"\n")
            reader.stdin.close()

            lines += [watcher.stdout.readline().decode().strip() for _ in shown[1:]]
            watcher.terminate()

    assert [line.startswith(begin) for line, begin in zip(lines, shown, strict=True)] == [True] * len(shown)


@pytest.mark.pty
@pytest.mark.parametrize(("fault", "shown"), [("", "ready SIMULATED-BOARD"), ("silent", "in trouble (silent)")])
def test_a_board_is_simulated_and_watched(tmp_path: Path, fault: str, shown: str) -> None:
    """The board's own program answers over a real port; one whose words are lost is told as such."""
    link = tmp_path / "board"
    simulate = [*COMMAND, "simulate", "--protocol", "board", "--link", str(link)]
    with subprocess.Popen(
        [*simulate, "--fault", fault] if fault else simulate, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as board:
        assert board.stdin is not None
        assert board.stdout is not None
        board.stdout.readline()
        with subprocess.Popen(
            [*COMMAND, "watch", str(link), "--protocol", "board"],
            stdout=subprocess.PIPE,
            env={"INDIVIS_LANG": "en", "PYTHONIOENCODING": "utf-8"},
        ) as watcher:
            assert watcher.stdout is not None
            first = watcher.stdout.readline().decode().strip()
            watcher.terminate()
        board.stdin.close()

    assert first.startswith(shown)


def test_a_capture_of_a_pn532_reads_as_sentences() -> None:
    """Both ends of the line, in words; what is damaged is named."""
    capture = bytes.fromhex("0000FF00FF00") + bytes.fromhex("0000FF02FED4022B00")

    ended = run("decode", "--protocol", "pn532", given=capture)

    assert ended.stdout.decode().splitlines() == ["frame ack", "error dcs (wrong checksum of the data)"]
    assert ended.returncode == 0


def test_a_damaged_capture_of_a_board_reads_as_sentences() -> None:
    """Whatever may be wrong with a board's lines has its words."""
    capture = b'noise\n{"n":1,"t":"ping"}*0000\n' + b'{"n":1,"t":"nothing"}*7BA2\n'

    ended = run("decode", "--protocol", "board", given=capture)

    lines = ended.stdout.decode().splitlines()
    assert lines[:2] == ["error noise (bytes between the lines)", "error checksum (wrong checksum)"]
    assert ended.returncode == 0


@pytest.mark.pty
def test_a_fault_on_request_is_seen_on_the_line(tmp_path: Path) -> None:
    """Damaged frames make no badge."""
    link = tmp_path / "reader"
    simulate = [*COMMAND, "simulate", "--model", "id12", "--fault", "damaged", "--link", str(link)]
    with subprocess.Popen(simulate, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        reader.stdout.readline()
        with link.open("rb", buffering=0) as line:
            reader.stdin.write(b"0a00123456\n")
            reader.stdin.close()
            sent = line.read(16)

    ended = run("decode", "--json", given=sent)

    assert json.loads(ended.stdout.splitlines()[0]) == {"error": "checksum"}


@pytest.mark.pty
def test_simulate_says_what_is_wrong_with_a_number_and_goes_on(tmp_path: Path) -> None:
    """A slip of the finger does not end the simulation, and is not repeated on the screen."""
    ended = run("simulate", "--model", "id12", "--link", str(tmp_path / "reader"), given=b"98765\n0A00123456\n")

    assert ended.returncode == 0
    assert "ten hex digits are wanted" in ended.stderr.decode()
    assert "98765" not in ended.stderr.decode()


def test_detect_lists_ports_as_json() -> None:
    """A list, empty or not, that a program can read."""
    ended = run("detect", "--list", "--json")

    assert ended.returncode == 0
    assert isinstance(json.loads(ended.stdout), list)
