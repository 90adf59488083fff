"""The journal at work: one thread that writes facts in the order given and says when each is on disk.

House rules: `append` never waits; what is waiting goes into one transaction; a write that fails is tried for ever with
the same sealed bytes; nothing is called stored before its commit returned. When there is no room, starts are refused
and ends are still written, out of a reserve. Callbacks run in the journal's thread, must only hand
over, and must not fail.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from controller import logs
from controller.domain.chain import SealedFact
from controller.domain.facts import (
    BranchOpened,
    CommandAnswered,
    CurrentUnexplained,
    Fact,
    HeadWitnessed,
    SessionOpened,
    Stamp,
    TapRefused,
    TapsUnwritten,
)
from controller.domain.ids import BranchId, ControllerId
from controller.domain.now import Now
from controller.floor.disk import Disk, RealDisk
from controller.floor.journal_file import Held, JournalFile
from controller.floor.journal_room import JournalRoom, RoomLimits
from controller.floor.store_file import Claim, damaged, file_date, prepare, unusable

QUEUE_MAX = 1_000
"""Facts waiting for the disk. A workshop makes a few a minute, so this is a disk that hung for hours; from here on
every further fact is refused and counted, which takes more open uses than a controller has machines.
"""

QUEUE_KEPT_FOR_ENDS = 200
"""The last places are for facts that must not be refused: ends, faults, restarts. 64 uses can be open or starting at
once; each brings at most an end and a fault.
"""

BATCH_MAX = 64
"""Facts of one transaction: what piled up behind a slow flush goes in few steps, and none becomes a long one itself."""

RETRY_FIRST_S = 0.05
RETRY_MAX_S = 2.0
"""A failed write is tried again after 50 ms, then ever later up to 2 s, for ever: attempts are never counted."""

QUIET_S = 0.5
"""Checkpoints and trimming wait for half a second without a fact, so that no tap stands behind them."""

CHECKPOINT_QUIET_FACTS = 256
CHECKPOINT_ANYWAY_FACTS = 2_048
"""Facts in the write-ahead log (some 10 kB each) before it is copied: 256 in a quiet moment, 2,048 in any."""

ROOM_CHECK_S = 5.0
"""How often a journal in trouble looks whether there is room again."""

CHORE_ROWS = 500
"""Facts that one step of trimming or forgetting takes: some milliseconds, after which a waiting fact has its turn."""

CLOSE_MAX_S = 2.0
"""How long closing waits for the last facts: a hung disk must not keep the process from ending; the tick proves the
rest.
"""

BRANCH_ID_BYTES = 8

_REFUSABLE = (SessionOpened, TapRefused, TapsUnwritten, CurrentUnexplained, HeadWitnessed, CommandAnswered)

OnStored = Callable[[int, int], None]
"""Given when the commit began and ended, in nanoseconds of the process clock (`time.perf_counter_ns`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A new branch, on disk, and what the earlier ones left."""

    branch: BranchId
    opening: SealedFact
    held: Held


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalState:
    """What the floor must know: no room for starts, and why the last write failed (`None` when it did not)."""

    full: bool
    trouble: str | None


@dataclass(slots=True)
class _Waiting:
    fact: Fact
    on_stored: OnStored | None
    since_ns: int


@dataclass(slots=True)
class _Chores:
    """What to do in quiet moments; a later wish replaces an earlier one, as it contains it."""

    trim: tuple[int, int | None] | None = None
    forget: tuple[int, int] | None = None


class Journal:
    """One controller's journal. `append`, `trim`, `forget_bodies` and the properties may be used from any thread."""

    def __init__(
        self,
        path: Path,
        *,
        controller: ControllerId,
        software: str,
        on_written: Callable[[int], None] = lambda _: None,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        clock_ns: Callable[[], int] = time.perf_counter_ns,
        disk: Disk | None = None,
        limits: RoomLimits | None = None,
    ) -> None:
        """Claim, prepare and open the file; `DataError` or `OperatingError` with one sentence when it cannot be.

        `on_written(n)` is told the last number on disk after each commit; `random_bytes` gives salts and a branch id.
        """
        disk = disk or RealDisk()
        self._software = software
        self._on_written = on_written
        self._random_bytes = random_bytes
        self._clock_ns = clock_ns
        self._claim = Claim(path)
        try:
            prepare(path, "journal")
            self._file, self._held = _opened(path, controller, disk, random_bytes)
            self._room = JournalRoom(path, self._file, disk, limits or RoomLimits())
        except BaseException:
            self._claim.release()
            raise
        self._changed = threading.Condition()
        self._queue: deque[_Waiting] = deque()
        self._chores = _Chores()
        self._ending = False
        self._branch = BranchId("")
        self._state = JournalState(full=False, trouble=None)
        self._since_checkpoint = 0
        self.refused = 0
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._log = logs.get("journal")

    @property
    def alive(self) -> bool:
        """Whether the thread that writes is there; false before `open`, and after an error that nobody foresaw."""
        return self._thread.is_alive()

    @property
    def last_wall_ms(self) -> int | None:
        """The newest date in the journal when it was opened: no clock of this controller may show an earlier one."""
        return self._held.last_wall_ms

    def open(self, now: Now) -> Opened:
        """Open a new branch behind what is held, in the caller's thread, and start writing; once only."""
        self._branch = BranchId(self._random_bytes(BRANCH_ID_BYTES).hex())
        parent = self._held.head
        fact = BranchOpened(
            parent_branch=parent.branch or None,
            parent_n=parent.n,
            parent_hash=parent.hash,
            software=self._software,
            at=Stamp.of(now),
        )
        (opening,) = self._file.seal_all([fact], self._branch)
        try:
            self._file.write([fact], [opening])
        except sqlite3.OperationalError as error:
            raise unusable(self._file.path, error) from error
        self._look_for_room()
        self._thread.start()
        return Opened(branch=self._branch, opening=opening.sealed, held=self._held)

    def append(self, fact: Fact, on_stored: OnStored | None = None) -> None:
        """Queue a fact and return at once; `on_stored` is called in the journal's thread after its commit.

        A fact that starts or refuses something is itself refused, and counted in `refused`, when there is no room;
        any other only when all places are taken. What is refused is never stored, so it never powers anything.
        """
        places = QUEUE_MAX
        if isinstance(fact, _REFUSABLE):
            places = 0 if self._state.full else QUEUE_MAX - QUEUE_KEPT_FOR_ENDS
        with self._changed:
            if len(self._queue) >= places or self._ending:
                self.refused += 1
                return
            self._queue.append(_Waiting(fact, on_stored, self._clock_ns()))
            self._changed.notify_all()

    @property
    def full(self) -> bool:
        """Whether starts must be refused for lack of room."""
        return self._state.full

    @property
    def pending(self) -> int:
        """Facts not yet known to be on disk."""
        return len(self._queue)

    def pending_ms(self) -> int:
        """Return how long the oldest of them has waited, in milliseconds; 0 when none waits."""
        with self._changed:
            return (self._clock_ns() - self._queue[0].since_ns) // 1_000_000 if self._queue else 0

    @property
    def state(self) -> JournalState:
        """Room and trouble, as the last attempt left them."""
        return self._state

    def trim(self, up_to_n: int, before_wall_ms: int | None = None) -> None:
        """Drop facts up to `up_to_n` (older than the date, if given) in quiet moments; open uses and the head stay."""
        with self._changed:
            self._chores.trim = (up_to_n, before_wall_ms)
            self._changed.notify_all()

    def forget_bodies(self, before_wall_ms: int, up_to_n: int) -> None:
        """Delete salts and bodies older than the date, up to `up_to_n`, in quiet moments; the chain still verifies."""
        with self._changed:
            self._chores.forget = (before_wall_ms, up_to_n)
            self._changed.notify_all()

    def settle(self, deadline_s: float) -> bool:
        """Wait until every queued fact is on disk and every chore is done; say whether that came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queue and self._chores == _Chores(), deadline_s)

    def close(self, deadline_s: float = CLOSE_MAX_S) -> bool:
        """Refuse further facts, write what waits within the deadline, end; say whether everything was written."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        if self._thread.ident is None:
            self._file.close()
            self._claim.release()
            return True
        self._thread.join(deadline_s)
        return not self._thread.is_alive() and not self._queue

    def _run(self) -> None:
        while True:
            waiting, ending = self._next()
            if waiting:
                if not self._store(waiting):
                    break
            elif ending:
                break
            else:
                self._quiet()
        self._file.close()
        self._claim.release()

    def _next(self) -> tuple[list[_Waiting], bool]:
        """Wait for facts; give none after a quiet moment in which something is to be done, or at the end."""
        with self._changed:
            while not self._queue and not self._ending:
                busy = self._since_checkpoint >= CHECKPOINT_QUIET_FACTS or self._chores != _Chores()
                troubled = self._state.full or self._state.trouble is not None
                pause = QUIET_S if busy else ROOM_CHECK_S if troubled else None
                if not self._changed.wait(pause):
                    break
            return [self._queue[index] for index in range(min(BATCH_MAX, len(self._queue)))], self._ending

    def _store(self, waiting: list[_Waiting]) -> bool:
        """Write a batch, trying until it is written; say no only when the end came first."""
        facts = [one.fact for one in waiting]
        links = self._file.seal_all(facts, self._branch)
        pause_s, again = RETRY_FIRST_S, False
        while True:
            begin_ns = self._clock_ns()
            try:
                if again:
                    self._file.reopen()
                self._file.write(facts, links, again=again)
                break
            except sqlite3.Error as error:
                self._troubled(error)
                with self._changed:
                    if self._ending and again:
                        return False
                    self._changed.wait_for(lambda: self._ending, pause_s)
                pause_s, again = min(RETRY_MAX_S, pause_s * 2), True
        end_ns = self._clock_ns()
        with self._changed:
            for _ in waiting:
                self._queue.popleft()
            self._changed.notify_all()
        self._tell_stored(waiting, links[-1].sealed.n, begin_ns, end_ns)
        self._since_checkpoint += len(links)
        if self._since_checkpoint >= CHECKPOINT_ANYWAY_FACTS:
            self._try(self._checkpoint)
        self._try(self._look_for_room)
        return True

    def _tell_stored(self, waiting: list[_Waiting], last_n: int, begin_ns: int, end_ns: int) -> None:
        for one in waiting:
            if one.on_stored is not None:
                one.on_stored(begin_ns, end_ns)
        self._on_written(last_n)

    def _quiet(self) -> None:
        """Do one step of what can wait."""
        if self._since_checkpoint >= CHECKPOINT_QUIET_FACTS:
            self._try(self._checkpoint)
        with self._changed:
            trim, forget = self._chores.trim, self._chores.forget
        more_to_trim = trim is not None and self._try(lambda: self._file.trim(*trim, CHORE_ROWS))
        more_to_forget = forget is not None and self._try(lambda: self._file.forget(*forget, CHORE_ROWS))
        with self._changed:
            if not more_to_trim and self._chores.trim == trim:
                self._chores.trim = None
            if not more_to_forget and self._chores.forget == forget:
                self._chores.forget = None
            self._changed.notify_all()
        self._try(self._look_for_room)

    def _try(self, work: Callable[[], bool | None]) -> bool:
        """Do a chore; when the disk refuses, say so and leave it for another time."""
        try:
            return bool(work())
        except (sqlite3.Error, OSError) as error:
            self._troubled(error)
            return False

    def _checkpoint(self) -> None:
        self._file.checkpoint()
        self._since_checkpoint = 0

    def _look_for_room(self) -> None:
        self._become(JournalState(full=self._room.is_full(), trouble=None))

    def _troubled(self, error: sqlite3.Error | OSError) -> None:
        full = self._state.full
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL or "full" in str(error):
            full = True
            with suppress(OSError):  # a card that has become read-only keeps the reserve, and the facts wait
                self._room.give_way()
        self._become(JournalState(full=full, trouble=str(error)))

    def _become(self, state: JournalState) -> None:
        if state != self._state:
            self._state = state
            self._log.warning("the journal's state changed", full=state.full, trouble=state.trouble)


def _opened(
    path: Path, controller: ControllerId, disk: Disk, random_bytes: Callable[[int], bytes]
) -> tuple[JournalFile, Held]:
    try:
        file = JournalFile(path, controller, disk, random_bytes)
        try:
            return file, file.held()
        except BaseException:
            file.close()
            raise
    except sqlite3.OperationalError as error:
        raise unusable(path, error) from error
    except sqlite3.DatabaseError as error:
        raise damaged(path, "journal", error, file_date()) from error
