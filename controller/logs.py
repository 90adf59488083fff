"""Structured logs: one event per line, JSON for machines, colour on a terminal.

House rules: an event is a fixed short sentence, what varies is a key; no key may hold a badge's number, a
name or a secret. A line that tries is written without them and says which keys were refused.
"""

import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, Literal, TextIO, cast

import structlog

REFUSED_KEYS = frozenset({"badge", "uid", "token", "name", "password", "secret", "key"})

Level = Literal["debug", "info", "warning", "error"]
_LEVELS: dict[Level, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_NOTHING = 50
Line = MutableMapping[str, Any]


def refuse_personal_keys(_logger: object, _method: str, line: Line) -> Line:
    """Takes out every key named in REFUSED_KEYS, alone or as a last word (`api_key`), and says so.

    Ids (`member_id`, `badge_id`) are random numbers and may stay.
    """
    refused = sorted(key for key in line if key.rpartition("_")[2].lower() in REFUSED_KEYS)
    for key in refused:
        del line[key]
    if refused:
        line["refused_keys"] = refused
    return line


class _LastingStream:
    """Takes lines for a stream that may be closed or gone: then the line is lost, never the thread that wrote it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(ValueError, OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(ValueError, OSError):
            self._stream.flush()


def configure(level: Level = "info", stream: TextIO | None = None) -> None:
    """Sends this process's logs to `stream` (standard output): colour on a terminal, JSON lines elsewhere."""
    out = stream or sys.stdout
    on_terminal = out.isatty()
    look: list[structlog.typing.Processor] = (
        # Plain traces: rich ones show local variables, and with them names.
        [structlog.dev.ConsoleRenderer(colors=True, exception_formatter=structlog.dev.plain_traceback)]
        if on_terminal
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            refuse_personal_keys,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *look,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", _LastingStream(out))),
        cache_logger_on_first_use=False,
    )


def get(part: str) -> structlog.typing.FilteringBoundLogger:
    """The logger of one part of the program (`engine`, `journal`, `reader`); each of its lines names it."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(part=part)
    return logger


def nowhere() -> structlog.typing.FilteringBoundLogger:
    """A logger whose lines go nowhere, for parts that are simulated by the thousand."""
    silent = structlog.make_filtering_bound_logger(_NOTHING)
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(None, processors=[], wrapper_class=silent)
    return logger
