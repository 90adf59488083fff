"""Lines of a chip: the recorded stand-in and libgpiod keep the same promises.

No GPIO chip is at hand where these run, so libgpiod's own settings objects meet a kernel written here; a bench with
a real or simulated chip names it in INDIVIS_TEST_GPIOCHIP (a label) and its free line in INDIVIS_TEST_GPIOLINE.
"""

import errno
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import gpiod
import pytest
from gpiod.line import Direction, Value

from controller.floor.adapters.gpiod_lines import GpiodLines
from controller.floor.adapters.lines import ChipMissingError, LineBusyError, LineError, Lines, RecordedLines

LINE = 17
CHIP = os.environ.get("INDIVIS_TEST_GPIOCHIP", "")


@dataclass
class Info:
    """What the kernel says of a chip or a line."""

    label: str = ""
    consumer: str = ""


@dataclass
class Kernel:
    """One chip as the kernel keeps it: who holds which line, its direction and level, and what it was asked."""

    label: str = "pinctrl-rp1"
    holders: dict[int, str] = field(default_factory=dict)
    levels: dict[int, Value] = field(default_factory=dict)
    asked: list[tuple[int, Direction, Value]] = field(default_factory=list)
    opened: bool = True

    def get_info(self) -> Info:
        return Info(label=self.label)

    def get_line_info(self, line: int | str) -> Info:
        return Info(consumer=self.holders.get(int(line), ""))

    def close(self) -> None:
        self.opened = False

    def request_lines(
        self,
        config: dict[Iterable[int | str] | int | str, gpiod.LineSettings | None],
        consumer: str | None = None,
    ) -> "Request":
        ((line, settings),) = config.items()
        assert isinstance(line, int)
        assert settings is not None
        if line in self.holders:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        if line > 53:
            raise ValueError("line offset of out range")
        self.holders[line] = str(consumer)
        self.asked.append((line, settings.direction, settings.output_value))
        if settings.direction is Direction.OUTPUT:
            self.levels[line] = settings.output_value
        return Request(self, line)


@dataclass
class Request:
    """A line in our hands."""

    kernel: Kernel
    line: int

    def get_value(self, line: int | str) -> Value:
        return self.kernel.levels.get(self.line, Value.INACTIVE)

    def set_value(self, line: int | str, value: Value) -> None:
        self.kernel.levels[self.line] = value

    def release(self) -> None:
        del self.kernel.holders[self.line]


def over_kernel(kernel: Kernel) -> GpiodLines:
    """The libgpiod side of our code, over a kernel that is written above."""
    return GpiodLines(open_chip=lambda _path: kernel, paths=("/dev/gpiochip0",))


KINDS: dict[str, Callable[[], Lines]] = {
    "recorded": RecordedLines,
    "gpiod": lambda: over_kernel(Kernel()),
}


@pytest.fixture(params=[*KINDS, *(["chip"] if CHIP else [])])
def lines(request: pytest.FixtureRequest) -> Lines:
    """Each kind of lines in turn."""
    return GpiodLines((CHIP,)) if request.param == "chip" else KINDS[request.param]()


@pytest.fixture
def line() -> int:
    """A line that nobody else uses."""
    return int(os.environ.get("INDIVIS_TEST_GPIOLINE", str(LINE)))


@pytest.mark.parametrize("level", [False, True])
def test_a_claimed_output_shows_its_level(lines: Lines, line: int, *, level: bool) -> None:
    """Direction and level are one claim."""
    lines.claim_output(line, level=level)

    assert lines.get(line) is level


def test_a_driven_output_follows(lines: Lines, line: int) -> None:
    """A set level is the level read."""
    lines.claim_output(line, level=False)

    lines.set(line, level=True)

    assert lines.get(line)


def test_a_line_in_use_is_refused_and_its_holder_named(lines: Lines, line: int) -> None:
    """Two holders of one relay would be a machine with two masters."""
    lines.claim_output(line, level=False)

    with pytest.raises(LineBusyError, match=rf"GPIO{line} .*indivis"):
        lines.claim_output(line, level=True)

    assert lines.get(line) is False


def test_a_released_line_can_be_claimed_again(lines: Lines, line: int) -> None:
    """Giving back is complete, and doing it twice does nothing."""
    lines.claim_output(line, level=True)

    lines.release(line)
    lines.release(line)
    lines.claim_output(line, level=False)

    assert lines.get(line) is False


def test_a_line_that_is_not_ours_cannot_be_driven(lines: Lines, line: int) -> None:
    """A write without a claim is an error, never silence."""
    with pytest.raises(LineError, match=f"GPIO{line}"):
        lines.set(line, level=True)


def test_libgpiod_is_asked_for_direction_and_level_at_once() -> None:
    """One request with the final level: an active-low relay is not closed for an instant."""
    kernel = Kernel()

    over_kernel(kernel).claim_output(LINE, level=True)

    assert kernel.asked == [(LINE, Direction.OUTPUT, Value.ACTIVE)]


def test_peeking_changes_no_direction() -> None:
    """Looking at a machine left on must not switch it off, nor on."""
    kernel = Kernel(levels={LINE: Value.ACTIVE})

    level = over_kernel(kernel).peek(LINE)

    assert level is True
    assert kernel.asked == [(LINE, Direction.AS_IS, Value.INACTIVE)]
    assert kernel.holders == {}


def test_the_chip_is_found_by_its_label_whatever_its_number() -> None:
    """The header's chip was gpiochip4 on one kernel and gpiochip0 on the next."""
    chips = {"/dev/gpiochip0": Kernel("gpio-brcmstb"), "/dev/gpiochip4": Kernel("pinctrl-rp1")}

    lines = GpiodLines(open_chip=chips.__getitem__, paths=tuple(chips))

    assert lines.chip_label == "pinctrl-rp1"
    assert [chip.opened for chip in chips.values()] == [False, True]


def test_a_missing_chip_is_said_with_what_was_seen() -> None:
    """A computer without a header is told to use mock pins."""
    with pytest.raises(ChipMissingError, match=r'pinctrl-rp1.*gpio-mockup.*factory = "mock"'):
        GpiodLines(open_chip=lambda _path: Kernel("gpio-mockup"), paths=("/dev/gpiochip0",))


def test_a_chip_closed_to_us_names_the_group() -> None:
    """Permission denied is cured by a group, and the sentence says which."""

    def refused(path: str) -> Kernel:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    with pytest.raises(LineError, match=r"/dev/gpiochip0.*gpio"):
        GpiodLines(open_chip=refused, paths=("/dev/gpiochip0",))


def test_a_line_the_chip_does_not_have_is_refused() -> None:
    """A wrong number is a sentence, not a traceback."""
    with pytest.raises(LineError, match="99"):
        over_kernel(Kernel()).claim_output(99, level=False)


def test_the_library_is_libgpiod_two() -> None:
    """Version 1, which distributions still carry, has another interface under the same name."""
    assert gpiod.api_version.split(".")[0] == "2"
