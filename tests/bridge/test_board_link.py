"""Host and board, both programs whole, with time moved by hand: greeting, commands, events, starts and strangers."""

import pytest

from firmware_bridge.board import catalogue
from firmware_bridge.board.frames import crc16
from firmware_bridge.board.link import BoardLink
from firmware_bridge.commands import Light, Sound, Text
from firmware_bridge.messages import (
    BadgePresented,
    BadgeRemoved,
    ButtonPressed,
    CurrentSample,
    DeviceReady,
    DeviceTrouble,
    InputChanged,
    Message,
    RelayReported,
)
from tests.bridge.board_table import HOLD, OPEN, Table, copper, cut, held, only

BADGE, OTHER = "0A00123456", "1E009A4067"


def test_host_and_board_greet_and_the_board_says_where_everything_stands() -> None:
    """Ready comes first, then every level once; no level is left to be guessed."""
    table = Table()

    said = table.pass_ms(100)

    assert [type(message) for message in said] == [DeviceReady, InputChanged, InputChanged, RelayReported]
    assert said[0] == DeviceReady(identity="TABLE-BOARD", firmware="0.1.0", at_ms=said[0].at_ms)
    assert table.link.rejects == {}


def test_light_sound_and_text_reach_the_board() -> None:
    """What is asked is shown; a text is cut to the display, and odd signs in it harm nothing."""
    table = Table().greeted()

    asked = [
        table.ask(Light("green")),
        table.ask(Sound("accept")),
        table.ask(Text(("Accordé à \ud800 l'atelier", 'x"\\\n'))),
    ]
    table.pass_ms(600)

    assert asked == [True, True, True]
    assert table.panel.history("light")[-1][1] == [0, 255, 0]
    assert [hertz for _at, hertz in table.panel.history("tone")] == [0, 1400, 2100, 0]
    assert table.link.rejects == {}


def test_a_command_is_done_once_and_never_after_a_newer_one() -> None:
    """A line that comes again, or comes late, changes nothing."""
    table = Table().greeted()
    table.ask(Light("red"))
    late = table.link.to_send()
    table.line.incoming += late
    table.pass_ms(50)
    table.ask(Light("green"))
    table.pass_ms(50)

    table.line.incoming += late
    table.pass_ms(50)

    assert [parts for _at, parts in table.panel.history("light")] == [[0, 0, 0], [255, 0, 0], [0, 255, 0]]


def test_a_light_for_a_while_goes_out_by_itself() -> None:
    """A verdict does not stand until the next one."""
    table = Table().greeted()
    table.ask(Light("red", seconds=1))

    table.pass_ms(1_100)

    assert [parts for _at, parts in table.panel.history("light")] == [[0, 0, 0], [255, 0, 0], [0, 0, 0]]


def test_a_badge_a_button_and_a_current_are_told_once() -> None:
    """One message for each presentation, however often the reader repeats the number."""
    table = Table().greeted()

    table.show_badge(BADGE, 600)
    table.panel.order("button 1")
    table.pass_ms(400)
    table.panel.order("current 4200")
    table.pass_ms(2_200)

    told = [message for message in table.said if not isinstance(message, CurrentSample)]
    assert [type(message) for message in told] == [BadgePresented, ButtonPressed, BadgeRemoved]
    assert told[0] == BadgePresented(number_hex=BADGE, at_ms=told[0].at_ms)
    assert abs(only(CurrentSample, [*table.said])[-1].milliamperes - 4_200) < 50


def test_a_board_that_restarts_is_open_and_stays_so() -> None:
    """A restart never closes again: the program is told, and must decide anew."""
    table = held(Table())
    table.show_badge(BADGE, 120)
    table.said.clear()

    table.start_board(boot=78)
    said = table.pass_ms(3_000)

    assert [type(message) for message in said[:3]] == [RelayReported, BadgeRemoved, DeviceReady]
    assert not table.relay
    assert table.panel.history("relay") == []


def test_another_host_finds_the_relay_open() -> None:
    """A program that died and came back is another host: whatever the old one held is let go at its first word."""
    table = held(Table())

    table.link = BoardLink(6)
    table.link.restored(table.now_ms)
    table.step()

    assert not table.relay


def test_the_same_host_after_a_short_break_keeps_its_relay() -> None:
    """A cable that flickers for a second ends no work."""
    table = held(Table())
    table.link.interrupted()
    table.pass_ms(1_000)

    table.link.restored(table.now_ms)
    table.pass_ms(1_500)

    assert table.relay
    assert [closed for _at, closed in table.panel.history("relay")] == [True]


def test_the_same_host_after_a_long_break_must_decide_anew() -> None:
    """The lease ran out meanwhile, and a renewal does not close again."""
    table = held(Table())
    table.link.interrupted()
    table.pass_ms(2_500)

    table.link.restored(table.now_ms)
    said = table.pass_ms(1_000)

    assert not table.relay
    assert {message.on for message in only(RelayReported, [*said])} == {False}


def test_a_board_of_another_age_is_named_and_not_used() -> None:
    """Another catalogue is a clear trouble, said once; nothing is taken from such a board, nothing asked of it."""
    link = BoardLink(5)
    link.restored(0)
    values = f'"catalogue":{catalogue.CATALOGUE + 1},"session":0,"board":"OLD","firmware":"9","boot":3,"more":1'
    lines = []
    for number, body in enumerate((f'"t":"hello",{values}', f'"t":"badge","number":"{BADGE}","tap":1,"stays":true'), 1):
        data = f'{{"n":{number},{body}}}'.encode()
        lines.append(data + b"*%04X\n" % crc16(data))

    said = link.receive(b"".join(lines) * 3, 10)

    assert said == [DeviceTrouble(code="catalogue", at_ms=10)]
    assert not link.ask(HOLD, 20)


def test_a_board_with_one_button_is_still_spoken_to_in_its_own_words() -> None:
    """Nobody needs to write new firmware to a board that works: the host greets it again as it can hear."""
    link = BoardLink(5)
    link.restored(0)

    def hears(number: int, session: int) -> list[Message]:
        hello = f'{{"n":{number},"t":"hello","catalogue":1,"session":{session},"board":"OLD","firmware":"0","boot":3}}'
        return link.receive(hello.encode() + b"*%04X\n" % crc16(hello.encode()), 10)

    first, greeted = hears(1, 0), link.to_send()
    second = hears(2, 5)

    shown = [link.ask(command, 20) for command in (Light("white", "slow"), Sound("end"), Sound("read"))]
    said = link.to_send()
    assert shown == [True, True, True]
    assert b'"colour":"blue","blink":true' in said
    assert said.count(b'"t":"sound"') == said.count(b'"pattern":"accept"') == 1
    assert b'"catalogue":3' in greeted.split(b"\n")[0]
    assert b'"catalogue":1' in greeted.split(b"\n")[1]
    assert (first, [type(message) for message in second]) == ([], [DeviceReady])


def test_a_verdicts_light_gives_way_to_the_one_that_stands() -> None:
    """The board goes back to it by itself, whatever came first."""
    table = Table().greeted()
    table.ask(Light("amber", seconds=4))
    table.ask(Light("green"))
    table.pass_ms(100)
    over = table.panel.history("light")[-1][1]
    table.pass_ms(4_000)

    assert (over, table.panel.history("light")[-1][1]) == ([255, 96, 0], [0, 255, 0])


@pytest.mark.parametrize(
    ("age", "motion"), [(1, b'"colour":"blue","blink":true'), (2, b'"colour":"blue","rhythm":"slow"')]
)
def test_an_elder_board_is_told_the_standing_light_again_after_a_verdicts(age: int, motion: bytes) -> None:
    """It knows the newest light alone, in fewer rhythms; the host minds the time for it."""
    link = BoardLink(5)
    link.restored(0)
    for number, session in ((1, 0), (2, 5)):
        hello = (
            f'{{"n":{number},"t":"hello","catalogue":{age},"session":{session},"board":"OLD","firmware":"0","boot":3}}'
        )
        link.receive(hello.encode() + b"*%04X\n" % crc16(hello.encode()), 10)
    link.to_send()
    link.ask(Light("amber", seconds=2), 20)
    link.ask(Text(("Bonjour", ""), large="OUI"), 20)
    link.ask(Light("blue", "once"), 20)
    at_once, due_ms = link.to_send(), link.next_deadline()
    link.receive(b"", 1_000)
    link.to_send()
    link.receive(b"", 2_020)

    assert (at_once.count(b'"t":"light"'), b"standing" in at_once, b"large" in at_once) == (1, False, False)
    assert due_ms is not None
    assert motion + b',"seconds":0' in link.to_send()


def test_the_danger_button_is_told_apart_from_the_other() -> None:
    """Each by its name, each once."""
    table = Table().greeted()

    table.panel.order("danger 1")
    said = table.pass_ms(200)
    table.panel.order("button 1")
    said += table.pass_ms(200)

    assert [message.button for message in only(ButtonPressed, [*said])] == ["danger", "main"]


def test_a_danger_button_that_was_down_before_the_host_came_is_told_once() -> None:
    """Jammed, or under a hand while the controller started: it is not missed, and the other button's is no press."""
    table = Table()
    table.to_board = cut
    table.panel.order("danger 1")
    table.panel.order("button 1")
    table.pass_ms(1_000)
    table.to_board = copper
    said = table.pass_ms(2_000)

    assert [message.button for message in only(ButtonPressed, [*said])] == ["danger"]


def test_a_host_of_another_age_gets_no_session() -> None:
    """The board answers with its own version, and opens its relay."""
    table = held(Table())
    body = b'{"n":999,"t":"hello","catalogue":4,"session":5,"news":[1]}'

    table.line.incoming += body + b"*%04X\n" % crc16(body)
    table.step()

    assert not table.relay


def test_a_silent_board_is_told_once_and_greeted_until_it_answers() -> None:
    """Three missed heartbeats are a trouble; the first answer ends it."""
    table = Table().greeted()
    table.to_host = cut

    silent = table.pass_ms(10_000)
    table.to_host = copper
    back = table.pass_ms(1_000)

    assert [(type(message), message.code) for message in silent if isinstance(message, DeviceTrouble)] == [
        (DeviceTrouble, "silent")
    ]
    assert isinstance(back[0], DeviceReady)


def test_a_relay_whose_board_does_not_answer_is_let_go() -> None:
    """A board that hears and is not heard opens its relay, for the host renews nothing that is not confirmed."""
    table = held(Table())
    table.to_host = cut

    said = table.pass_ms(4_000)

    assert [message.code for message in only(DeviceTrouble, [*said])] == ["unanswered"]
    assert not table.relay


def test_nothing_is_asked_of_a_board_that_is_not_there() -> None:
    """What was asked during an outage is not done after it: a start of a minute ago is nobody's wish now."""
    table = held(Table())
    table.link.interrupted()

    asked = [table.ask(HOLD), table.ask(Light("green")), table.ask(OPEN)]

    assert asked == [False, False, False]


def test_a_tap_that_could_not_be_told_is_forgotten() -> None:
    """A person who tapped during an outage taps again; the old tap starts nothing."""
    table = Table().greeted()
    table.to_host = cut
    table.show_badge(BADGE, 120)
    table.pass_ms(2_500)

    table.to_host = copper
    said = table.pass_ms(2_000)

    assert only(BadgePresented, [*said]) == []


def test_what_lay_in_a_buffer_while_the_program_stood_still_is_no_news() -> None:
    """A program that was stopped for ten seconds takes no tap of that time."""
    table = Table().greeted()
    table.show_badge(BADGE, 120)
    table.said.clear()
    table.panel.order("button 1")
    stale = b""
    for _ in range(20):
        table.panel.order("pass 10")
        table.hardware.wait()
        table.board.turn()
        stale, table.line.outgoing = stale + table.line.outgoing, b""

    said = table.link.receive(stale, table.now_ms + 10_000)

    assert b"button" in stale
    assert [type(message) for message in said] == [DeviceTrouble]


def test_a_badge_that_was_exchanged_during_an_outage_is_not_taken_for_the_first() -> None:
    """The state names the presentation that lies there: another one means that the first badge is gone."""
    table = Table().greeted()
    table.show_badge(BADGE, 120)
    table.to_host = cut
    table.pass_ms(400)
    table.show_badge(OTHER, 2_220)
    table.to_host = copper

    table.show_badge(OTHER, 1_200)

    assert [type(message) for message in table.said if not isinstance(message, CurrentSample)] == [
        BadgePresented,
        BadgeRemoved,
    ]
