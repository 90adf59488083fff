"""What open pages are told: everything in order, or to load anew; never a wait for whoever tells."""

import asyncio
import threading

import pytest

from controller.errors import OperatingError
from controller.office.live import RESYNC, SUBSCRIBERS_MAX, WAITING_MAX, Live


def test_events_from_another_thread_arrive_in_order() -> None:
    """A page hears what the exchange's thread tells."""

    async def listen() -> list[object]:
        live = Live()
        with live.subscribed() as page:
            teller = threading.Thread(target=tell, args=(live,))
            teller.start()
            heard: list[object] = [(await page.next()).data["n"] for _ in range(5)]
            teller.join()
        return heard

    assert asyncio.run(listen()) == [0, 1, 2, 3, 4]


def tell(live: Live) -> None:
    """Tell five numbers."""
    for number in range(5):
        live.publish("number", {"n": number})


def test_a_page_that_does_not_keep_up_is_told_to_load_anew() -> None:
    """What waits for a page is bounded: beyond it, one resync stands for all that was lost."""

    async def sleep_through() -> list[str]:
        live = Live()
        with live.subscribed() as page:
            for number in range(WAITING_MAX + 1):
                live.publish("number", {"n": number})
            await asyncio.sleep(0)
            live.publish("after")
            return [(await page.next()).kind for _ in range(2)]

    assert asyncio.run(sleep_through()) == [RESYNC, "after"]


def test_a_page_that_is_gone_costs_nothing() -> None:
    """Telling works with nobody there, and after the page's loop is closed."""
    live = Live()

    async def leave() -> object:
        return live.subscribed().__enter__()

    page = asyncio.run(leave())
    live.publish("number")

    assert page is not None


def test_too_many_pages_are_asked_to_come_later() -> None:
    """The number of open streams is bounded."""

    async def crowd() -> None:
        live = Live()
        pages = [live.subscribed() for _ in range(SUBSCRIBERS_MAX)]
        for page in pages:
            page.__enter__()
        with live.subscribed():
            pass

    with pytest.raises(OperatingError):
        asyncio.run(crowd())


def test_a_stream_begins_with_a_resync_and_tells_events() -> None:
    """A page loads what is true now, then follows; the text is that of server-sent events."""

    async def read() -> list[str]:
        live = Live()
        stream = live.stream()
        blocks = [await anext(stream)]
        live.publish("session_opened", {"machine": "kiln"})
        blocks.append(await anext(stream))
        return blocks

    assert asyncio.run(read()) == [
        "event: resync\ndata: {}\n\n",
        'event: session_opened\ndata: {"machine": "kiln"}\n\n',
    ]
