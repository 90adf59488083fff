"""What the board's program asks of its hardware, and nothing more.

House rules: a level is `True` when it means something (pressed, open, closed), whatever the volts; nothing blocks but
`wait`; what is not fitted reads as the safe value. `hal` is the Pico, `simulated` a stand-in on any computer.
"""


class Hardware:
    """A board's pins and lines; each method of a real one replaces the one here."""

    identity = "board"
    """At most 16 ASCII signs, the same at each start and on no other board."""
    boot = 1
    """A number drawn at each start, 1 to 1073741823."""

    def now_ms(self) -> int:
        """Milliseconds since the start; only grows."""
        raise NotImplementedError

    def wait(self) -> None:
        """Rest until bytes come from the host, at most one turn."""
        raise NotImplementedError

    def alive(self) -> None:
        """Feed the watchdog: a whole turn was done."""
        raise NotImplementedError

    def relay(self, on: bool) -> None:
        """Drive the relay; called in every turn with what it must be."""
        raise NotImplementedError

    def relay_reads(self) -> bool:
        """Whether the relay is closed, by its contact where one is wired, else by the driven pin."""
        raise NotImplementedError

    def e_stop(self) -> bool:
        """Whether the emergency stop is pressed, or was since the last call, or its wire is broken."""
        raise NotImplementedError

    def guard(self) -> bool:
        """Whether the guard is open, or its wire is broken."""
        raise NotImplementedError

    def button(self) -> bool:
        """Whether the button is down."""
        raise NotImplementedError

    def danger(self) -> bool:
        """Whether the danger button is down."""
        raise NotImplementedError

    def current(self) -> int:
        """One reading of the current transformer, 0 to 65535."""
        raise NotImplementedError

    def host_read(self) -> bytes:
        """The bytes that came from the host, at most 256."""
        raise NotImplementedError

    def host_write(self, data: bytes) -> int:
        """Write what the line takes at once; return how many bytes that was."""
        raise NotImplementedError

    def reader_read(self) -> bytes:
        """The bytes that came from the badge reader, at most 256."""
        raise NotImplementedError

    def reader_write(self, data: bytes) -> None:
        """Write to the badge reader."""
        raise NotImplementedError

    def light(self, parts: "tuple[int, int, int]") -> None:
        """Show parts of red, green and blue, 0 to 255 each; called when they change."""
        raise NotImplementedError

    def tone(self, hertz: int) -> None:
        """Sound a tone; 0: silence. Called when it changes."""
        raise NotImplementedError

    def display(self, data: bytes) -> bool:
        """Write to the display's expander; return whether it answered."""
        raise NotImplementedError
