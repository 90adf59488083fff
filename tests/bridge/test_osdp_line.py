"""OSDP readers end to end: the real thread, a real pseudo-terminal, libosdp at both ends, and who sits in between."""

import pytest

from firmware_bridge.commands import Light, Relay, Sound, Text
from firmware_bridge.messages import (
    BadgePresented,
    BadgeUnusable,
    DeviceReady,
    DeviceTrouble,
    InputChanged,
)
from firmware_bridge.osdp.link import OsdpLink
from firmware_bridge.osdp.pairing import Pairing
from firmware_bridge.osdp.simulator import SimulatedOsdpReader
from tests.bridge.osdp_line import KEY, OTHER_KEY, READER, running
from tests.waiting import wait_until

pytest.importorskip("osdp_sys", reason="libosdp is an extra: pip install 'indivis[osdp]'")
pytestmark = pytest.mark.pty

BADGE, OTHER = "0D330B", "CE754C"


def test_a_badge_and_a_light_over_a_secure_channel() -> None:
    """The reader proves its key, its badge is presented once, and it shows what it is asked."""
    with SimulatedOsdpReader(KEY, address=READER) as reader, running(reader.path, OsdpLink(READER, KEY)) as at_work:
        ready = at_work.next(DeviceReady)
        reader.place(BADGE)
        badge = at_work.next(BadgePresented)

        asked = [
            at_work.reader.ask(command)
            for command in (Light("green", seconds=3), Sound("accept"), Text(("Accordé", "9,50")))
        ]
        wait_until(lambda: len(reader.shown) == 5)

    assert ready.identity
    assert (badge.number_hex, badge.proof) == (BADGE, "number")
    assert asked == [True] * 3
    assert reader.light == "green"
    assert [event["data"].strip() for event in reader.shown if "data" in event] == ["Accorde", "9,50"]


def test_a_case_that_is_opened_is_reported_and_digits_are_not() -> None:
    """Tamper and a failing supply are a contact of the reader; keypad digits are taken and dropped."""
    with SimulatedOsdpReader(KEY, address=READER) as reader, running(reader.path, OsdpLink(READER, KEY)) as at_work:
        at_work.ready()
        reader.press(b"1234")
        reader.tamper(active=True)
        opened = at_work.next(InputChanged)
        reader.tamper(active=False)
        closed = at_work.next(InputChanged)
        reader.tamper(active=False, power=True)
        failing = at_work.next(InputChanged)

    assert [(one.name, one.active) for one in (opened, closed, failing)] == [
        ("tamper", True),
        ("tamper", False),
        ("tamper", True),
    ]


def test_a_case_opened_while_the_line_was_down_is_reported_when_it_is_back() -> None:
    """The contact is asked for at the start of each channel."""
    with SimulatedOsdpReader(KEY, address=READER) as reader:
        reader.tamper(active=True)

        with running(reader.path, OsdpLink(READER, KEY)) as at_work:
            at_work.ready()
            opened = at_work.next(InputChanged)

    assert opened.active


def test_bits_that_do_not_check_are_a_card_that_nobody_can_use() -> None:
    """A lost bit is shown as unreadable, never as another number."""
    with SimulatedOsdpReader(KEY, address=READER) as reader, running(reader.path, OsdpLink(READER, KEY)) as at_work:
        at_work.ready()
        reader.present_bits(bytes.fromhex("06998580"), 26)
        wrong = at_work.next(BadgeUnusable)
        reader.present_bits(bytes.fromhex("86998580"), 25)
        short = at_work.next(BadgeUnusable)

        assert (wrong.reason, short.reason) == ("unreadable", "unreadable")
        assert {"parity", "bit_count"} <= at_work.reader.rejects.keys()


@pytest.mark.parametrize("theirs", [OTHER_KEY, None], ids=["another key", "no key, default one offered"])
def test_a_reader_without_our_key_stays_out(theirs: bytes | None) -> None:
    """Neither a reader with another key nor one that would take the key of the norm is spoken to."""
    with SimulatedOsdpReader(theirs, address=READER) as reader, running(reader.path, OsdpLink(READER, KEY)) as at_work:
        reader.place(BADGE)
        trouble = at_work.next(DeviceTrouble)
        asked = OsdpLink(READER, KEY).ask(Light("red"), 0)

        assert trouble.code == "wrong_key"
        assert not asked
        assert at_work.messages.empty()


def test_a_reader_that_offers_clear_text_stays_out() -> None:
    """Its badges are not believed, and it is not asked for them."""
    with SimulatedOsdpReader(KEY, address=READER) as reader:
        reader.fault = "plain_only"
        with running(reader.path, OsdpLink(READER, KEY)) as at_work:
            trouble = at_work.next(DeviceTrouble)

            assert trouble.code == "plain_only"
            assert at_work.messages.empty()


def test_a_badge_that_waited_in_the_reader_is_not_believed() -> None:
    """A reader tells late what it read while nobody asked: who was there may have left long ago."""
    with SimulatedOsdpReader(KEY, address=READER) as reader:
        reader.place(OTHER)
        with running(reader.path, OsdpLink(READER, KEY)) as at_work:
            at_work.ready()
            reader.place(BADGE)

            assert at_work.next(BadgePresented).number_hex == BADGE
            assert at_work.reader.rejects == {"stale": 1}


def test_a_reader_that_falls_silent_is_in_trouble_and_comes_back_by_itself() -> None:
    """A short break mends itself, is told once, and the next badge is read."""
    with SimulatedOsdpReader(KEY, address=READER) as reader, running(reader.path, OsdpLink(READER, KEY)) as at_work:
        at_work.ready()
        reader.fault = "silent"
        trouble = at_work.next(DeviceTrouble)
        reader.fault = "none"
        at_work.next(DeviceReady)
        reader.shown.clear()

        wait_until(lambda: at_work.reader.ask(Light("blue")) and reader.light == "blue")
        reader.place(BADGE)

        assert trouble.code == "silent"
        assert at_work.next(BadgePresented).number_hex == BADGE


def test_a_line_that_damages_everything_is_told_as_such() -> None:
    """A wire fault is not a reader that is switched off."""
    with SimulatedOsdpReader(KEY, address=READER) as reader:
        reader.fault = "damaged"
        with running(reader.path, OsdpLink(READER, KEY)) as at_work:
            assert at_work.next(DeviceTrouble).code == "damaged"


def test_an_exchanged_reader_must_prove_the_key_too() -> None:
    """Another reader on the same wire, in the middle of a channel, is found out; the right one is taken back."""
    with SimulatedOsdpReader(KEY, address=READER) as reader, running(reader.path, OsdpLink(READER, KEY)) as at_work:
        at_work.ready()
        reader.hold_key(OTHER_KEY)
        trouble = at_work.next(DeviceTrouble)
        reader.hold_key(KEY)
        at_work.next(DeviceReady)

    assert trouble.code == "wrong_key"


def test_a_reader_unplugged_and_plugged_in_again_is_secure_again() -> None:
    """The port goes away in the middle of a channel; who answers then says again who it is."""
    with SimulatedOsdpReader(KEY, address=READER) as reader, running(reader.path, OsdpLink(READER, KEY)) as at_work:
        at_work.ready()
        reader.terminal.unplug()
        reader.terminal.replug()
        reader.shown.clear()

        wait_until(lambda: reader.shown)
        at_work.ready()
        reader.place(BADGE)

        assert at_work.next(BadgePresented).number_hex == BADGE


def test_a_reader_on_the_bench_is_given_its_key_once() -> None:
    """Pairing ends by itself; then the reader is spoken to with its own key, and no longer under the norm's."""
    with SimulatedOsdpReader(None, address=READER) as reader:
        with running(reader.path, pairing := Pairing(READER, KEY)) as at_work:
            at_work.next(DeviceReady)
        with running(reader.path, OsdpLink(READER, KEY)) as at_work:
            at_work.next(DeviceReady)
        with running(reader.path, Pairing(READER, OTHER_KEY)) as at_work:
            refused = at_work.next(DeviceTrouble)

    assert pairing.over
    assert refused.code == "wrong_key"


def test_what_a_plain_reader_cannot_do_is_refused() -> None:
    """An OSDP reader's outputs are no relay with a lease; nothing is asked of a reader that is not secure."""
    link = OsdpLink(READER, KEY)

    assert not link.ask(Relay(on=True, lease_ms=1000), 0)
    assert not link.ask(Text(("bonjour",)), 0)
