"""The whole program at a machine with a lamp, a buzzer and a voice: what stands, what is said, what is kept quiet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from controller import settings
from controller.domain.directory import MemberEntry
from controller.domain.wishes import Wishes
from controller.floor.adapters.clock import HandClock
from controller.floor.adapters.gpio import GpioRelays, RelayWiring
from controller.floor.adapters.gpiod_pins import MockRelayFactory
from controller.floor.adapters.pin_map import PinMapWriter
from controller.floor.daemon import Floor, Outside
from controller.floor.replica import Replica
from firmware_bridge.em4100.simulator import SimulatedReader
from firmware_bridge.simulator import Presenter
from tests.floor import directory_kit
from tests.floor.running_floor import running
from tests.floor.test_daemon import BADGE, DEADLINE_S, NOWHERE, PIN, Place
from tests.floor.test_speaker import program
from tests.waiting import wait_until

RED, GREEN, BLUE, BUZZER = 16, 20, 21, 26


@pytest.mark.pty
def test_a_quiet_place_shows_a_free_machine_blue_and_a_use_green_and_speaks_to_who_wishes_it(tmp_path: Path) -> None:
    """From the settings and the directory to pins and the program that speaks; the buzzer never sounds."""
    place, pins, lamp = Place(tmp_path), MockRelayFactory(), MockRelayFactory()
    speaker, heard = program(tmp_path)
    text = place.settings.read_text().replace('books = "workshop"', 'books = "workshop"\nquiet = "always"')
    wired = f'red_pin = {RED}\ngreen_pin = {GREEN}\nblue_pin = {BLUE}\nbuzzer_pin = {BUZZER}\nspeaker = "{speaker}"\n'
    place.settings.write_text(text.replace(f"pin = {PIN}\n", f"pin = {PIN}\n{wired}", 1))
    copy = Replica(place.state / "replica.db")
    member = directory_kit.maker(1)[0]
    assert isinstance(member, MemberEntry)
    directory_kit.fill(copy, replace(member, wishes=Wishes(spoken=True)))
    copy.close()

    def relays_for(held: frozenset[str], boot_id: str) -> GpioRelays:
        wiring = RelayWiring(machine_id="laser", pin=PIN, on_process_exit="off", hold_max_gap_ms=0)
        pin_map = PinMapWriter(place.state / "pins.json")
        return GpioRelays([wiring], factory=pins, pin_map=pin_map, boot_id=boot_id, may_go_on=held)

    clock = HandClock()
    outside = Outside(
        clock=lambda _last: clock, relays_for=relays_for, exchange=NOWHERE, public=NOWHERE, plugs=NOWHERE,
        pins=lambda: lamp,
    )  # fmt: skip
    floor = Floor(settings.load(place.settings), outside)

    def lit() -> set[int]:
        return {pin for pin in (RED, GREEN, BLUE) if lamp.pin(pin).state}

    with SimulatedReader("rdm6300", tmp_path / "reader") as reader, running(floor):
        hand = Presenter(reader)
        wait_until(lambda: lit() == {BLUE}, DEADLINE_S, "the light of a free machine")

        def is_said() -> bool:
            if not pins.pin(PIN).state:
                hand.present(BADGE, 300)
                hand.finish()
            return heard.exists()

        wait_until(is_said, DEADLINE_S, "the words of the start")
        wait_until(lambda: lit() == {GREEN}, DEADLINE_S, "the light of a use")
        hand.close()
        sounded = any(change.state for change in lamp.pin(BUZZER).states)

    assert heard.read_text().startswith("-v|fr|--stdin|La machine est en marche")
    assert not sounded
