"""The bytes between controller and office: what is said comes out as it went in, and nothing else comes in."""

from __future__ import annotations

import json

import pytest

from controller.domain.ids import BooksId, BranchId, ControllerId, MachineId, SessionId
from controller.exchange.fakes import MemoryJournal
from controller.exchange.messages import (
    WINDOW_FACTS,
    Ack,
    Answer,
    Applied,
    Changes,
    Command,
    Contained,
    Down,
    Entry,
    Facts,
    Hello,
    LedgerHead,
    Quarantine,
    ReplicaState,
    Sender,
    SnapshotChunk,
    SnapshotOffer,
    SnapshotRequest,
    Up,
)
from controller.exchange.topics import controller_in, down_topic, up_topic
from controller.exchange.wire import (
    MESSAGE_BYTES_MAX,
    RUN_BYTES_MAX,
    RefusedMessageError,
    chunk_of,
    down_from_json,
    entries_of,
    to_json,
    up_from_json,
)
from tests.exchange.samples import stamp
from tests.exchange.world import World

SENDER = Sender(controller=ControllerId("pi"), branch=BranchId("b1"), boot_id="boot", at_ms=5, heard_ms=None)
REPLICA = ReplicaState(incarnation="inc-0", revision=7, standing="ok")
ENTRY = Entry(kind="lock", key="lock-1", body={"reason": "réglage", "emergency": False}, revision=8)
TOMBSTONE = Entry(kind="lock", key="lock-0", body=None, revision=9)
HASH = "a" * 64


def journal() -> MemoryJournal:
    """A journal of one opening fact."""
    found = MemoryJournal(ControllerId("pi"))
    found.open_branch(BranchId("b1"), stamp(0))
    return found


def facts() -> Facts:
    """A run of one fact."""
    own = journal()
    return Facts(sender=SENDER, link=own.links[0], oldest_n=1, facts=tuple(own.facts))


UP: tuple[Up, ...] = (
    Hello(sender=SENDER, lineage=tuple(journal().links), oldest_n=1, head_n=1, head_hash=HASH, replica=REPLICA),
    facts(),
    Applied(sender=SENDER, replica=REPLICA),
    SnapshotRequest(sender=SENDER, revision=None, chunk=0),
    Answer(sender=SENDER, command="c1", outcome="done"),
)
PLACES = (Contained(branch=BranchId("b1"), n=4),)
DOWN: tuple[Down, ...] = (
    Ack(
        to=BranchId("b1"),
        incarnation="inc-0",
        branch=BranchId("b1"),
        stored_up_to=4,
        hash=HASH,
        backed_up_to=3,
        ledger_heads=(LedgerHead(books=BooksId("atelier"), entry=3, hash=HASH),),
        revision=9,
        office_ms=1,
        echo_ms=5,
        standing="open",
    ),
    Changes(incarnation="inc-0", from_revision=7, to_revision=9, entries=(ENTRY, TOMBSTONE), vector=PLACES),
    SnapshotOffer(incarnation="inc-0", revision=9, chunks=1, total=2, sha256=HASH, vector=PLACES, confirmed=False),
    SnapshotChunk(incarnation="inc-0", revision=9, chunk=0, data=chunk_of([ENTRY])),
    Command(
        id="c1",
        kind="stop",
        session=SessionId("s1"),
        machine=MachineId("laser"),
        until_boot_ms=None,
        boot_id="boot",
        expires_boot_ms=9,
    ),
    Quarantine(branch=BranchId("b1"), state="quarantined"),
)


@pytest.mark.parametrize("message", UP, ids=lambda message: type(message).__name__)
def test_what_a_controller_says_arrives_as_it_was_said(message: Up) -> None:
    """Every message upwards survives its bytes."""
    assert up_from_json(to_json(message)) == message


@pytest.mark.parametrize("message", DOWN, ids=lambda message: type(message).__name__)
def test_what_the_office_says_arrives_as_it_was_said(message: Down) -> None:
    """Every message downwards survives its bytes."""
    assert down_from_json(to_json(message)) == message


def test_a_chunk_gives_back_its_entries() -> None:
    """A snapshot's text holds exactly the entries put into it."""
    assert entries_of(chunk_of([ENTRY, TOMBSTONE])) == (ENTRY, TOMBSTONE)


def changed(**fields: object) -> bytes:
    """An `applied` message with some fields replaced."""
    body = {**json.loads(to_json(UP[2])), **fields}
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "an object"),
        (b" " * (MESSAGE_BYTES_MAX + 1), "bytes are more than"),
        (b'{"a":1,"a":2}', "twice"),
        (b'{"a":1.5}', "not whole"),
        (b'{"a":NaN}', "not whole"),
        (b'{"a":' + b"9" * 5000 + b"}", "beyond 2^53"),
        (b'{ "a":1}', "canonical"),
        (changed(type="boast"), "no such message"),
        (changed(type="ack"), "no such message"),
        (changed(schema=2), "upgrade"),
        (changed(schema=True), "upgrade"),
        (changed(is_admin=True), "unknown field 'is_admin'"),
        (changed(replica=None), "replica"),
        (changed(sender={**json.loads(to_json(UP[2]))["sender"], "controller": "../../x"}), "must be ids"),
        (changed(sender={**json.loads(to_json(UP[2]))["sender"], "at_ms": "5"}), "at_ms"),
    ],
)
def test_what_is_no_message_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    """Noise, excess, fractions, doubled keys, unknown fields and newer schemas each get one clear sentence."""
    with pytest.raises(RefusedMessageError, match=reason.replace("^", r"\^")) as refused:
        up_from_json(data)

    assert "\n" not in str(refused.value)


def fact_changed(**fields: object) -> bytes:
    """A `facts` message whose only fact has some fields replaced."""
    body = json.loads(to_json(facts()))
    body["facts"][0].update(fields)
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "fields",
    [
        {"controller": "another"},
        {"branch": "b2"},
        {"n": 0},
        {"kind": ""},
        {"kind": "k" * 41},
        {"schema": 0},
        {"prev": "A" * 64},
        {"commitment": "short"},
        {"salt": "xx"},
    ],
)
def test_a_badly_named_fact_is_refused(fields: dict[str, object]) -> None:
    """A run of facts is of one controller and branch, numbered from 1, with proper hashes."""
    with pytest.raises(RefusedMessageError):
        up_from_json(fact_changed(**fields))


def test_a_fact_of_an_unknown_kind_is_read() -> None:
    """What cannot be understood can still be stored: kind and schema number are free, their form is not."""
    message = up_from_json(fact_changed(kind="from_tomorrow", schema=9))

    assert isinstance(message, Facts)
    assert message.facts[0].kind == "from_tomorrow"


def test_an_acknowledgement_cannot_promise_a_backup_of_what_is_not_stored() -> None:
    """`backed_up_to` beyond `stored_up_to` contradicts itself and is refused."""
    body = {**json.loads(to_json(DOWN[0])), "backed_up_to": 5}

    with pytest.raises(RefusedMessageError, match="within stored_up_to"):
        down_from_json(json.dumps(body, sort_keys=True, separators=(",", ":")).encode())


@pytest.mark.parametrize(
    "wrong", [{"replica": {"incarnation": None, "revision": -1, "standing": "ok"}}, {"oldest_n": -1}, {"head_n": -5}]
)
def test_a_hello_counts_from_nothing_upwards(wrong: dict[str, object]) -> None:
    """A directory before its first revision, or a journal before its first fact, would upset whoever answers."""
    hello = next(message for message in UP if isinstance(message, Hello))
    body = {**json.loads(to_json(hello)), **wrong}

    with pytest.raises(RefusedMessageError, match="count"):
        up_from_json(json.dumps(body, sort_keys=True, separators=(",", ":")).encode())


def test_there_is_no_command_that_powers_a_machine() -> None:
    """Stop, extend and the enrolment window are all that can be commanded, each naming what it is for."""
    body = json.loads(to_json(DOWN[4]))

    wrongs = ({"kind": "start"}, {"session": None}, {"until_boot_ms": 5}, {"kind": "enrol_window", "machine": None})

    for wrong in wrongs:
        with pytest.raises(RefusedMessageError):
            down_from_json(json.dumps({**body, **wrong}, sort_keys=True, separators=(",", ":")).encode())


def test_a_refusal_quotes_no_value() -> None:
    """What was sent may hold a badge's token; the sentence names the place and not the content."""
    token = "c0ffee" * 10
    data = changed(replica={"incarnation": "inc-0", "revision": token, "standing": "ok"})

    with pytest.raises(RefusedMessageError) as refused:
        up_from_json(data)

    assert token not in str(refused.value)


def test_large_facts_travel_in_several_messages() -> None:
    """A run is cut before it grows beyond its limit, so that no message is too large for the reader."""
    world = World("pi")
    pi = world.floors[0]
    pi.start()
    world.settle()
    pi.card.journal.append_raw("from_tomorrow", 1, {"text": "x" * RUN_BYTES_MAX})
    for _ in range(20):
        pi.card.journal.append_raw("from_tomorrow", 1, {"text": "x" * (RUN_BYTES_MAX // 4)})

    pi.tell()
    sizes = [len(parcel) for _, parcel, _ in world.bag if isinstance(parcel, bytes)]

    assert len(sizes) > 5
    assert max(sizes) < MESSAGE_BYTES_MAX
    assert len(world.facts_under_way()) == 21 < WINDOW_FACTS


def test_topics_name_the_controller_and_nothing_else_is_heard() -> None:
    """One topic up and one down per controller; anything else is nobody's."""
    name = ControllerId("pi-east")

    assert (up_topic(name), down_topic(name)) == ("indivis-x/pi-east/up", "indivis-x/pi-east/down")
    assert controller_in(up_topic(name)) == name
    for strange in (down_topic(name), "indivis-x//up", "indivis-x/+/up", "indivis-x/a/b/up", "indivis/pi-east/up"):
        assert controller_in(strange) is None
