"""What the devices at a machine tell: its switch, contacts, meter, button and badge reader. Part of `events`, which
names them all.

House rule: a device speaks for its channel; which machine is wired there is the workshop's to know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.domain.ids import MachineId
    from controller.domain.metering import Sample
    from controller.domain.workshop import ContactName, ReaderWord


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonPressed:
    """The button at a channel that asks for more time was pressed, by whoever it was."""

    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DangerReported:
    """The danger button at a channel was pressed, by whoever it was."""

    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayRead:
    """A relay was read back: on, off, or unknown. `wanted_on` is what it had been told."""

    machine: MachineId
    wanted_on: bool
    read_on: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAwaited:
    """A relay was told, and its answer comes later, as a `RelayRead`, or not at all."""

    machine: MachineId
    wanted_on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchSeen:
    """The switch of a channel can be reached from now on, or no more. Out of reach, or when it let go by itself, it has
    opened: it holds only as long as it is told so.
    """

    channel: str
    reached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChanged:
    """A contact at a channel changed; `active` is pressed, open or tampered with. `source` is the device it is on."""

    channel: str
    source: str
    contact: ContactName
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderSeen:
    """A badge reader at a channel is as `word` says from now on. It changes no use: a badge is heard or it is not."""

    channel: str
    reader: str
    word: ReaderWord


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterRead:
    """The meter of a channel has a new sample."""

    channel: str
    sample: Sample
