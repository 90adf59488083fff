"""A connection to a real mosquitto: it comes back by itself, keeps order, and says in one sentence what is wrong."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from controller.errors import IndivisError, ProgrammerError, UserError
from controller.exchange.broker import LocalBroker
from controller.exchange.dialogue import IN_FLIGHT_MAX, PACKET_BYTES_MAX, Broker, read_password
from controller.exchange.mqtt import BACK_OFF_CAP_S, QUEUE_MAX, BackOff, Connection, connect_now
from controller.exchange.outgoing import Outbound
from tests.mqtt.gate import Gate, Manner
from tests.mqtt.workshop_broker import Ear, account, workshop_broker
from tests.waiting import wait_until

STATE = "indivis/crest/machine/laser/state"
EVENT = "indivis/crest/machine/laser/event"
WILL = Outbound("indivis/crest/controller/crest-1/status", b"offline", retain=True)

pytestmark = pytest.mark.broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[LocalBroker]:
    """A mosquitto of this test's own."""
    with workshop_broker(tmp_path / "broker") as running:
        yield running


def sentence_of(broker: Broker) -> str:
    """What a person is told when this connection is tried."""
    with pytest.raises(IndivisError) as raised:
        connect_now(broker)
    return raised.value.sentence("en")


def test_what_is_published_arrives_in_order(broker: LocalBroker) -> None:
    """More messages than may be on their way at once arrive complete and in order."""
    sent = [b"%d" % number for number in range(500)]

    with Ear(account(broker, "board"), "indivis/#") as board, Ear(account(broker, "crest-1")) as controller:
        for payload in sent:
            controller.connection.publish(EVENT, payload)
        wait_until(lambda: len(board.heard) == len(sent), what="all messages")

    assert board.payloads(EVENT) == sent


def test_version_5_is_spoken_where_the_broker_does(broker: LocalBroker) -> None:
    """The newest version is tried first."""
    assert connect_now(account(broker, "crest-1")) == "5"


@pytest.mark.parametrize("manner", ["refuses_5", "hangs_up_on_5"])
def test_an_older_broker_is_spoken_to_in_3_1_1(broker: LocalBroker, manner: Manner) -> None:
    """A broker that does not speak MQTT 5 gets 3.1.1 in the same attempt, whether it says so or hangs up."""
    with Gate(manner, broker) as gate:
        through_gate = replace(account(broker, "crest-1"), port=gate.port)
        with Ear(account(broker, "board"), "indivis/#") as board, Ear(through_gate) as controller:
            controller.connection.publish(STATE, b"{}", retain=True)
            wait_until(lambda: board.payloads(STATE), what="the state")

    assert gate.levels_seen == [5, 4]
    assert controller.statuses[0].protocol == "3.1.1"


def test_the_last_will_is_published_when_the_connection_is_cut(broker: LocalBroker) -> None:
    """A dashboard hears `offline` when a controller goes without a word."""
    with Gate("refuses_5", broker) as gate, Ear(account(broker, "board"), WILL.topic) as board:
        cut = Ear(replace(account(broker, "crest-1"), port=gate.port), will=WILL)
        with cut:
            gate.__exit__(None, None, None)
            wait_until(lambda: board.payloads(WILL.topic), what="the last will")
            said = board.payloads(WILL.topic)

    assert said == [b"offline"]


def test_a_clean_end_says_offline_too(broker: LocalBroker) -> None:
    """A broker forgets the will of whoever says goodbye, so the connection publishes it itself."""
    with Ear(account(broker, "board"), WILL.topic) as board:
        with Ear(account(broker, "crest-1"), will=WILL):
            pass
        wait_until(lambda: board.payloads(WILL.topic), what="the goodbye")

    assert board.payloads(WILL.topic) == [b"offline"]


def test_states_are_back_after_the_broker_was_killed(broker: LocalBroker) -> None:
    """A killed broker forgets every retained state; the controller publishes them anew when it is back."""
    hello = (Outbound(STATE, b"now", retain=True),)

    with Ear(account(broker, "crest-1"), on_connect=hello) as controller:
        broker.kill()
        wait_until(lambda: controller.word == "lost", what="the loss")
        broker.restart()
        wait_until(lambda: controller.word == "connected", what="the return")
        with Ear(account(broker, "board"), STATE) as board:
            wait_until(lambda: board.heard, what="the retained state")

    assert board.payloads(STATE)[-1] == b"now"


def test_events_of_an_outage_follow_in_order_and_before_newer_ones(broker: LocalBroker) -> None:
    """What was published while the broker was away comes first, what follows the return comes last."""
    with (
        Gate("refuses_5", broker) as gate,
        Ear(account(broker, "board"), EVENT) as board,
        Ear(replace(account(broker, "crest-1"), port=gate.port)) as controller,
    ):
        gate.cut()
        wait_until(lambda: controller.word == "lost", what="the loss")
        for payload in (b"1", b"2", b"3"):
            controller.connection.publish(EVENT, payload)
        wait_until(lambda: controller.word == "connected", what="the return")
        controller.connection.publish(EVENT, b"4")
        wait_until(lambda: b"4" in board.payloads(EVENT), what="the last event")

    assert board.payloads(EVENT) == [b"1", b"2", b"3", b"4"]


def test_what_a_broker_took_without_an_answer_is_sent_again_first(broker: LocalBroker) -> None:
    """A message whose answer was lost with the connection comes before what followed it."""
    with (
        Gate("stalls_once", broker) as gate,
        Ear(account(broker, "board"), EVENT) as board,
        Ear(replace(account(broker, "crest-1"), port=gate.port)) as controller,
    ):
        controller.connection.publish(EVENT, b"unanswered")
        wait_until(lambda: b"unanswered" in gate.swallowed, what="the message on its way")
        gate.cut()
        wait_until(lambda: controller.word == "lost", what="the loss")
        controller.connection.publish(EVENT, b"later")
        wait_until(lambda: len(board.heard) > 1, what="both messages")

    assert board.payloads(EVENT) == [b"unanswered", b"later"]


def test_nothing_old_is_sent_when_it_will_be_said_again(broker: LocalBroker) -> None:
    """What the exchange had on its way when the connection broke is not sent after what it says now."""
    up = "indivis-x/crest-1/up"
    with Gate("stalls_once", broker) as gate, Ear(account(broker, "office"), up) as office:
        through_gate = replace(account(broker, "crest-1"), port=gate.port)
        with Ear(through_gate, keep_while_lost=False) as exchange:
            for number in range(2 * IN_FLIGHT_MAX):
                exchange.connection.publish(up, b"old %d" % number)
            wait_until(lambda: b"old" in gate.swallowed, what="the messages on their way")
            gate.cut()
            wait_until(lambda: len(gate.levels_seen) > 1 and exchange.word == "connected", what="the return")
            exchange.connection.publish(up, b"new")
            wait_until(lambda: office.heard, what="the new message")

    assert office.payloads(up) == [b"new"]


def test_nothing_waits_for_a_lost_broker_when_it_will_be_said_again(broker: LocalBroker) -> None:
    """The exchange sends again by itself, so nothing old of it waits for a broker that is away."""
    exchange = Ear(account(broker, "crest-1"), keep_while_lost=False)
    with exchange:
        broker.kill()
        wait_until(lambda: exchange.word == "lost", what="the loss")

        taken = exchange.connection.publish("indivis-x/crest-1/up/facts", b"{}")

    assert not taken


def test_a_wrong_password_is_one_clear_sentence(broker: LocalBroker) -> None:
    """A person reads which account was refused and what to do; never the password."""
    wrong = replace(account(broker, "crest-1"), password="secret-faux")

    said = sentence_of(wrong)

    assert "wrong password, or unknown account 'crest-1'" in said
    assert "secret-faux" not in said


def test_a_refused_connection_needs_a_person_and_goes_on_trying(broker: LocalBroker) -> None:
    """`refused` is told apart from `lost`, and a corrected account is found without a restart."""
    with Gate("refuses_5", broker) as gate:
        wrong = replace(account(broker, "crest-1"), port=gate.port, password="secret-faux")
        ear = Ear(wrong)
        ear.connection.start()
        wait_until(lambda: len(gate.levels_seen) > 2, what="a second attempt")
        ear.connection.close()

    assert {status.word for status in ear.statuses} == {"refused"}


def test_a_missing_account_is_asked_for(broker: LocalBroker) -> None:
    """Nobody is anonymous, and the sentence names the settings that are missing."""
    said = sentence_of(Broker(host=broker.host, port=broker.port, client_id="anonymous"))

    assert "'username' and 'password_file'" in said


def test_a_broker_that_is_not_there_is_one_clear_sentence(broker: LocalBroker) -> None:
    """Nothing listening is said as such, with the address that was tried."""
    broker.stop()

    said = sentence_of(account(broker, "crest-1"))

    assert f"{broker.host}:{broker.port} cannot be reached: nothing listens" in said


@pytest.mark.parametrize("host", ["", "two..dots", "nowhere.invalid"])
def test_a_host_that_is_no_computer_is_one_clear_sentence(host: str) -> None:
    """A mistyped name is told as such, whether the network or the name itself is wrong."""
    said = sentence_of(Broker(host=host, client_id="lost"))

    assert "this name leads to no computer" in said


def test_a_stranger_on_the_port_is_one_clear_sentence() -> None:
    """Bytes that are no MQTT end the attempt with a sentence, whatever the library makes of them."""
    with Gate("nonsense") as gate:
        said = sentence_of(Broker(host="127.0.0.1", port=gate.port, client_id="lost"))

    assert "this is no MQTT broker" in said


def test_a_broker_that_takes_the_connection_and_never_answers_is_given_up() -> None:
    """An accepted connection without an answer is an error with a sentence, not a wait for ever."""
    with Gate("silent") as gate:
        said = sentence_of(Broker(host="127.0.0.1", port=gate.port, client_id="patient", answer_within_s=1))

    assert "does not answer: the connection was taken, then nothing came for 1 s" in said


def test_no_thread_outlives_its_connection_to_a_silent_broker() -> None:
    """However often a silent broker is tried, one connection is one thread, and closing ends it at once."""
    with Gate("silent") as gate:
        connection = Connection(Broker(host="127.0.0.1", port=gate.port, client_id="patient", answer_within_s=1))
        connection.start()
        wait_until(lambda: len(gate.levels_seen) > 1, what="a second attempt")
        while_trying = [thread for thread in threading.enumerate() if thread.name == "mqtt patient"]

        connection.close()

        assert len(while_trying) == 1
        assert not while_trying[0].is_alive()


def test_closing_does_not_wait_for_a_silent_broker() -> None:
    """A stop of the program is not held up by a broker that keeps its answer for an hour."""
    with Gate("silent") as gate:
        connection = Connection(Broker(host="127.0.0.1", port=gate.port, client_id="hasty", answer_within_s=3_600))
        connection.start()
        wait_until(lambda: gate.levels_seen, what="the attempt")

        connection.close()

        assert [thread for thread in threading.enumerate() if thread.name == "mqtt hasty"] == []


def test_publishing_never_waits_and_drops_are_counted() -> None:
    """Without any broker a flood is taken at once; the oldest events go, counted, within the limit."""
    connection = Connection(Broker(host="127.0.0.1", port=9, client_id="flood"))

    answers = [connection.publish(EVENT, b"%d" % number) for number in range(1_500)]
    connection.close()

    assert (answers.count(True), connection.dropped) == (1_000, 500)


def test_a_broker_that_answers_no_more_holds_no_more_than_the_limits() -> None:
    """Few messages are on their way without an answer, the others wait within the queue's limit."""
    with Gate("welcomes_only") as gate, Ear(Broker(host="127.0.0.1", port=gate.port, client_id="stuck")) as stuck:
        for number in range(QUEUE_MAX + 2 * IN_FLIGHT_MAX):
            stuck.connection.publish(EVENT, b"%d" % number)

        # The queue's limit never adds to the few on their way, however the two threads take turns.
        assert stuck.connection.dropped >= IN_FLIGHT_MAX


def test_a_message_beyond_every_limit_is_refused_where_it_is_made() -> None:
    """A payload that no broker of ours would take is our own mistake and is named at once."""
    connection = Connection(Broker(host="127.0.0.1", port=9, client_id="large"))

    with pytest.raises(ProgrammerError, match=STATE):
        connection.publish(STATE, bytes(PACKET_BYTES_MAX))
    connection.close()


def test_a_failing_callback_does_not_end_the_connection(broker: LocalBroker) -> None:
    """One message that cannot be handled costs that message only."""
    heard: list[bytes] = []

    def handle(_topic: str, payload: bytes, _retained: bool) -> None:  # noqa: FBT001 (the callback's shape)
        heard.append(payload)
        if payload == b"bad":
            raise ValueError(payload)

    with Connection(account(broker, "board"), subscriptions=(EVENT,), on_message=handle) as board:
        wait_until(lambda: board.status.word == "connected", what="the board")
        with Ear(account(broker, "crest-1")) as controller:
            controller.connection.publish(EVENT, b"bad")
            controller.connection.publish(EVENT, b"good")
            wait_until(lambda: heard[-1:] == [b"good"], what="the message after the bad one")

    assert heard == [b"bad", b"good"]


def test_a_name_that_somebody_else_took_is_told_as_a_copied_card() -> None:
    """When the broker says that another connection has our name, a person is told to look for it."""
    with Gate("takes_over") as gate:
        ear = Ear(Broker(host="127.0.0.1", port=gate.port, client_id="crest-1"))
        ear.connection.start()
        wait_until(lambda: ear.word == "refused", what="the broker's last word")
        ear.connection.close()

    taken_over = ear.statuses[1]
    assert "another program connects by the same name" in str(taken_over.trouble and taken_over.trouble.sentence("en"))


def test_attempts_spread_and_slow_down_to_a_cap() -> None:
    """Waits double up to a minute, each is cut by chance, and only a connection that lasted starts anew."""
    longest, shortest = BackOff(chance=lambda: 1.0), BackOff(chance=lambda: 0.0)

    waits = [longest.next_s(0) for _ in range(9)]

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert [shortest.next_s(0) for _ in range(3)] == [0.5, 1, 2]
    assert longest.next_s(lasted_s=1) == BACK_OFF_CAP_S
    assert longest.next_s(lasted_s=BACK_OFF_CAP_S) < 1


def test_a_password_file_is_read_or_named(tmp_path: Path) -> None:
    """The password is the file's first line; a missing or empty file is named in the sentence."""
    full, empty = tmp_path / "password", tmp_path / "empty"
    full.write_text("mot de passe fictif\n", encoding="utf-8")
    empty.touch()

    assert read_password(full) == "mot de passe fictif"
    for unusable in (empty, tmp_path / "missing"):
        with pytest.raises(UserError, match=unusable.name):
            read_password(unusable)
