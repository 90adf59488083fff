"""Every message between host and board: names, fields, ranges, directions; both sides are held to it.

A line is one JSON object `{"n":NUMBER,"t":NAME,…}`, `*`, four hex digits of CRC-16/CCITT-FALSE over the bytes before
the `*`, and a line feed. House rules: plain dictionaries and tuples that CPython and MicroPython read alike; the order
of the fields is their order on the line; any change but a comment raises `CATALOGUE`. The two `hello` never lose or
change a field, so that a host and a board of different ages can tell each other so.
"""

CATALOGUE = 3
SPOKEN = (1, 2, 3)
"""What a host of this version can talk with: 1 has one button, fewer lights and sounds, 2 has four rhythms and no light
that a verdict's returns to. A board talks with its own
only, so a host is brought up to date before its boards.
"""

LINE_MAX = 256
"""Bytes of a line with its checksum and end: twice the longest there is; a longer one is thrown away."""
NUMBER_MAX = 1073741823
"""What a Pico holds without allocating; at ten lines a second it lasts three years. Beyond it a new session begins."""
TEXT_MAX = 16
"""Characters of one line of the display; a longer text is cut by the host."""
LARGE_MAX = 4
"""Signs of a word in big: each is three places of the display wide, with one between; a longer word is cut."""
LEASE_MAX_MS = 2000
"""Longest the relay stays closed without another word from the host. A longer lease is refused: it would be a longer
time with nobody in charge; four renewals fit into this one."""

BOOL = ("bool",)
COUNT = ("int", 0, NUMBER_MAX)
NUMBER = ("int", 1, NUMBER_MAX)
LINE = ("text", TEXT_MAX)
COLOURS = ("off", "red", "amber", "green", "blue", "white")
RHYTHMS = (
    "steady",
    "slow",
    "fast",
    "flashes",
    "pairs",
    "breath",
    "once",
    "twice",
    "thrice",
    "four",
    "long",
    "long_long",
    "long_short",
    "long_two",
    "short_long",
    "gap",
    "gaps",
    "three_gaps",
)
PATTERNS = ("read", "accept", "refuse", "warn", "end", "alarm")
BUTTONS = ("main", "danger")
"""`main` asks for more time, `danger` reports that the machine is dangerous."""
UNUSABLE = ("random_number", "unreadable")
DROPPED = ("boot", "held", "host", "lease", "e_stop", "session")
"""Why the relay is as it is: `held` closed under a lease; opened since boot, by the host, by a lease that ran out, by
the emergency stop, or because another host took over."""
REFUSED = ("session", "unknown", "range", "e_stop", "dropped")
"""Why a command was not done: no session, no such command, out of range, emergency stop, or a renewal of a closing that
the board has ended."""

TO_BOARD = {
    "hello": (("catalogue", NUMBER), ("session", NUMBER)),
    "light": (("colour", ("word", COLOURS)), ("rhythm", ("word", RHYTHMS)), ("seconds", ("int", 1, 3600))),
    "standing": (("colour", ("word", COLOURS)), ("rhythm", ("word", RHYTHMS))),
    "sound": (("pattern", ("word", PATTERNS)),),
    "text": (("first", LINE), ("second", LINE), ("large", ("text", LARGE_MAX))),
    "relay": (("on", BOOL), ("lease_ms", ("int", 0, LEASE_MAX_MS)), ("use", COUNT)),
    "ping": (),
    "ack": (("of", NUMBER),),
}
"""`use` numbers the closings: a renewal names the closing it prolongs, and cannot close again what the board opened. A
`light` is over the `standing` one for its seconds. `large`: a word in signs two rows high that comes before the lines,
or "".
"""

TO_HOST = {
    "hello": (
        ("catalogue", NUMBER),
        ("session", COUNT),
        ("board", LINE),
        ("firmware", LINE),
        ("boot", NUMBER),
    ),
    "state": (
        ("relay", BOOL),
        ("lease_ms", ("int", 0, LEASE_MAX_MS)),
        ("why", ("word", DROPPED)),
        ("e_stop", BOOL),
        ("guard", BOOL),
        ("tap", COUNT),
        ("missed", COUNT),
    ),
    "badge": (("number", ("hex", (8, 10, 14, 20))), ("tap", NUMBER), ("stays", BOOL)),
    "badge_gone": (("tap", NUMBER),),
    "unusable": (("reason", ("word", UNUSABLE)),),
    "button": (("name", ("word", BUTTONS)),),
    "current": (("milliamperes", ("int", 0, 200000)),),
    "ack": (("of", NUMBER),),
    "nak": (("of", NUMBER), ("why", ("word", REFUSED))),
}
"""`state` is the heartbeat, each second and at each change: `relay` is the contact as read, `lease_ms` what is left of
its lease (0: the board holds it open), `tap` the number of the presentation of the badge that lies there (0: none),
`missed` the lines that came damaged or not at all. `stays`: whether this reader sees that a badge leaves."""

COMMANDS = ("light", "standing", "sound", "text", "relay")
"""What the board acknowledges by number, and the host says again until it does."""
EVENTS = ("badge", "badge_gone", "unusable", "button")
"""What the host acknowledges by number, and the board says again until it does."""

_HEX = "0123456789ABCDEF"


def fault_of(message: object, direction: dict) -> str:
    """Return what is wrong with a decoded line ("" when nothing is), by the catalogue of its direction.

    A `hello` may hold more fields than are known here; nothing else may.
    """
    if not isinstance(message, dict):
        return "shape"
    name = message.get("t")
    if not isinstance(name, str) or not _fits(message.get("n"), NUMBER):
        return "shape"
    if name not in direction:
        return "unknown"
    fields = direction[name]
    if len(message) < len(fields) + 2 or (len(message) > len(fields) + 2 and name != "hello"):
        return "shape"
    for field, limits in fields:
        if field not in message:
            return "shape"
        if not _fits(message[field], limits):
            return "range"
    return ""


def _fits(value: object, limits: tuple) -> bool:
    """Whether a value is of the kind and within the range; a boolean is no number, on either Python."""
    kind = limits[0]
    if kind == "bool":
        return value is True or value is False
    if kind == "int":
        if value is True or value is False or not isinstance(value, int):
            return False
        return limits[1] <= value <= limits[2]
    if not isinstance(value, str):
        return False
    if kind == "word":
        return value in limits[1]
    if kind == "hex":
        return len(value) in limits[1] and all(digit in _HEX for digit in value)
    return len(value) <= limits[1] and all(sign >= " " for sign in value)
