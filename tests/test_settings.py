"""The settings file: every mistake is named with its line, its key, why and what to do; what is right is read whole."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller import settings
from controller.errors import UserError
from controller.toml_places import places_in

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "config" / "indivis.example.toml"
WHOLE, QUOTED = "write a whole number", "write a text in quotes"
A_PORT, A_LIST = "write a number from 0 to 65535", "write controllers = [ … ]"
NO_TOML = 'this is not valid TOML (Invalid value); write key = value, texts in quotes: name = "laser"'
CHANNEL = '[[channel]]\nname = "laser"\n'
LEAST = '[site]\nid = "atelier"\nbooks = "atelier"\n[controller]\nid = "pi-1"\n'


def problems(tmp_path: Path, text: str) -> list[tuple[int, str, str]]:
    """Line, key and the rest of each problem, in English."""
    path = tmp_path / "indivis.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(settings.SettingsError) as refused:
        settings.load(path)
    return [(one.line, one.key, f"{one.why.en}; {one.cure.en}") for one in refused.value.problems]


def test_the_shipped_example_is_right_and_shows_every_table() -> None:
    """What people copy works, and nothing of the file's shape is a secret."""
    read = settings.load(EXAMPLE)

    shown = set(re.findall(r"^#? ?\[+(\w+)\]", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE))
    assert {entry.name for entry in fields(settings.Settings)} - shown == {"clock"}
    assert read.channel[0].name == read.reader[0].channel


BOARD = '[[reader]]\nname = "desk"\npath = "/dev/x"\nchannel = "laser"\nprotocol = "board"\n'
PLAIN = '[[reader]]\nname = "door"\npath = "/dev/y"\nchannel = "laser"\n'


@pytest.mark.parametrize(("protocol", "refused"), [("em4100", True), ("pn532", True), ("board", False)])
def test_a_reader_that_cannot_tell_who_it_is_over_a_network_has_no_identity(
    tmp_path: Path,
    protocol: str,
    *,
    refused: bool,
) -> None:
    """It would never be the one it names; a board tells it in its greeting, whatever carries that."""
    path = tmp_path / "indivis.toml"
    reader = f'path = "socket://10.0.0.7:4001"\nchannel = "laser"\nprotocol = "{protocol}"\nidentity = "E66"\n'
    text = LEAST + CHANNEL + 'pin = 17\n[[reader]]\nname = "desk"\n' + reader
    path.write_text(text)

    if refused:
        why = f"a {protocol} reader does not tell who it is over a network; take this line out"
        assert problems(tmp_path, text) == [(14, "reader[0].identity", why)]
    else:
        assert settings.load(path).reader[0].identity == "E66"


def test_a_button_on_a_pin_that_has_another_use_is_refused(tmp_path: Path) -> None:
    """A press would close a relay, or a relay press the button."""
    text = LEAST + CHANNEL + "pin = 17\nextend_pin = 17\n"

    assert problems(tmp_path, text) == [
        (9, "channel[0].extend_pin", "17 is already taken above; give another one"),
    ]


def test_a_board_may_be_the_switch_of_its_own_channel(tmp_path: Path) -> None:
    """Then the channel has no pin."""
    path = tmp_path / "indivis.toml"
    path.write_text(LEAST + CHANNEL + 'switch = "board:desk"\n' + BOARD)

    read = settings.load(path)

    assert (read.channel[0].switch, read.channel[0].pin) == ("board:desk", None)


KINDS = "choose one of: shelly, tasmota"
PLAIN_TOPIC = "write it without +, #, space or / at its ends"
A_PLUG = '[[plug]]\nname = "saw"\nchannel = "laser"\nkind = "shelly"\ntopic = "shelly/saw"\n'


def test_a_plug_may_be_the_meter_of_a_channel_and_its_switch(tmp_path: Path) -> None:
    """A plug that is named as the switch has its own broker."""
    path = tmp_path / "indivis.toml"
    path.write_text(LEAST + CHANNEL + 'switch = "plug:saw"\n' + A_PLUG + '[plugs]\nhost = "plugs.lan"\n')

    read = settings.load(path)

    assert (read.channel[0].switch, read.plug[0].kind, read.plugs.host) == ("plug:saw", "shelly", "plugs.lan")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"laser"', '"lasr"', (11, "plug[0].channel", "'lasr' is not the name of a [[channel]]; did you mean laser?")),
        ('"shelly"', '"hue"', (12, "plug[0].kind", "'hue' is not one of: shelly, tasmota; " + KINDS)),
        ("shelly/saw", "shelly/+", (13, "plug[0].topic", "'shelly/+' is not one device's topic; " + PLAIN_TOPIC)),
    ],
)  # fmt: skip
def test_a_plug_that_cannot_be_is_named(tmp_path: Path, old: str, new: str, expected: tuple[int, str, str]) -> None:
    """A channel that is not there, a kind that nobody speaks, a topic that would hear everybody."""
    assert problems(tmp_path, LEAST + CHANNEL + "pin = 17\n" + A_PLUG.replace(old, new)) == [expected]


def test_two_plugs_at_one_channel_are_refused(tmp_path: Path) -> None:
    """Nobody could tell whose energy a use has drawn."""
    second = A_PLUG.replace('"saw"', '"drill"').replace("shelly/saw", "shelly/drill")

    found = problems(tmp_path, LEAST + CHANNEL + "pin = 17\n" + A_PLUG + second)

    assert found == [(16, "plug[1].channel", "laser is already taken above; give another one")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CHANNEL, (6, "channel[0].pin", "is missing; add pin = … or switch = …")),
        (
            CHANNEL + 'pin = 17\nswitch = "board:desk"\n' + BOARD,
            (8, "channel[0].pin", "does not go with switch; keep one of the two"),
        ),
        (
            CHANNEL + 'switch = "board:desk"\non_process_exit = "hold"\n' + BOARD,
            (9, "channel[0].on_process_exit", "does not go with switch; keep one of the two"),
        ),
        (
            CHANNEL + 'switch = "board:door"\n' + BOARD + PLAIN,
            (
                8,
                "channel[0].switch",
                "'board:door' is not board: or plug: and its name; did you mean board:desk?",
            ),
        ),
        (
            CHANNEL + 'switch = "board:desk"\n[[channel]]\nname = "mill"\nswitch = "board:desk"\n' + BOARD,
            (11, "channel[1].switch", "board:desk already switches another channel; give another one"),
        ),
        (
            CHANNEL + 'pin = 17\n[[channel]]\nname = "mill"\nswitch = "board:desk"\n' + BOARD,
            (11, "channel[1].switch", 'board:desk is at the channel laser; write channel = "mill" there'),
        ),
    ],
)
def test_a_switch_that_cannot_be_is_named(tmp_path: Path, text: str, expected: tuple[int, str, str]) -> None:
    """No pin and no switch, both, a reader that is no board, one board for two channels, a board elsewhere."""
    assert problems(tmp_path, LEAST + text) == [expected]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('smtp_host = "smtp.exemple.test"', (6, "messages.sender", "a mail has a sender")),
        (
            'smtp_security = "none"\nsmtp_username = "a"',
            (7, "messages.smtp_security", "would send the password in clear"),
        ),
        ('ntfy_url = "ntfy.exemple.test"', (7, "messages.ntfy_url", "is not the address of an ntfy server")),
        (
            'ntfy_url = "https://a:b@ntfy.exemple.test"',
            (7, "messages.ntfy_url", "is not the address of an ntfy server"),
        ),
    ],
)
def test_a_server_for_messages_that_cannot_work_is_named(
    tmp_path: Path, said: str, expected: tuple[int, str, str]
) -> None:
    """A mail without a sender, a password in clear and an address that is none are found before the first message."""
    ((line, key, why),) = problems(tmp_path, f"{LEAST}[messages]\n{said}\n")

    assert (line, key) == expected[:2]
    assert expected[2] in why


def test_the_least_file_is_enough(tmp_path: Path) -> None:
    """Everything but the names has a default."""
    path = tmp_path / "indivis.toml"
    path.write_text(LEAST)

    read = settings.load(path)

    assert (read.site.id, read.controller.id, read.exchange.port, read.gpio.factory) == (
        "atelier",
        "pi-1",
        1883,
        "gpiod",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CHANNEL + "pin = 99\n", (8, "channel[0].pin", "99 is not a BCM pin (2 to 27); write a number from 2 to 27")),
        (CHANNEL + 'pin = "17"\n', (8, "channel[0].pin", "'17' is not a whole number; " + WHOLE)),
        (CHANNEL + "pin = true\n", (8, "channel[0].pin", "True is not a whole number; " + WHOLE)),
        ("[[channel]]\npin = 17\n", (6, "channel[0].name", "is missing; add name = …")),
        ('[gpio]\nfactory = "gpoid"\n', (7, "gpio.factory", "'gpoid' is not one of: gpiod, mock; did you mean gpiod?")),
        ('[exchange]\nhots = "x"\n', (7, "exchange.hots", "unknown key; did you mean host?")),
        ("[offfice]\nport = 1\n", (6, "offfice", "unknown key; did you mean office?")),
        ("[office]\nport = 70000\n", (7, "office.port", "70000 is not a TCP port (0 to 65535); " + A_PORT)),
        ("[office]\ncontrollers = [1]\n", (7, "office.controllers[0]", "1 is not a text in quotes; " + QUOTED)),
        ("[mqtt]\npassword_file = 3\n", (7, "mqtt.password_file", "3 is not a path in quotes; write a path in quotes")),
        (
            '[[reader]]\nname = "r"\npath = "/dev/x"\nchannel = "laser"\n',
            (9, "reader[0].channel", "'laser' is not the name of a [[channel]]; add one"),
        ),
        (CHANNEL + "pin = 17\npin = 18\n", (9, "channel[0].pin", "is already given above; keep one of the two lines")),
        ("[gpio]\n[gpio]\n", (7, "gpio", "is already given above; keep one of the two lines")),
        (CHANNEL + "pin =\n", (8, "channel[0].pin", NO_TOML)),
        ('[channel]\nname = "laser"\n', (6, "channel", "… is not a list; write [[channel]]")),
        ("[[gpio]]\n", (6, "gpio", "… is not a table; write [gpio]")),
        ('[office]\ncontrollers = "pi-1"\n', (7, "office.controllers", "'pi-1' is not a list; " + A_LIST)),
        ('[mqtt]\nhost = ""\n', (7, "mqtt.host", "is empty; give a value")),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_line_key_reason_and_cure(
    tmp_path: Path, text: str, expected: tuple[int, str, str]
) -> None:
    """One mistake, one problem that leads to the spot."""
    assert problems(tmp_path, LEAST + text) == [expected]


def test_every_mistake_is_reported_at_once(tmp_path: Path) -> None:
    """Nobody mends a file line by line: all problems come in order of their lines, whatever else is wrong."""
    text = (
        '[site]\nid = "Atelier 1"\nbooks = "atelier"\n[controller]\nidd = "pi-1"\n'
        '[[channel]]\nname = "laser"\npin = 17\n[[channel]]\nname = "laser"\npin = 18\nfeedback_pin = 17\n'
        '[[reader]]\nname = "r"\npath = "/dev/x"\nchannel = "lazer"\n'
    )

    found = [(line, key) for line, key, _ in problems(tmp_path, text)]

    assert found == [
        (2, "site.id"),
        (4, "controller.id"),
        (5, "controller.idd"),
        (10, "channel[1].name"),
        (12, "channel[1].feedback_pin"),
        (16, "reader[0].channel"),
    ]


@pytest.mark.parametrize("text", ["site = 3\n", "channel = [1]\n", 'reader = "x"\n', "controller = []\n", ""])
def test_a_file_of_another_shape_is_still_answered_in_sentences(tmp_path: Path, text: str) -> None:
    """A number where a table belongs, a list of the wrong things, nothing at all: never a traceback."""
    assert problems(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[site]\nid="a"\nid="b"\n', "indivis.toml:3 site.id: is"),
        ("\x00", "not valid TOML"),
        ("a" * 1_000_001, "not a settings"),
    ],
)
def test_what_is_no_toml_is_one_sentence_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    """The line and its key are named, whatever stopped the reading."""
    path = tmp_path / "indivis.toml"
    path.write_text(text)

    with pytest.raises(UserError) as refused:
        settings.load(path)

    assert said in refused.value.sentence("en")


def test_a_table_that_is_missing_is_asked_for_as_a_table(tmp_path: Path) -> None:
    """What to add is shown as it is written in the file."""
    assert problems(tmp_path, '[site]\nid = "a"\nbooks = "a"\n') == [(1, "controller", "is missing; add [controller]")]


def test_a_file_that_is_no_text_is_named_with_its_line(tmp_path: Path) -> None:
    """An editor that saved in another encoding is a mistake like any other, in the reader's language too."""
    path = tmp_path / "indivis.toml"
    path.write_bytes(b'[site]\nid = "a"\nname = "caf\xe9"\n')

    with pytest.raises(settings.SettingsError) as refused:
        settings.load(path)

    assert refused.value.sentence("fr") == (
        "indivis.toml:3 : ce n'est pas du texte en UTF-8 ; enregistrez le fichier en UTF-8."
    )


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    """The path is named, and how to give another."""
    with pytest.raises(UserError, match=r"nowhere\.toml"):
        settings.load(tmp_path / "nowhere.toml")


plain = st.integers(-(10**9), 10**9) | st.sampled_from(["", "laser", "17"]) | st.booleans()
anything = st.recursive(plain, lambda inner: st.lists(inner, max_size=3), max_leaves=5)


@given(anything)
def test_no_value_in_the_place_of_a_table_is_a_crash(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    """Whatever TOML can hold, the reading ends in settings or in problems."""
    told = json.dumps(value)
    text = f"site = {told}\nchannel = {told}\nreader = [{told}]\noffice = {{ controllers = {told}, port = {told} }}\n"

    assert problems(tmp_path_factory.mktemp("any"), text)


def test_places_are_found_in_tables_and_lists_of_tables() -> None:
    """Line numbers as an editor shows them, comments and blank lines counted."""
    text = '# a\n\n[site]\nid = "x"  # c\n[[channel]]\npin = 3\n[[channel]]\n  pin = 4\n'

    assert places_in(text) == {
        "site": 3, "site.id": 4, "channel[0]": 5, "channel[0].pin": 6, "channel[1]": 7, "channel[1].pin": 8,
    }  # fmt: skip


def check_config(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person does."""
    command = [sys.executable, "-m", "controller", "check-config", str(path), *options]
    return subprocess.run(command, cwd=ROOT, env={"INDIVIS_LANG": "en"}, capture_output=True, text=True, check=False)


def test_check_config_says_that_the_example_is_right() -> None:
    """A good file: exit code 0, and no problems as data."""
    ended = check_config(EXAMPLE, "--json")

    assert (ended.returncode, json.loads(ended.stdout)["problems"], ended.stderr) == (0, [], "")


def test_check_config_names_file_line_key_and_cure(tmp_path: Path) -> None:
    """A bad file: exit code 2 and one line for each problem; the same as data."""
    path = tmp_path / "indivis.toml"
    path.write_text(LEAST + '[[channel]]\nname = "laser"\npin = 99\n')

    said, data = check_config(path), check_config(path, "--json")

    assert (said.returncode, data.returncode) == (2, 2)
    assert (
        said.stderr
        == "indivis: indivis.toml:8 channel[0].pin: 99 is not a BCM pin (2 to 27); write a number from 2 to 27.\n"
    )
    assert json.loads(data.stdout)["problems"] == [
        {
            "line": 8,
            "key": "channel[0].pin",
            "why": "99 is not a BCM pin (2 to 27)",
            "cure": "write a number from 2 to 27",
        }
    ]
