"""Everything at the machines that is neither a relay's pin nor a badge: switches far away, contacts, meters, buttons.

They are started and stopped together.

House rule: made before the relays are claimed, started after the engine; nothing here is on the path of a tap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.floor.adapters.clock import boot_ms
from controller.floor.adapters.gpio_buttons import ButtonWiring, GpioButtons
from controller.floor.adapters.gpio_lamps import GpioLamps, LampWiring
from controller.floor.adapters.speaker import Speaker
from controller.floor.device_words import DeviceWords
from controller.floor.far_switches import FarSwitches
from controller.floor.line_threads import LineThreads
from controller.floor.meters import Meters
from controller.floor.plugs import Plugs
from controller.floor.pzem_meters import pzem_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from controller.domain.display import Language
    from controller.domain.events import Event
    from controller.exchange.dialogue import Broker
    from controller.floor.adapters.gpio import PinFactory
    from controller.floor.leased_switch import LeasedSwitch
    from controller.settings import Channel, Settings
    from firmware_bridge.commands import Command


class Devices:
    """`switches` are those that are not on pins, by channel; `words` takes what readers say besides badges."""

    def __init__(
        self,
        settings: Settings,
        plugs_at: Broker,
        *,
        tell: Callable[[Event], object],
        machine_on: Callable[[str], str | None],
        pins: Callable[[], PinFactory],
    ) -> None:
        self._far = FarSwitches(settings.channel, tell=tell, machine_on=machine_on)
        meters = Meters(tell)
        counted = frozenset((*(plug.channel for plug in settings.plug), *(meter.channel for meter in settings.meter)))
        self.switches: dict[str, LeasedSwitch] = self._far.by_channel
        self.words = DeviceWords(tell, self._far.boards, meters, counted, self._show)
        self._plugs = Plugs(
            settings.plug, plugs_at, controller=settings.controller.id, lines=self._far.plugs, meters=meters
        )
        self._pzems = pzem_threads(settings.meter, meters)
        self._buttons = LineThreads("button", _buttons(settings.channel, pins, self.words.pressed))
        self._lamps = _lamps(settings.channel, pins)
        self._lamp_threads = LineThreads("lamp", self._lamps)
        self._speakers = {program: Speaker(program) for program in {each.speaker for each in settings.channel} - {""}}
        self._speaker_at = {each.name: self._speakers[each.speaker] for each in settings.channel if each.speaker}
        self._speaker_threads = LineThreads("speaker", [*self._speakers.values()])

    def engine_turned(self) -> None:
        """Note that the engine lives, so that what it wants closed is renewed."""
        self._far.keeper.engine_turned()

    def start(self) -> None:
        """Begin to renew, to listen and to ask."""
        self._far.keeper.start()
        self._plugs.start()
        self._pzems.start()
        self._buttons.start()
        self._lamp_threads.start()
        self._speaker_threads.start()

    def stop(self) -> None:
        """Say what waits, then end; whatever is still closed opens by itself."""
        self._far.keeper.stop()
        self._plugs.stop()
        self._pzems.stop()
        self._buttons.stop()
        self._lamp_threads.stop()
        self._speaker_threads.stop()

    @property
    def alive(self) -> bool:
        """Whether every thread that is needed is there."""
        return self._far.keeper.alive and self._plugs.alive and self._pzems.alive and self._buttons.alive

    def say(self, channel: str, language: Language, text: str) -> None:
        """Have a sentence said at a channel that has a loudspeaker; never waits."""
        if (speaker := self._speaker_at.get(channel)) is not None:
            speaker.say(language, text)

    def _show(self, channel: str, commands: tuple[Command, ...]) -> None:
        for lamps in self._lamps:
            lamps.show(channel, commands)


def _buttons(
    channels: Iterable[Channel], pins: Callable[[], PinFactory], pressed: Callable[[str, str], None]
) -> list[GpioButtons]:
    """Claim the pins of the buttons, where there are any; raise `LineError` when one cannot be had."""
    wirings = [
        ButtonWiring(channel=channel.name, button=button, pin=pin)
        for channel in channels
        for button, pin in (("extend", channel.extend_pin), ("danger", channel.danger_pin))
        if pin is not None
    ]
    return [GpioButtons(wirings, factory=pins(), boot_ms=boot_ms, pressed=pressed)] if wirings else []


def _lamps(channels: Iterable[Channel], pins: Callable[[], PinFactory]) -> list[GpioLamps]:
    """Claim the pins of lamps and buzzers, where there are any; raise `LineError` when one cannot be had."""
    wirings = []
    for channel in channels:
        parts = {"red": channel.red_pin, "green": channel.green_pin, "blue": channel.blue_pin}
        wired = {part: pin for part, pin in (parts | {"buzzer": channel.buzzer_pin}).items() if pin is not None}
        if wired:
            wirings.append(LampWiring(channel=channel.name, pins=wired, active_high=channel.lamp_active_high))
    return [GpioLamps(wirings, factory=pins(), boot_ms=boot_ms)] if wirings else []
