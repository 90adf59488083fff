"""TLS to a real mosquitto whose certificate comes from an authority made for the test."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from controller.errors import OperatingError, UserError
from controller.exchange.broker import LocalBroker
from controller.exchange.dialogue import Broker
from controller.exchange.mqtt import connect_now
from tests.authority import write_authority
from tests.mqtt.workshop_broker import account, workshop_broker

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBroker]:
    """A mosquitto that speaks TLS only."""
    directory = tmp_path_factory.mktemp("broker")
    write_authority(directory)
    with workshop_broker(directory) as running:
        running.stop()
        with (directory / "mosquitto.conf").open("a") as conf:
            conf.write(f"certfile {directory}/broker.pem\nkeyfile {directory}/broker.key\n")
        running.restart()
        yield running


@pytest.fixture
def tls(broker: LocalBroker) -> Broker:
    """A dashboard's settings, with the right authority."""
    return replace(account(broker, "board"), ca_file=Path(broker.directory, "ca.pem"))


def test_the_named_authority_is_trusted(tls: Broker) -> None:
    """With `ca_file` the connection is encrypted and the broker is who it says."""
    assert connect_now(tls) == "5"


def test_a_strangers_certificate_is_refused(tls: Broker, tmp_path: Path) -> None:
    """A certificate of another authority ends the attempt before any password is sent, in one sentence."""
    write_authority(tmp_path)

    with pytest.raises(OperatingError) as raised:
        connect_now(replace(tls, ca_file=tmp_path / "ca.pem"))

    assert "its certificate is not accepted" in raised.value.sentence("en")
    assert "'ca_file'" in raised.value.sentence("en")


def test_a_certificate_for_another_name_is_refused(tls: Broker) -> None:
    """The name that was asked for must be in the certificate."""
    with pytest.raises(OperatingError) as raised:
        connect_now(replace(tls, host="localhost"))

    assert "its certificate is not accepted" in raised.value.sentence("en")


def test_a_plain_connection_to_a_tls_port_says_so(tls: Broker) -> None:
    """Without `ca_file` the broker hangs up; the sentence mentions TLS."""
    with pytest.raises(OperatingError) as raised:
        connect_now(replace(tls, ca_file=None))

    assert "TLS" in raised.value.sentence("en")


def test_tls_to_a_plain_port_says_so(tmp_path: Path) -> None:
    """A broker without TLS cannot answer a handshake; the sentence mentions TLS."""
    write_authority(tmp_path)
    with workshop_broker(tmp_path / "broker") as plain, pytest.raises(OperatingError) as raised:
        connect_now(replace(account(plain, "board"), ca_file=tmp_path / "ca.pem"))

    assert "TLS" in raised.value.sentence("en")


def test_an_authority_that_is_no_certificate_is_named(tls: Broker, tmp_path: Path) -> None:
    """A wrong `ca_file` is the settings' mistake, named with its path."""
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("pas un certificat")

    with pytest.raises(UserError, match=r"wrong\.pem"):
        connect_now(replace(tls, ca_file=wrong))
