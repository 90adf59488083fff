"""An example of each payload of the public tree, for the reference and whoever builds on it; all fictional."""

from __future__ import annotations

from controller.domain.reasons import REFUSAL_SENTENCES, STOP_SENTENCES, Refusal, StopReason
from controller.exchange.discovery_payloads import Available, Component, Device, Discovery, Origin
from controller.exchange.payloads import (
    Cost,
    Event,
    Info,
    MachineName,
    Session,
    State,
)

_BEGAN, _ENDED, _SAID = (f"2027-03-01T{time}+00:00" for time in ("09:02:30.000", "09:14:02.000", "09:14:02.120"))

INFO = Info(
    ts=_SAID,
    controller="pi-1",
    site="atelier",
    version="1.0.0",
    started_at="2027-03-01T07:00:00.000+00:00",
    privacy_mode="none",
    revenue=True,
    machines=(MachineName(id="laser", name="Découpe laser"), MachineName(id="four", name="Four céramique")),
)
IN_USE = State(
    ts="2027-03-01T09:12:30.000+00:00",
    seq=1_804,
    state="in_use",
    relay="ON",
    reader="ready",
    reason=None,
    session=Session(
        id="b3k9-17",
        started_at=_BEGAN,
        elapsed_s=600,
        ends_at="2027-03-01T11:02:30.000+00:00",
        ends_by=StopReason.MAXIMUM_DURATION,
        warning_s=None,
        overtime=False,
        running=True,
        busy_s=540,
        idle_s=60,
    ),
    user=None,
    cost=Cost(amount_cents=300),
    power_w=840,
    current_ma=3_700,
)
LOCKED_OUT = State(
    ts=_SAID,
    seq=212,
    state="locked_out",
    relay="OFF",
    reader="ready",
    reason=Refusal.MACHINE_LOCKED,
    session=None,
    user=None,
    cost=None,
    power_w=None,
    current_ma=None,
)
GRANTED = Event(
    event_type="granted",
    id="b3k9-17",
    ts=_BEGAN,
    seq=1_790,
    machine="laser",
    session_id="b3k9-17",
    reason=None,
    message_fr="La machine est en marche.",
    message_en="The machine is on.",
    user=None,
    amount_cents=None,
    currency=None,
    replayed=False,
)
DENIED = Event(
    event_type="denied",
    id="b3k9-18",
    ts=_SAID,
    seq=213,
    machine="four",
    session_id=None,
    reason=Refusal.MACHINE_LOCKED,
    message_fr=REFUSAL_SENTENCES[Refusal.MACHINE_LOCKED].fr,
    message_en=REFUSAL_SENTENCES[Refusal.MACHINE_LOCKED].en,
    user=None,
    amount_cents=None,
    currency=None,
    replayed=False,
)
ENDED = Event(
    event_type="ended",
    id="b3k9-19",
    ts=_SAID,
    seq=1_805,
    machine="laser",
    session_id="b3k9-17",
    reason=StopReason.SECOND_TAP,
    message_fr=STOP_SENTENCES[StopReason.SECOND_TAP].fr,
    message_en=STOP_SENTENCES[StopReason.SECOND_TAP].en,
    user=None,
    amount_cents=350,
    currency="EUR",
    replayed=False,
)
_LASER, _PI = "indivis_atelier_laser", "indivis_controller_atelier_pi-1"
_STATUS = "indivis/atelier/controller/pi-1/status"
MACHINE_DEVICE = Discovery(
    device=Device(identifiers=(_LASER,), name="Découpe laser", model="Machine", sw_version="1.0.0", via_device=_PI),
    origin=Origin(sw_version="1.0.0"),
    availability=(Available(topic=_STATUS), Available(topic="indivis/atelier/machine/laser/availability")),
    components={
        "energy": Component(
            platform="sensor",
            unique_id=f"{_LASER}_energy",
            default_entity_id="sensor.laser_energy",
            name="Énergie",
            state_topic="indivis/atelier/machine/laser/energy_kwh",
            device_class="energy",
            state_class="total_increasing",
            unit_of_measurement="kWh",
        ),
    },
)
CONTROLLER_DEVICE = Discovery(
    device=Device(identifiers=(_PI,), name="Indivis pi-1", model="Controller", sw_version="1.0.0"),
    origin=Origin(sw_version="1.0.0"),
    components={
        "connected": Component(
            platform="binary_sensor",
            unique_id=f"{_PI}_connected",
            default_entity_id="binary_sensor.indivis_pi_1_connected",
            name="Connexion",
            state_topic=_STATUS,
            device_class="connectivity",
            payload_on="online",
            payload_off="offline",
            entity_category="diagnostic",
        ),
    },
)
