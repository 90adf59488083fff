"""The program at the machines: opens everything in the order that keeps the promises, and closes it in the reverse.

House rules: the journal is opened and what it proves is known before a relay is claimed; every relay is claimed off
before a reader is heard; the engine runs in a thread of its own and the main thread only waits, beats, looks whether
every other thread is there, and ends.
"""

from __future__ import annotations

import os
import queue
import threading
from contextlib import closing
from dataclasses import dataclass, replace
from importlib import metadata
from typing import TYPE_CHECKING

from controller import logs
from controller.domain import events as ev
from controller.domain.facts import CommandAnswered, Stamp
from controller.domain.ids import ControllerId, MachineId, SiteId
from controller.domain.workshop import Limits, Startup, Workshop
from controller.exchange import public
from controller.exchange.announcing import birth_topic
from controller.exchange.controller_side import HELD_BACK
from controller.exchange.mqtt import Connection
from controller.exchange.public_memory import PublicMemory
from controller.exchange.publisher import Publisher
from controller.floor.adapters.gpiod_pins import MockRelayFactory
from controller.floor.adapters.heartbeat import Liveness, SystemdHeartbeat
from controller.floor.badge_key import load_badge_key
from controller.floor.devices import Devices
from controller.floor.directory_here import DirectoryHere
from controller.floor.engine import Engine
from controller.floor.floor_readers import FloorReaders
from controller.floor.found_open import found_open
from controller.floor.journal import Journal, Opened
from controller.floor.journal_reading import JournalReader
from controller.floor.leased_switch import JoinedRelays
from controller.floor.own_facts import OwnFacts
from controller.floor.placed_relays import PlacedRelays, channels_of
from controller.floor.quiet_hours import QuietHours
from controller.floor.reader_signs import ReaderSigns
from controller.floor.relay_watch import RelayWatch
from controller.floor.replica import Replica
from controller.floor.resolver import Resolver
from controller.floor.restored_note import RestoredNote
from controller.floor.right_of_way import RightOfWay
from controller.floor.standing_lights import StandingLights
from controller.floor.tick import Tick, open_tick_file, read_last
from controller.floor.uplink import Uplink
from controller.floor.vital_threads import VitalThreads
from controller.service import beat_every_s

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.now import Now
    from controller.exchange.dialogue import Broker
    from controller.floor.adapters.gpio import PinFactory
    from controller.floor.ports import Clock, Relays
    from controller.metrics_door import MetricsDoor
    from controller.settings import Settings

BEAT_S = 1.0
"""How often the main thread looks after the watchdog when systemd does not say otherwise."""

VERSION = metadata.version("indivis")

_log = logs.get("controller")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What bootstrap builds from the settings. `clock` takes the newest date in the journal; `relays_for` claims
    every relay, the named channels' as proven held; `pins` gives a factory for buttons.
    """

    clock: Callable[[int | None], Clock]
    relays_for: Callable[[frozenset[str], str], Relays]
    exchange: Broker
    public: Broker
    plugs: Broker
    pins: Callable[[], PinFactory] = MockRelayFactory


class Floor:
    """Everything that runs on one controller."""

    def __init__(self, settings: Settings, outside: Outside) -> None:
        """Open the stores, decide what earlier uses become, claim the relays; nothing is read or said yet."""
        self._settings = settings
        here = ControllerId(settings.controller.id)
        folder = settings.controller.state_dir
        key = load_badge_key(settings.controller.badge_key_file)
        note = RestoredNote(folder)
        self._replica = Replica(folder / "replica.db")
        self.own = OwnFacts()
        self._directory = DirectoryHere(self._replica, self.own, here)
        self.journal = Journal(
            folder / "journal.db",
            controller=here,
            software=VERSION,
        )
        self._outside, self._quiet = outside, QuietHours(settings.site.quiet)
        self._clock = self._new_clock()
        self._tick_path = folder / "tick"
        last_tick = read_last(self._tick_path)
        opened = self.journal.open(self._clock.now())
        if (restored := note.fact(Stamp.of(self._clock.now()))) is not None:
            self.journal.append(restored, lambda _begin_ns, _end_ns: note.done())
        channels = frozenset(channel.name for channel in settings.channel)
        held = self._directory.held_channels(opened, last_tick, self._clock.now())
        self._devices = Devices(
            settings,
            outside.plugs,
            tell=lambda event: self.engine.submit(event),  # noqa: PLW0108 - the engine comes later
            machine_on=self._machine_on,
            pins=outside.pins,
        )
        pins = outside.relays_for(held, self._clock.now().boot_id)
        self.relays = PlacedRelays(JoinedRelays(pins, self._devices.switches), channels)
        speed = settings.clock.speed
        # Disks, relays and hands are as slow as ever where the clock runs faster.
        limits = Limits(
            commit_budget_ms=250 * speed,
            relay_answer_ms=3_000 * speed,
            teaching_ms=15_000 * speed,
            stop_confirm_ms=10_000 * speed,
            hand_over_ms=15_000 * speed,
        )
        self._tick = open_tick_file(self._tick_path)
        self.engine = Engine(
            Workshop(branch=opened.branch, limits=limits),
            clock=self._clock,
            relays=self.relays,
            journal=self.journal,
            tick=self._tick,
            speed=speed,
        )
        self._relay_watch = RelayWatch()
        self._right_of_way = RightOfWay()
        self._liveness = Liveness()
        self.engine.on_alive = self._engine_alive
        self._heartbeat = SystemdHeartbeat(os.environ.get("NOTIFY_SOCKET"), self._liveness)
        self._resolver = Resolver(
            self._replica.reader(),
            self.own,
            controller=here,
            now=self._new_clock().now,
            deliver=self.engine.submit,
        )
        self._uplink = Uplink(
            here,
            clock=self._new_clock(),
            speed=speed,
            journal=self.journal,
            journal_path=folder / "journal.db",
            replica=self._replica,
            own=self.own,
            engine=self.engine,
            on_replica=self._adopt_directory,
            give_way=self._right_of_way.give_way,
            software=VERSION,
        )
        self._public, self._publisher = self._publishing(outside)
        self.readers = FloorReaders(
            settings.reader,
            key=key,
            engine=self.engine,
            resolve=self._resolver.submit,
            machine_on=self._machine_on,
            right_of_way=self._right_of_way,
            devices=self._devices.words,
            quiet=self._quiet,
        )
        self._standing_lights = StandingLights(self.readers.show)
        self._metrics: MetricsDoor | None = None
        self._join_the_engine()
        self._remember(opened)
        for channel in self._devices.switches:
            self.engine.step(ev.SwitchSeen(channel=channel, reached=False))
        # What was open is decided first: a proven hold reads on, which is no fault.
        self.engine.step(self._directory.at_start(opened.held, self._clock.now()))
        self._close_what_was_open(opened, last_tick)
        self._threads = VitalThreads(
            {
                "journal": lambda: self.journal.alive,
                "tick": lambda: self._tick.alive,
                "resolver": lambda: self._resolver.alive,
                "readers": lambda: self.readers.alive,
                "devices": lambda: self._devices.alive,
                "exchange": lambda: self._uplink.alive,
                "public tree": lambda: self._publisher.alive and self._public.alive,
            }
        )
        # Not an Event: its lock would be taken twice by a signal that arrives while the main thread looks at it.
        self._ending: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._failure: BaseException | None = None
        self._engine_thread = threading.Thread(target=self._run_engine, name="engine", daemon=True)

    def _join_the_engine(self) -> None:
        """Have the engine tell everybody who wants to know, in this order."""
        self.engine.on_committed = self._committed
        self.engine.on_directory = self._place
        self.engine.on_look_up = self._look_again
        signs = ReaderSigns(self.readers.show, "fr", self._quiet, self._devices.say)
        self.engine.watchers += [self.own, _Answers(self._uplink), self._publisher, signs]

    def run(self, on_ready: Callable[[], None]) -> None:
        """Run until `end`; raise what ended the engine if it was an error."""
        self._engine_thread.start()
        self._uplink.start(self._outside.exchange)
        self._public.start()
        self._publisher.start(self._public, self.engine.workshop)
        self._resolver.start()
        self._devices.start()
        self.readers.start()
        self._metrics = self._open_metrics()
        self._heartbeat.ready("")
        on_ready()
        every_s = beat_every_s(os.environ, os.getpid()) or BEAT_S
        while not self._told_to_end(every_s):
            self._prove_relays()
            now = self._clock.now()
            self._standing_lights.look(self.engine.workshop, now)
            self._quiet.look(now)
            self._notice_the_dead()
            self._heartbeat.beat()
        self._close()
        if self._failure is not None:
            raise self._failure

    def end(self) -> None:
        """Ask for a clean end; safe in a signal handler."""
        self._ending.put(None)

    def _told_to_end(self, within_s: float) -> bool:
        try:
            self._ending.get(timeout=within_s)
        except queue.Empty:
            return False
        return True

    def _close(self) -> None:
        # Power goes first: a reader or a look-up that hangs must not keep a relay closed. A switch behind a reader
        # hears of it before that reader ends.
        self.engine.submit(ev.ShutdownAsked())
        self.engine.stop()
        self._heartbeat.stopping()
        self._engine_thread.join(5)
        self.relays.close()
        self._devices.stop()
        self.readers.stop()
        self._resolver.close()
        self.journal.close()
        self._tick.close()
        if self._metrics is not None:
            self._metrics.close()
        self._publisher.stop()
        self._public.close()
        self._publisher.remember()
        self._uplink.stop()
        self._replica.close()

    def _run_engine(self) -> None:
        try:
            self.engine.run()
        except BaseException as error:  # noqa: BLE001 - it goes on up in the main thread; the relays are off already
            self._failure = error
            self.end()

    def _notice_the_dead(self) -> None:
        """End the program when one of its threads is gone; the engine's own death is told by `_run_engine`."""
        if self._failure is None and (dead := self._threads.dead()) is not None:
            _log.error("a thread has died; the program ends to be started anew", why=dead.sentence("en"))
            self._failure = dead
            self.end()

    def _prove_relays(self) -> None:
        """Mark the relays alive when each gives an answer; a contact that welded since its last switching is told."""
        for found in self._relay_watch.look(self.engine.workshop, self.relays.read):
            self.engine.submit(found)
        self._liveness.relays_alive()

    def _publishing(self, outside: Outside) -> tuple[Connection, Publisher]:
        place = public.Place(site=SiteId(self._settings.site.id), controller=ControllerId(self._settings.controller.id))
        now, folder, told = self._clock.now(), self._settings.controller.state_dir, self._settings.mqtt
        prefix = told.home_assistant_prefix if told.home_assistant else ""
        publisher = Publisher(
            place,
            about=public.About(
                version=VERSION,
                started_ms=now.wall_ms,
                revenue=told.revenue,
                home_assistant=prefix,
                lang=told.home_assistant_language,
            ),
            first_seq=now.boot_ms if now.wall_ms is None else now.wall_ms,
            read_relay=self.relays.read,
            now=self._new_clock().now,
            open_journal=lambda: closing(JournalReader(folder / "journal.db")),
            memory=PublicMemory.read(folder / "public.json"),
            give_way=self._right_of_way.give_way,
        )
        line = Connection(
            outside.public,
            subscriptions=() if (birth := birth_topic(prefix)) is None else (birth,),
            will=public.last_will(place),
            on_message=publisher.heard,
            on_status=publisher.on_status,
            on_taken=publisher.taken,
            keep_while_lost=False,
            give_way=self._right_of_way.give_way,
        )
        return line, publisher

    def _open_metrics(self) -> MetricsDoor | None:
        wanted = self._settings.metrics
        if not wanted.controller_port:
            return None
        # Imported here: who serves no figures keeps the library out of the controller's memory.
        from controller.floor.floor_metrics import FloorMetrics  # noqa: PLC0415
        from controller.metrics_door import open_door  # noqa: PLC0415

        clock = self._new_clock()
        figures = FloorMetrics(
            version=VERSION,
            started_ms=clock.now().wall_ms,
            folder=self._settings.controller.state_dir,
            workshop=lambda: self.engine.workshop,
            totals=self._publisher.totals,
            public_connected=lambda: self._public.status.word == "connected",
            now=clock.now,
        )
        return open_door(wanted.host, wanted.controller_port, figures, self._right_of_way.give_way)

    def _committed(self) -> None:
        self._uplink.committed()
        self._publisher.committed()

    def _engine_alive(self) -> None:
        self._liveness.engine_alive()
        self._devices.engine_turned()

    def _new_clock(self) -> Clock:
        """A clock for one thread: a believed date is remembered by each, so it is not shared."""
        return self._outside.clock(self.journal.last_wall_ms)

    def _machine_on(self, channel: str) -> MachineId | None:
        machine = self.relays.machine_on(channel)
        return None if machine is None else MachineId(machine)

    def _look_again(self, asked: ev.LookUp) -> None:
        if not self._resolver.look_again(asked) and asked.asked_by_tap:
            self.engine.submit(ev.TapUnheard(machine=asked.machine))

    def _remember(self, opened: Opened) -> None:
        """Know what earlier starts learned and nobody has lifted: the office's word about this card, and faults."""
        if self._replica.standing() in HELD_BACK:
            self.engine.step(ev.QuarantineSet(quarantined=True))
        self.own.found(self._directory.contained(opened), opened.held.faults)

    def _adopt_directory(self) -> None:
        self.engine.submit(self._directory.changed())

    def _place(self, changed: ev.DirectoryChanged) -> None:
        """Wire machines to channels in the very step that adopts them, so that nothing is switched by half of it."""
        self.relays.place(channels_of(changed.machines))

    def _seen(self, machine: MachineId) -> ev.RelayRead:
        return ev.RelayRead(machine=machine, wanted_on=False, read_on=self.relays.read(machine))

    def _close_what_was_open(self, opened: Opened, tick: Tick | None) -> None:
        """End each use that was open when the program ended, at its last proven instant, or let a proven hold go on."""
        now = self._clock.now()
        for found in opened.held.open_sessions:
            overtime_s = opened.held.overtime_s.get(found.session, 0)
            event = found_open(
                found, tick, now, read_on=self.relays.read(found.machine), open_uses=opened.held.open_sessions
            )
            self.engine.step(replace(event, overtime_s=overtime_s))
        for name, machine in tuple(self.engine.workshop.machines.items()):
            if isinstance(machine.situation, Startup):
                self.engine.step(self._seen(name))


class _Answers:
    """Tells the exchange what became of a command."""

    def __init__(self, uplink: Uplink) -> None:
        self._uplink = uplink

    def after_step(self, _workshop: Workshop, effects: tuple[ev.Effect, ...], _now: Now) -> None:
        for effect in effects:
            if isinstance(effect, ev.Record) and isinstance(effect.fact, CommandAnswered):
                self._uplink.answered(effect.fact.command, effect.fact.outcome)
