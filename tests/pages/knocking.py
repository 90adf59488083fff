"""Knocks at doors without a client between: hundreds of them in a second or two."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode

from controller.office.accounts import csrf_of
from controller.office.web.auth import COOKIE, CSRF_HEADER
from tests.office.answering import answering

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Message, Scope

    from tests.pages.house import House


class Knocker:
    """Somebody of the house, or a stranger, who sends the form's or the program's token along."""

    def __init__(self, house: House, who: str | None) -> None:
        """Sign in once."""
        self._app = answering(house.office)
        self._cookie = None if who is None else house.browser(who).cookies[COOKIE]
        self.sent_to = ""
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.close()

    def knock(self, method: str, address: str, body: Mapping[str, object] | None = None) -> int:
        """Return the status of the answer; `sent_to` is where it sends on to."""
        path, _, query = address.partition("?")
        csrf = "" if self._cookie is None else csrf_of(self._cookie)
        api = path.startswith("/api/")
        sent = json.dumps(body or {}) if api else urlencode({"csrf": csrf, **(body or {})})
        kind = "application/json" if api else "application/x-www-form-urlencoded"
        headers = {"host": "office.test", "accept": "text/html", "content-type": kind, CSRF_HEADER.lower(): csrf}
        if self._cookie is not None:
            headers["cookie"] = f"{COOKIE}={self._cookie}"
        scope: Scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("192.0.2.1", 50_000),
            "server": ("office.test", 80),
        }
        asked = self._asked(scope, b"" if method in {"GET", "DELETE"} else sent.encode())
        return self._runner.run(asked)

    async def _asked(self, scope: Scope, body: bytes) -> int:
        status = 0
        given = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            return given.pop() if given else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self.sent_to = dict(message["headers"]).get(b"location", b"").decode()

        with suppress(Exception):  # what went wrong is answered with 500 first, and then handed to the server
            await self._app(scope, receive, send)
        return status
