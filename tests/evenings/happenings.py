"""What may happen in an evening: one sentence each, and what it does to the story.

House rules: a sentence is one line of this table, in the words of a workshop; whoever adds a reason to the rules adds
the sentence that leads to it, if there is none yet, and an evening that says it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from controller.domain import events as ev
from controller.domain.directory import GroupEntry, LessonWindow, OpeningEntry, OpenWindow, Prerequisite
from controller.domain.ids import AccountId, GroupId, MachineId, SessionId, TrainingId
from controller.domain.proof import Proof
from tests.evenings.lines import span_s
from tests.story import FRESH, Story

HOUR_MS = 3_600_000
Happening = Callable[[Story, dict[str, str]], int | None]
"""Does it, and returns the seconds that went by, where any did."""
HAPPENINGS: dict[str, tuple[re.Pattern[str], Happening]] = {}
PLACES = {
    "WHO": r"(?:a|an|another|the) [a-z ]+?",
    "MACHINE": r"[a-z]+",
    "SPAN": r"\d+ (?:s|min|h|days|day)",
    "WATTS": r"\d+",
    "EUROS": r"\d+\.\d\d",
    "BEGIN": r"-?\d+(?:\.\d+)?",
    "END": r"-?\d+(?:\.\d+)?",
}


def happens(sentence: str) -> Callable[[Happening], Happening]:
    """Enter a sentence into the table; words in capitals are what varies."""

    def enter(does: Happening) -> Happening:
        pattern = re.escape(sentence)
        for place, fits in PLACES.items():
            pattern = pattern.replace(place, f"(?P<{place}>{fits})", 1)
        HAPPENINGS[sentence] = (re.compile(pattern), does)
        return does

    return enter


def find(words: str) -> tuple[Happening, dict[str, str]] | None:
    """Return what a sentence does; nothing when there is no such sentence."""
    for pattern, does in HAPPENINGS.values():
        if found := pattern.fullmatch(words):
            return does, found.groupdict()
    return None


@happens("time passes")
def _(_story: Story, _said: dict[str, str]) -> None:
    """Deadlines were met on the way to this line."""


# ── badges ──────────────────────────────────────────────────────────────────────────────────────────────────


def _badge(story: Story, said: dict[str, str], proof: Proof = "number") -> None:
    machine = MachineId(said["MACHINE"])
    here = story.workshop.machines.get(machine)
    use = None if here is None else story.use_at(machine)
    owner = use is not None and use.opened.token == f"token-of-{said['WHO']}"
    story.taps(said["WHO"], at=machine, looked_up=not owner, proof=proof)


@happens("WHO badges at the MACHINE with a secure chip")
def _(story: Story, said: dict[str, str]) -> None:
    _badge(story, said, "cryptographic")


@happens("WHO badges at the MACHINE")
def _(story: Story, said: dict[str, str]) -> None:
    _badge(story, said)


@happens("a badge at the MACHINE is never looked up")
def _(story: Story, said: dict[str, str]) -> None:
    story.feed(ev.TapUnheard(machine=MachineId(said["MACHINE"])))


# ── the office ──────────────────────────────────────────────────────────────────────────────────────────────


@happens("the MACHINE is locked out")
def _(story: Story, said: dict[str, str]) -> None:
    story.locks_out(MachineId(said["MACHINE"]))


@happens("the MACHINE is locked out as an emergency")
def _(story: Story, said: dict[str, str]) -> None:
    story.locks_out(MachineId(said["MACHINE"]), emergency=True)


@happens("all locks and faults are lifted")
def _(story: Story, _said: dict[str, str]) -> None:
    story.locks = ()
    standing = tuple(lock for machine in story.workshop.machines.values() for lock in sorted(machine.faults))
    story.the_office_tells(lifted=standing)


@happens("the MACHINE goes into maintenance")
def _(story: Story, said: dict[str, str]) -> None:
    _policy(story, said["MACHINE"], in_service="maintenance")


@happens("the MACHINE goes into service")
def _(story: Story, said: dict[str, str]) -> None:
    _policy(story, said["MACHINE"], in_service="in_service")


@happens("the MACHINE is wired to another relay")
def _(story: Story, said: dict[str, str]) -> None:
    _policy(story, said["MACHINE"], channel="relay-9")


@happens("the MACHINE has no price any more")
def _(story: Story, said: dict[str, str]) -> None:
    _policy(story, said["MACHINE"], price=None)


def _policy(story: Story, machine: str, **words: object) -> None:
    story.machines = tuple(
        replace(entry, **words) if entry.machine == machine else entry  # type: ignore[arg-type]
        for entry in story.machines
    )
    story.the_office_tells()


@happens("the office stops the use at the MACHINE")
def _(story: Story, said: dict[str, str]) -> None:
    here = story.workshop.machines[MachineId(said["MACHINE"])].situation
    session = getattr(getattr(here, "opened", None), "session", SessionId("none"))
    expires_ms = story.now.boot_ms + 60_000
    story.feed(ev.StopAsked(command="c1", session=session, boot_id=story.now.boot_id, expires_boot_ms=expires_ms))


@happens("a copy of the card is suspected")
def _(story: Story, _said: dict[str, str]) -> None:
    story.feed(ev.QuarantineSet(quarantined=True))


@happens("the card is cleared")
def _(story: Story, _said: dict[str, str]) -> None:
    story.feed(ev.QuarantineSet(quarantined=False))


@happens("the office was last heard SPAN ago")
def _(story: Story, said: dict[str, str]) -> None:
    story.reading = replace(story.reading, age_ms=1000 * span_s(said["SPAN"]))


@happens("the office is heard again")
def _(story: Story, _said: dict[str, str]) -> None:
    story.reading = FRESH


@happens("the directory is empty")
def _(story: Story, _said: dict[str, str]) -> None:
    story.reading = replace(story.reading, age_ms=None, empty=True)


@happens("the office sends rules that this version cannot read")
def _(story: Story, _said: dict[str, str]) -> None:
    story.the_office_tells(understood=False)


@happens("the place is open from BEGIN h to END h from now")
def _(story: Story, said: dict[str, str]) -> None:
    wall_ms = story.now.wall_ms or 0
    begins_ms, ends_ms = (wall_ms + round(HOUR_MS * float(said[name])) for name in ("BEGIN", "END"))
    window = OpenWindow(from_ms=begins_ms, until_ms=ends_ms)
    story.openings = (OpeningEntry(site=story.machines[0].site, windows=(window,)),)
    story.the_office_tells()


@happens("WHO has booked the MACHINE from BEGIN min to END min from now")
def _(story: Story, said: dict[str, str]) -> None:
    who = story.makers[said["WHO"]].member.removeprefix("m-")
    story.books((who, float(said["BEGIN"]), float(said["END"])), at=MachineId(said["MACHINE"]))


@happens("a class of WHO comes to the MACHINE from BEGIN min to END min from now")
def _(story: Story, said: dict[str, str]) -> None:
    wall_ms = story.now.wall_ms or 0
    begins_ms, ends_ms = (wall_ms + round(60_000 * float(said[name])) for name in ("BEGIN", "END"))
    story.groups = (
        GroupEntry(
            group=GroupId("class"),
            trainers=(story.makers[said["WHO"]].member,),
            machines=(MachineId(said["MACHINE"]), *(each.machine for each in story.machines)),
            account=AccountId("a-school"),
            admits=True,
            lessons=(LessonWindow(from_ms=begins_ms, until_ms=ends_ms, headcount=12),),
        ),
    )
    story.the_office_tells()


@happens("the order of the class is used up")
def _(story: Story, _said: dict[str, str]) -> None:
    story.groups = tuple(replace(group, admits=False) for group in story.groups)
    story.the_office_tells()


@happens("the training of the MACHINE needs another one from now on")
def _(story: Story, said: dict[str, str]) -> None:
    needs = Prerequisite(training=TrainingId("laser-basics"), needs=(TrainingId("safety"),))
    _policy(story, said["MACHINE"], prerequisites=(needs,))


@happens("WHO has followed the other training")
def _(story: Story, said: dict[str, str]) -> None:
    holder = story.makers[said["WHO"]]
    safety = replace(holder.rights[0], training=TrainingId("safety"))
    story.makers[said["WHO"]] = replace(holder, rights=(*holder.rights, safety))


@happens("WHO is suspended")
def _(story: Story, said: dict[str, str]) -> None:
    story.makers[said["WHO"]] = replace(story.makers[said["WHO"]], suspended=True)


@happens("the training of WHO is taken away")
def _(story: Story, said: dict[str, str]) -> None:
    story.makers[said["WHO"]] = replace(story.makers[said["WHO"]], rights=())


@happens("the account of WHO is topped up to EUROS €")
def _(story: Story, said: dict[str, str]) -> None:
    holder = story.makers[said["WHO"]]
    credit = replace(holder.credit, available_cents=int(said["EUROS"].replace(".", "")))
    story.makers[said["WHO"]] = replace(holder, credit=credit)


# ── things at the machine ───────────────────────────────────────────────────────────────────────────────────


def _contact(story: Story, said: dict[str, str], contact: str, *, active: bool) -> None:
    channel = story.workshop.machines[MachineId(said["MACHINE"])].policy.channel
    story.contact(contact, active=active, channel=channel)  # type: ignore[arg-type]


@happens("the emergency stop of the MACHINE is pressed")
def _(story: Story, said: dict[str, str]) -> None:
    _contact(story, said, "e_stop", active=True)


@happens("the emergency stop of the MACHINE is released")
def _(story: Story, said: dict[str, str]) -> None:
    _contact(story, said, "e_stop", active=False)


@happens("the guard of the MACHINE is opened")
def _(story: Story, said: dict[str, str]) -> None:
    _contact(story, said, "guard", active=True)


@happens("the guard of the MACHINE is closed")
def _(story: Story, said: dict[str, str]) -> None:
    _contact(story, said, "guard", active=False)


@happens("somebody reports danger at the MACHINE")
def _(story: Story, said: dict[str, str]) -> None:
    story.reports_danger(channel=story.workshop.machines[MachineId(said["MACHINE"])].policy.channel)


@happens("somebody tampers with the MACHINE")
def _(story: Story, said: dict[str, str]) -> None:
    _contact(story, said, "tamper", active=True)


@happens("the MACHINE draws WATTS W for SPAN")
def _(story: Story, said: dict[str, str]) -> int:
    for _ in range(span_s(said["SPAN"]) // 10):
        story.meter(
            mw=1000 * int(said["WATTS"]), channel=story.workshop.machines[MachineId(said["MACHINE"])].policy.channel
        )
        story.later(seconds=10)
    return span_s(said["SPAN"])


@happens("the switch of the MACHINE is unplugged")
def _(story: Story, said: dict[str, str]) -> None:
    story.the_switch_is_lost(MachineId(said["MACHINE"]))


@happens("the switch of the MACHINE is plugged in")
def _(story: Story, said: dict[str, str]) -> None:
    story.the_switch_is_back(MachineId(said["MACHINE"]))


@happens("the relay of the MACHINE cannot be read any more")
def _(story: Story, said: dict[str, str]) -> None:
    story.stuck[MachineId(said["MACHINE"])] = None


@happens("the relay of the MACHINE stays off from now on")
def _(story: Story, said: dict[str, str]) -> None:
    story.stuck[MachineId(said["MACHINE"])] = False


@happens("the relay of the MACHINE is mended")
def _(story: Story, said: dict[str, str]) -> None:
    story.stuck.pop(MachineId(said["MACHINE"]), None)


# ── the controller itself ───────────────────────────────────────────────────────────────────────────────────


@happens("the disk hangs")
def _(story: Story, _said: dict[str, str]) -> None:
    story.disk_hangs()


@happens("the disk goes on")
def _(story: Story, _said: dict[str, str]) -> None:
    story.disk_recovers()


@happens("the disk is full")
def _(story: Story, _said: dict[str, str]) -> None:
    story.disk_full = True


@happens("the disk has room again")
def _(story: Story, _said: dict[str, str]) -> None:
    story.disk_full = False


@happens("the clock loses its date")
def _(story: Story, _said: dict[str, str]) -> None:
    story.clock_is_lost()


@happens("the clock is put forward by SPAN")
def _(story: Story, said: dict[str, str]) -> None:
    story.clock_steps(span_s(said["SPAN"]))


@happens("the clock is put back by SPAN")
def _(story: Story, said: dict[str, str]) -> None:
    story.clock_steps(-span_s(said["SPAN"]))


@happens("the program is killed, and starts again after SPAN")
def _(story: Story, said: dict[str, str]) -> int:
    story.crashes()
    story.starts_up(after_s := span_s(said["SPAN"]))
    return after_s


@happens("the mains fail, and come back after SPAN")
def _(story: Story, said: dict[str, str]) -> int:
    story.loses_power()
    story.starts_up(after_s := span_s(said["SPAN"]))
    return after_s


@happens("the program is asked to end")
def _(story: Story, _said: dict[str, str]) -> None:
    story.feed(ev.ShutdownAsked())


@happens("the program starts again after SPAN")
def _(story: Story, said: dict[str, str]) -> int:
    story.crashes()
    story.starts_up(after_s := span_s(said["SPAN"]))
    return after_s
