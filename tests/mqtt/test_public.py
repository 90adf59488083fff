"""The public tree: what a dashboard is told of machines, and that no person is ever in it."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from controller.domain import events as ev
from controller.domain.access import HeldRight
from controller.domain.evolve import evolve
from controller.domain.ids import TrainingId
from controller.domain.metering import FRESH_MS, Metered, Sample
from controller.domain.reasons import Refusal, StopReason
from controller.domain.workshop import Workshop
from controller.exchange.outgoing import Outbound
from controller.exchange.public import (
    About,
    PublicEvent,
    event_message,
    farewell_messages,
    hello_messages,
    last_will,
    state_messages,
    total_messages,
)
from controller.exchange.public_events import events_of, touched
from controller.exchange.public_journal import event_of
from controller.exchange.totals import Totals
from tests.mqtt.workshop_kit import (
    LASER,
    MINUTE_MS,
    NOON,
    PLACE,
    at,
    holder,
    in_use,
    laser,
    locked,
    step,
    tap,
    workshop,
)

BASE = "indivis/crest/machine/laser"
# No sentence or code of ours has these letters side by side, so what is found was leaked.
SECRETS = st.text(alphabet="qxzk", min_size=8, max_size=20)


def states(shown: Workshop, boot_ms: int = 0, *, relay_on: bool | None = False, dated: bool = True) -> dict[str, bytes]:
    """The laser cutter's retained payloads by the last word of their topic."""
    now = at(boot_ms, dated=dated)
    messages = state_messages(PLACE, shown, LASER, now, seq=7, relay_on=relay_on)
    assert all(message.retain and message.topic.startswith(f"{BASE}/") for message in messages)
    return {message.topic.rpartition("/")[2]: message.payload for message in messages}


def told(before: Workshop, event: ev.Event, boot_ms: int = 0) -> list[dict[str, Any]]:
    """The public events of one step, as a dashboard reads them."""
    after, effects = step(before, event, at(boot_ms))
    messages = [
        event_message(PLACE, after, event, NOON, seq=9, revenue=True) for event in all_of(before, after, effects)
    ]
    return [json.loads(message.payload) for message in messages]


def all_of(before: Workshop, after: Workshop, effects: tuple[ev.Effect, ...]) -> list[PublicEvent]:
    """What the journal keeps of a step, and what passes."""
    kept = [event_of(effect.fact) for effect in effects if isinstance(effect, ev.Record)]
    return [*filter(None, kept), *events_of(before, after, effects)]


def test_an_idle_machine_is_told_as_idle_and_off() -> None:
    """Nothing open means no session, no cost, no reason."""
    shown = states(workshop())

    state = json.loads(shown["state"])
    assert (shown["availability"], shown["relay"], shown["in_use"]) == (b"online", b"OFF", b"0")
    assert (state["state"], state["reason"], state["session"], state["cost"]) == ("idle", None, None, None)
    assert (state["schema"], state["seq"], state["ts"]) == (1, 7, "2026-11-25T12:00:00.000+00:00")


def test_a_use_is_told_with_its_time_its_end_and_its_cost() -> None:
    """A dashboard can say since when, until when, what will end it, and what it costs so far."""
    shown = states(in_use(), 10 * MINUTE_MS, relay_on=True)

    state = json.loads(shown["state"])
    assert (shown["relay"], shown["in_use"], state["state"]) == (b"ON", b"1", "in_use")
    assert state["session"] == {
        "id": "b1-1",
        "started_at": "2026-11-25T12:00:00.000+00:00",
        "elapsed_s": 600,
        "ends_at": "2026-11-25T14:00:00.000+00:00",
        "ends_by": "maximum_duration",
        "warning_s": None,
        "overtime": False,
        "running": None,
        "busy_s": None,
        "idle_s": None,
    }
    assert state["cost"] == {"amount_cents": 300, "currency": "EUR"}


def test_a_warning_is_an_event_and_stays_in_the_state_until_the_end_moves() -> None:
    """A board that was switched on a minute ago shows it too; the event says what will end the use."""
    shown = in_use()
    before = json.loads(states(shown, 115 * MINUTE_MS)["state"])["session"]

    events = told(shown, ev.TimePassed(), 115 * MINUTE_MS)
    warned, _ = step(shown, ev.TimePassed(), at(115 * MINUTE_MS))

    assert before["warning_s"] is None
    assert json.loads(states(warned, 116 * MINUTE_MS)["state"])["session"]["warning_s"] == 300
    assert [(event["event_type"], event["reason"], event["message_en"]) for event in events] == [
        ("warning", "maximum_duration", "The use will end soon.")
    ]


def test_an_unknown_date_is_null_and_durations_go_on() -> None:
    """Without a date no time by the clock is invented; the monotonic clock still counts."""
    state = json.loads(states(in_use(), MINUTE_MS, relay_on=True, dated=False)["state"])

    assert (state["ts"], state["session"]["ends_at"], state["session"]["elapsed_s"]) == (None, None, 60)


def test_a_relay_that_cannot_be_read_is_neither_on_nor_off() -> None:
    """What was not read is unknown, and such a machine is not available."""
    shown = states(in_use(), relay_on=None)

    assert (shown["relay"], shown["availability"]) == (b"UNKNOWN", b"offline")
    assert json.loads(shown["state"])["relay"] is None


def test_a_lock_out_is_told_by_its_code() -> None:
    """Why nobody may start is a code of the closed list, never what somebody typed."""
    state = json.loads(states(locked(workshop()))["state"])

    assert (state["state"], state["reason"]) == ("locked_out", Refusal.MACHINE_LOCKED.value)


def test_a_full_journal_is_the_reason_of_every_idle_machine() -> None:
    """A state that refuses everybody is told where everybody looks."""
    state = json.loads(states(replace(workshop(), storage_full=True))["state"])

    assert (state["state"], state["reason"]) == ("idle", Refusal.STORAGE_FULL.value)


def test_an_end_is_an_event_with_its_reason_and_price() -> None:
    """The price is the one announced at the machine, in whole cents."""
    (event,) = told(in_use(), tap(holder()), 10 * MINUTE_MS)

    assert (event["event_type"], event["reason"]) == ("ended", StopReason.SECOND_TAP.value)
    assert (event["amount_cents"], event["currency"]) == (300, "EUR")
    assert event["id"] == "b1-laser-9"


def test_what_a_use_cost_is_told_only_where_a_site_tells_its_revenue() -> None:
    """By itself no price of an ended use leaves for the dashboards."""
    used = in_use()
    after, effects = step(used, tap(holder()), at(10 * MINUTE_MS))
    (ended,) = filter(None, (event_of(effect.fact) for effect in effects if isinstance(effect, ev.Record)))

    told_of = json.loads(event_message(PLACE, after, ended, NOON, seq=1).payload)

    assert ended.cents == 300
    assert (told_of["amount_cents"], told_of["currency"]) == (None, None)


def test_a_lesson_is_an_event_that_names_nobody() -> None:
    """A trainer's badge and then a pupil's: a screen beside the machine says what was given, and not to whom."""
    trainer = replace(
        holder(), rights=(HeldRight(training=TrainingId("training-laser"), from_ms=0, until_ms=None, may_train=True),)
    )
    pupil = holder(member="pupil-1", account="account-2", training="another")
    told_of = {
        on_the_spot: told(in_use(trainer, policy=replace(laser(), on_the_spot=on_the_spot)), tap(pupil, "token-2"))
        for on_the_spot in ("grant", "supervised")
    }

    assert [(event["event_type"], event["reason"]) for event in told_of["grant"]] == [("trained", None)]
    assert [(event["event_type"], event["reason"]) for event in told_of["supervised"]] == [("supervised", None)]
    assert "pupil-1" not in json.dumps(told_of)


def test_a_refusal_is_an_event_with_a_sentence_in_both_languages() -> None:
    """An unknown badge is told as a code and two sentences, without the badge."""
    (event,) = told(workshop(), tap(None))

    assert (event["event_type"], event["reason"]) == ("denied", Refusal.UNKNOWN_BADGE.value)
    assert event["message_fr"] != event["message_en"]


def test_a_refusal_that_the_disk_does_not_take_is_told_all_the_same_and_any_refusal_once() -> None:
    """While the journal keeps no refusals they are told as they happen; else from the journal alone."""
    hung = replace(workshop(), storage_slow=True)

    assert [event["event_type"] for event in told(hung, tap(holder()))] == ["denied"]
    assert [event["event_type"] for event in told(workshop(), tap(None))] == ["denied"]


def test_a_fault_is_an_event_beside_the_end_it_caused() -> None:
    """A relay that opens by itself ends the use and is told as a fault."""
    events = told(in_use(), ev.RelayRead(machine=LASER, wanted_on=True, read_on=False))

    assert [event["event_type"] for event in events] == ["ended", "fault"]


def test_a_lock_set_and_lifted_is_told_both_times() -> None:
    """`locked` and `unlocked` follow the union of open locks."""
    free, closed = workshop(), locked(workshop())

    assert [event.event_type for event in events_of(free, closed, ())] == ["locked"]
    assert [event.event_type for event in events_of(closed, free, ())] == ["unlocked"]
    assert events_of(closed, closed, ()) == ()


def test_an_event_is_not_retained_and_may_say_that_it_is_late() -> None:
    """A later subscriber must not take yesterday's refusal for news."""
    denied = PublicEvent(event_type="denied", machine=LASER, reason=Refusal.UNKNOWN_BADGE)

    message = event_message(PLACE, workshop(), denied, NOON, seq=1, replayed=True)

    assert (message.topic, message.retain) == (f"{BASE}/event", False)
    assert json.loads(message.payload)["replayed"] is True


def test_only_what_changed_is_said_anew() -> None:
    """A step that changes nothing costs no message; a tick says the uses' time again."""
    idle, used = workshop(), in_use()

    assert touched(idle, idle, ()) == frozenset()
    assert touched(idle, used, ()) == {LASER}
    assert touched(used, used, (ev.WriteTick(()),)) == {LASER}
    assert touched(idle, idle, (ev.WriteTick(()),)) == frozenset()
    assert touched(idle, idle, (ev.DeEnergise(machine=LASER),)) == {LASER}
    assert touched(idle, replace(idle, storage_slow=True), ()) == {LASER}


def test_hello_names_the_machines_and_the_will_takes_it_back() -> None:
    """`online` is the last thing said, under the topic where the last will says `offline`."""
    info, status = hello_messages(PLACE, workshop(), About(version="1.2.3"), at(0))

    assert json.loads(info.payload)["machines"] == [{"id": "laser", "name": "Découpe laser"}]
    assert status == Outbound(last_will(PLACE).topic, b"online", retain=True)


def test_a_machine_that_left_takes_its_states_along() -> None:
    """Every retained topic of a machine is emptied, and no other."""
    states = state_messages(PLACE, workshop(), LASER, at(0), seq=1, relay_on=False)
    said = {message.topic for message in (*states, *total_messages(PLACE, LASER, Totals(energy_wh=0)))}

    emptied = farewell_messages(PLACE.site, LASER)

    assert {message.topic for message in emptied} == said
    assert {(message.payload, message.retain) for message in emptied} == {(b"", True)}


@given(*[SECRETS] * 6)
def test_no_person_is_ever_published(
    member: str, account: str, token: str, training: str, lock: str, typed: str
) -> None:
    """Whoever taps and whatever is typed about a lock, no message holds any of it, in a topic or in a payload."""
    policy, who = laser(training=training), holder(member, account, training)
    idle, used = workshop(policy), in_use(who, token, policy)
    messages: list[Outbound] = []
    scenes: list[tuple[Workshop, ev.Event]] = [
        (idle, tap(who, token)),
        (idle, tap(None, token)),
        (idle, tap(replace(who, rights=()), token)),
        (locked(idle, lock, typed), tap(who, token)),
        (used, tap(who, token)),
        (used, tap(None, token[::-1])),
        (locked(used, lock, typed), ev.RelayRead(machine=LASER, wanted_on=True, read_on=None)),
    ]

    for before, event in scenes:
        after, effects = step(before, event, at(MINUTE_MS))
        messages += hello_messages(PLACE, after, About(version="1"), at(0))
        messages += state_messages(PLACE, after, LASER, at(MINUTE_MS), seq=1, relay_on=True)
        happened = all_of(before, after, effects)
        messages += [event_message(PLACE, after, each, NOON, seq=1) for each in happened]

    published = "\n".join(f"{message.topic} {message.payload.decode()}" for message in messages)
    assert [secret for secret in (member, account, token, token[::-1], lock, typed) if secret in published] == []


def test_what_a_machine_draws_is_said_while_it_is_measured() -> None:
    """Whole watts and milliamperes, while the sample is fresh; null is not zero."""
    metered = Metered(sample=Sample(power_mw=839_500, current_ma=3_701), at_ms=0)
    shown = evolve(workshop(), ev.MeterNoted(channel=workshop().machines[LASER].policy.channel, metered=metered))

    said = [json.loads(states(shown, boot_ms)["state"]) for boot_ms in (FRESH_MS, FRESH_MS + 1)]

    assert [(state["power_w"], state["current_ma"]) for state in said] == [(840, 3_701), (None, None)]


def test_a_switch_out_of_reach_and_a_pressed_stop_say_why_nobody_may_start() -> None:
    """A code of the refusals, for a dashboard to show."""
    channel = workshop().machines[LASER].policy.channel
    lost = evolve(workshop(), ev.Adopted(event=ev.SwitchSeen(channel=channel, reached=False)))
    pressed = ev.ContactChanged(channel=channel, source="board", contact="e_stop", active=True)
    stopped = evolve(workshop(), ev.Adopted(event=pressed))

    said = [json.loads(states(shown)["state"]) for shown in (lost, stopped)]

    assert [(state["state"], state["reason"]) for state in said] == [
        ("fault", "switch_unreachable"),
        ("fault", "emergency_stop_pressed"),
    ]
