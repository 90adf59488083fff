"""What plugs say and are told: exact topics and payloads, and nothing from what is not theirs."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.metering import Sample
from controller.floor.plug_words import LEASE_S, PAYLOAD_MAX, Heard, Here, Level, Shelly, Tasmota, Words, words_of

SHELLY = Shelly("shellyplusplugs-1", "indivis-plugs/pi-1/saw")
TASMOTA = Tasmota("saw-plug")
STATUS = (
    b'{"id":0,"source":"init","output":false,"apower":840.2,"voltage":232.7,"current":3.701,'
    b'"aenergy":{"total":1234.567}}'
)
SENSOR = (
    b'{"Time":"2030-03-01T21:57:38","ENERGY":{"Total":3.705,"Power":5,"Factor":1.00,"Voltage":233,"Current":0.021}}'
)
COUNTED = Sample(power_mw=5_000, current_ma=21, energy_mwh=3_705_000)
DRAWN = Sample(power_mw=840_200, current_ma=3_701, energy_mwh=1_234_567)


def test_a_shelly_is_closed_for_its_lease_and_no_longer() -> None:
    """`toggle_after` opens it when nobody goes on; nothing is retained."""
    first, second = SHELLY.close()

    call = json.loads(first.payload)
    assert (first.topic, first.retain, second.retain) == ("shellyplusplugs-1/rpc", False, False)
    assert (call["method"], call["params"]) == ("Switch.Set", {"id": 0, "on": True, "toggle_after": LEASE_S})
    assert call["src"] == "indivis-plugs/pi-1/saw"


def test_a_shelly_is_opened_for_good() -> None:
    """Without a time after which it would close again."""
    assert json.loads(SHELLY.open()[0].payload)["params"] == {"id": 0, "on": False}


def test_a_tasmota_is_told_its_pulse_before_it_is_closed() -> None:
    """PulseTime counts whole seconds with 100 added; a plug that was reset has forgotten it."""
    said = [(message.topic, message.payload, message.retain) for message in TASMOTA.close()]

    assert said == [("cmnd/saw-plug/PulseTime", b"120", False), ("cmnd/saw-plug/POWER", b"ON", False)]


@pytest.mark.parametrize(
    ("words", "topic", "payload", "meant"),
    [
        (SHELLY, "shellyplusplugs-1/status/switch:0", STATUS, (Level(on=False), DRAWN)),
        (SHELLY, "indivis-plugs/pi-1/saw/rpc", b'{"id":1,"result":' + STATUS + b"}", (Level(on=False), DRAWN)),
        (SHELLY, "indivis-plugs/pi-1/saw/rpc", b'{"id":1,"result":{"was_on":false}}', ()),
        (
            SHELLY,
            "shellyplusplugs-1/events/rpc",
            b'{"method":"NotifyStatus","params":{"ts":1,"switch:0":{"id":0,"output":true}}}',
            (Level(on=True),),
        ),
        (
            SHELLY,
            "shellyplusplugs-1/events/rpc",
            b'{"method":"NotifyStatus","params":{"ts":1,"switch:0":{"id":0,"apower":7}}}',
            (Sample(power_mw=7_000),),
        ),
        (SHELLY, "shellyplusplugs-1/online", b"true", (Here(online=True),)),
        (SHELLY, "shellyplusplugs-1/online", b"false", (Here(online=False),)),
        (TASMOTA, "stat/saw-plug/POWER", b"ON", (Level(on=True),)),
        (TASMOTA, "stat/saw-plug/POWER", b"OFF", (Level(on=False),)),
        (TASMOTA, "stat/saw-plug/POWER", b"on", ()),
        (TASMOTA, "tele/saw-plug/SENSOR", SENSOR, (COUNTED,)),
        (TASMOTA, "stat/saw-plug/STATUS10", b'{"StatusSNS":' + SENSOR + b"}", (COUNTED,)),
        (TASMOTA, "tele/saw-plug/SENSOR", b'{"DS18B20":{"Temperature":21}}', ()),
        (TASMOTA, "tele/saw-plug/LWT", b"Offline", (Here(online=False),)),
    ],
)  # fmt: skip
def test_what_a_plug_says_is_understood(words: Words, topic: str, payload: bytes, meant: tuple[Heard, ...]) -> None:
    """Relay, power, current and energy, each where it is said; what is not said is not known."""
    assert words.hear(topic, payload, retained=False) == meant


@pytest.mark.parametrize(
    ("words", "topic", "payload"),
    [
        (SHELLY, "shellyplusplugs-1/status/switch:0", STATUS),
        (SHELLY, "shellyplusplugs-1/online", b"true"),
        (TASMOTA, "stat/saw-plug/POWER", b"ON"),
        (TASMOTA, "tele/saw-plug/SENSOR", SENSOR),
    ],
)
def test_what_a_broker_had_kept_is_no_news(words: Words, topic: str, payload: bytes) -> None:
    """Ghost switching begins with a retained word that somebody believes."""
    assert words.hear(topic, payload, retained=True) == ()


def test_a_kept_last_will_is_believed() -> None:
    """It says that the plug is not there, which is the safe side."""
    assert SHELLY.hear("shellyplusplugs-1/online", b"false", retained=True) == (Here(online=False),)


@pytest.mark.parametrize("value", ["null", "true", '"5"', "1e300", "NaN", "[]"])
def test_a_reading_that_cannot_be_true_is_not_measured(value: str) -> None:
    """Never zero, and never an error."""
    payload = f'{{"output":true,"apower":{value}}}'.encode()

    assert SHELLY.hear("shellyplusplugs-1/status/switch:0", payload, retained=False) == (Level(on=True), Sample())


@given(kind=st.sampled_from(["shelly", "tasmota"]), payload=st.binary(max_size=200), which=st.integers(0, 3))
def test_no_payload_is_an_error(kind: str, payload: bytes, which: int) -> None:
    """Whoever may write to the broker may write anything."""
    words = words_of("shelly" if kind == "shelly" else "tasmota", "t", "r")

    assert isinstance(words.hear(words.subscriptions[which], payload, retained=False), tuple)


@pytest.mark.parametrize("payload", [b"[" * 100_000, b'{"output":true' + b" " * PAYLOAD_MAX + b"}"])
def test_a_payload_that_is_too_deep_or_too_long_says_nothing(payload: bytes) -> None:
    """It costs little and is forgotten."""
    assert SHELLY.hear("shellyplusplugs-1/status/switch:0", payload, retained=False) == ()
