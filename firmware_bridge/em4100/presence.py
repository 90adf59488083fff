"""Which frames of an EM4100 reader make a badge presented, and when it is gone. Pure.

House rules: time is an argument in milliseconds and a result (`next_deadline`), never a call; nothing here
knows of ports or threads. Two kinds of reader, two profiles:

- `rdm6300` repeats a frame about every 65 ms while the badge is near, and invents numbers with a right
  checksum (github.com/esprfid/esp-rfid/issues/411). Two equal frames within 300 ms are a read; 300 ms without
  one (four missed) end the presentation. Another number meanwhile presents nothing: two badges at once do not
  take turns.
- `id12` sends one frame per presentation and says nothing when the badge leaves: a frame is a read, the same
  number again within 300 ms is the same read, and a removal is never reported.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from firmware_bridge.em4100.frames import Model
from firmware_bridge.frames import Frame
from firmware_bridge.messages import BadgePresented, BadgeRemoved

SILENCE_MS = 300
CANDIDATES_MAX = 8
"""Numbers heard once that wait for a second frame: noise pushes the oldest out, and a badge sends again."""


Presentation = BadgePresented | BadgeRemoved


@dataclass(frozen=True, slots=True)
class Profile:
    """How a model speaks: equal frames that make a read; whether it repeats them while the badge stays."""

    frames_per_read: int
    repeats: bool


PROFILES: dict[Model, Profile] = {
    "id12": Profile(frames_per_read=1, repeats=False),
    "rdm6300": Profile(frames_per_read=2, repeats=True),
}


class Presence:
    """What lies at one reader."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._present: str | None = None
        self._heard_ms = 0
        self._candidates: dict[str, int] = {}
        self._interrupted = False

    def receive(self, frames: Iterable[Frame], now_ms: int) -> list[Presentation]:
        """Take the frames that came at `now_ms` (none: only time has passed); return what happened."""
        messages: list[Presentation] = []
        self._expire(now_ms, messages)
        messages.extend(
            BadgePresented(number_hex=frame.number_hex, at_ms=now_ms)
            for frame in frames
            if self._is_read(frame.number_hex, now_ms)
        )
        return messages

    def next_deadline(self) -> int | None:
        """When `receive` must be called even if nothing comes, in ms; None: not before the next frame."""
        if self._present is None or self._interrupted or not self._profile.repeats:
            return None
        return self._heard_ms + SILENCE_MS

    def interrupted(self) -> None:
        """Say that the line is lost: the silence of a cut cable says nothing about the badge."""
        self._interrupted = True
        self._candidates.clear()

    def restored(self, now_ms: int) -> None:
        """Say that the line is back: a badge that still lies there is no second tap."""
        self._interrupted = False
        self._heard_ms = now_ms

    def _expire(self, now_ms: int, messages: list[Presentation]) -> None:
        if self._present is None or self._interrupted or now_ms - self._heard_ms < SILENCE_MS:
            return
        if self._profile.repeats:
            messages.append(BadgeRemoved(number_hex=self._present, at_ms=self._heard_ms + SILENCE_MS))
        self._present = None

    def _is_read(self, number_hex: str, now_ms: int) -> bool:
        if number_hex == self._present:
            self._heard_ms = now_ms
            return False
        if self._profile.frames_per_read > 1 and not self._is_second(number_hex, now_ms):
            return False
        if self._present is not None and self._profile.repeats:
            return False
        self._candidates.clear()
        self._present = number_hex
        self._heard_ms = now_ms
        return True

    def _is_second(self, number_hex: str, now_ms: int) -> bool:
        """Whether an equal frame came within the window; remember this one for the next."""
        before_ms = self._candidates.pop(number_hex, None)
        self._candidates[number_hex] = now_ms
        if len(self._candidates) > CANDIDATES_MAX:
            del self._candidates[next(iter(self._candidates))]
        return before_ms is not None and now_ms - before_ms <= SILENCE_MS
