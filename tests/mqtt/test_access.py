"""Who may read and write what, at a real mosquitto: the access list of config/mosquitto, tried with each account."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.domain.ids import ControllerId
from controller.errors import OperatingError, ProgrammerError
from controller.exchange.broker import BIRTH, Account, LocalBroker, acl_text, start_broker
from controller.exchange.mqtt import connect_now
from controller.exchange.outgoing import Outbound
from controller.exchange.topics import down_topic, up_topic
from tests.mqtt.workshop_broker import ACCOUNTS, Ear, account, workshop_broker
from tests.waiting import wait_until

CONFIG = Path(__file__).parents[2] / "config" / "mosquitto"
CREST, DIE = ControllerId("crest-1"), ControllerId("die-1")
PUBLIC_CREST, PUBLIC_DIE = "indivis/crest/machine/laser/state", "indivis/die/machine/mill/state"
DISCOVERY = "homeassistant/device/die/laser/config"

# Who may reach each listener, and where.
FENCES = {
    "office": ("die-1", up_topic(DIE)),
    "board": ("die-1", PUBLIC_DIE),
    "crest-1": ("office", down_topic(CREST)),
    "die-1": ("office", down_topic(DIE)),
}

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBroker]:
    """One mosquitto for all: each test publishes under its own account and leaves nothing retained."""
    with workshop_broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


def heard(broker: LocalBroker, *, speaker: str, topic: str, listener: str, filters: str) -> bool:
    """Whether what `speaker` says on `topic` reaches `listener`.

    When the broker has answered the speaker, somebody who may says something to the listener: a broker keeps the order
    of one listener's messages, so if that is there and the first is not, the first will not come.
    """
    fencer, fence = FENCES[listener]
    with Ear(account(broker, listener, "listener"), filters, fence) as ear:
        with Ear(account(broker, speaker, "speaker")) as mouth:
            mouth.connection.publish(topic, b"said")
        with Ear(account(broker, fencer, "fencer")) as mouth:
            mouth.connection.publish(fence, b"fence")
        wait_until(lambda: b"fence" in ear.payloads(fence), what="the message after it")
        return b"said" in ear.payloads(topic)


def test_the_brokers_port_is_none_that_an_outgoing_connection_is_given(broker: LocalBroker) -> None:
    """Otherwise a client that looks for a broker just killed may be given its port, and keep it from coming back."""
    first, last = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split())

    assert broker.port not in range(first, last + 1)


@pytest.mark.parametrize(
    ("speaker", "topic", "listener"),
    [
        ("crest-1", up_topic(CREST), "office"),
        ("office", down_topic(CREST), "crest-1"),
        ("crest-1", PUBLIC_CREST, "board"),
        ("crest-1", PUBLIC_CREST, "office"),
        ("crest-1", DISCOVERY.replace("die", "crest"), "board"),
        ("board", BIRTH, "crest-1"),
    ],
)
def test_what_an_account_is_for_it_may(broker: LocalBroker, speaker: str, topic: str, listener: str) -> None:
    """The exchange flows between a controller and the office, the public tree to the dashboards."""
    assert heard(broker, speaker=speaker, topic=topic, listener=listener, filters=topic)


@pytest.mark.parametrize(
    ("speaker", "topic", "listener"),
    [
        ("crest-1", up_topic(DIE), "office"),  # speak for another controller
        ("crest-1", down_topic(CREST), "crest-1"),  # speak for the office
        ("crest-1", down_topic(DIE), "die-1"),  # send another controller a command, or a directory
        ("crest-1", PUBLIC_DIE, "board"),  # tell of another site's machines
        ("crest-1", DISCOVERY, "board"),  # make things appear in Home Assistant as another site's
    ],
)
def test_a_stolen_controller_cannot_speak_for_another(
    broker: LocalBroker, speaker: str, topic: str, listener: str
) -> None:
    """What a controller's account says outside its own topics reaches nobody."""
    assert not heard(broker, speaker=speaker, topic=topic, listener=listener, filters=topic)


@pytest.mark.parametrize("filters", [down_topic(CREST), "indivis-x/+/down", "indivis-x/#", "#"])
def test_a_stolen_controller_cannot_read_another_directory(broker: LocalBroker, filters: str) -> None:
    """However widely it subscribes, a controller's account hears only what is said to itself."""
    assert not heard(broker, speaker="office", topic=down_topic(CREST), listener="die-1", filters=filters)


@pytest.mark.parametrize("filters", [up_topic(CREST), "indivis-x/#", "#"])
def test_a_dashboard_cannot_read_the_exchange(broker: LocalBroker, filters: str) -> None:
    """However widely it subscribes, a dashboard's account hears nothing of the exchange."""
    assert not heard(broker, speaker="crest-1", topic=up_topic(CREST), listener="board", filters=filters)


@pytest.mark.parametrize("topic", [PUBLIC_CREST, up_topic(CREST), down_topic(CREST), up_topic(ControllerId("board"))])
def test_a_dashboard_cannot_say_anything(broker: LocalBroker, topic: str) -> None:
    """A dashboard's account reads; what it publishes, but for Home Assistant's birth, is dropped by the
    broker.
    """
    assert not heard(broker, speaker="board", topic=topic, listener="office", filters=topic)


def test_a_forged_last_will_is_dropped_too(broker: LocalBroker) -> None:
    """A will is published by the broker, but under the rights of whoever left it."""
    forged = Outbound(PUBLIC_DIE, b"offline")

    with Ear(account(broker, "board"), "indivis/#") as board:
        with Ear(account(broker, "crest-1"), will=forged):
            pass
        with Ear(account(broker, "die-1")) as owner:
            owner.connection.publish(PUBLIC_DIE, b"fence")
            wait_until(lambda: board.heard, what="the message after it")

    assert board.payloads(PUBLIC_DIE) == [b"fence"]


def test_the_shipped_access_list_is_the_tested_one() -> None:
    """config/mosquitto/indivis.acl is what the code makes of its three sample accounts, below its explanation."""
    samples = (
        Account(username="office", role="office", password=""),
        Account(username="pi-1", role="controller", site="atelier", password=""),
        Account(username="tableau", role="dashboard", password=""),
    )

    rules = [line for line in (CONFIG / "indivis.acl").read_text().splitlines() if not line.startswith("#")]

    assert "\n".join(rules).strip() == acl_text(samples).strip()


def test_the_shipped_configuration_starts(tmp_path: Path) -> None:
    """Mosquitto takes config/mosquitto/indivis.conf as it is, with the paths of a workshop replaced by ours."""
    secret = Account(username="office", role="office", password="bureau-fictif")
    with start_broker(tmp_path, (secret,)) as running:
        shipped = (CONFIG / "indivis.conf").read_text()
        moved = shipped.replace("/etc/mosquitto/indivis.passwd", str(tmp_path / "passwords"))
        moved = moved.replace("/etc/mosquitto/indivis.acl", str(tmp_path / "acl"))
        moved = moved.replace("listener 1883", f"listener {running.port}")
        running.stop()
        (tmp_path / "mosquitto.conf").write_text(f"{moved}\nuser root\npersistence_location {tmp_path}/\n")
        running.restart()

        assert connect_now(account(running, "office")) == "5"


def test_passwords_are_kept_hashed_and_private(tmp_path: Path) -> None:
    """Whoever reads the broker's folder finds no password in clear, and only its owner may look."""
    secret = Account(username="office", role="office", password="bureau-fictif")

    with start_broker(tmp_path / "broker", (secret,)):
        kept = tmp_path / "broker" / "passwords"

        assert "bureau-fictif" not in kept.read_text()
        assert kept.stat().st_mode & 0o077 == 0
    assert "bureau-fictif" not in repr(secret)


def test_a_name_that_would_open_the_list_is_refused() -> None:
    """An account named like a wildcard would read every directory; it never gets into the list."""
    with pytest.raises(ProgrammerError, match=r"\+"):
        acl_text((Account(username="+", role="controller", password=""),))


def test_a_port_that_is_taken_is_said_in_mosquittos_words(tmp_path: Path, broker: LocalBroker) -> None:
    """A broker that cannot start is one sentence with its reason and where its log is."""
    with pytest.raises(OperatingError, match=r"mosquitto\.log") as raised:
        start_broker(tmp_path, ACCOUNTS, port=broker.port)

    assert "Address already in use" in raised.value.sentence("en")


def test_a_missing_mosquitto_names_the_package(tmp_path: Path) -> None:
    """Without the program a person learns which package brings it."""
    with pytest.raises(OperatingError, match="apt install mosquitto"):
        start_broker(tmp_path, (), search_path=str(tmp_path))
