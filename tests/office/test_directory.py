"""What the office changes comes down to the controllers, in order, each change once."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from controller.domain.agreement import Terms, reading, version_for
from controller.domain.directory import entry_from
from controller.domain.ids import MachineId
from controller.office.directory import agreements, badges, machines, people, places, rights
from controller.office.directory.entries import changes_since, revision, snapshot
from controller.office.directory.importing import BATCH, MemberLine, import_members
from controller.office.directory.tables import audit, directory_entry
from controller.office.refusals import ConflictError, InvalidError, NotFoundError
from tests.office.workshop import NOON, TOKEN, Workshop


def latest(shop: Workshop) -> int:
    """The newest revision."""
    with shop.store.read() as tx:
        return revision(tx)


def test_every_entry_that_comes_down_is_one_that_controllers_read(shop: Workshop) -> None:
    """What the services write decodes as the kinds of the domain, from the first machine to the last badge."""
    with shop.store.read() as tx:
        read = [entry_from(row.kind, row.key, row.body).KIND for row in snapshot(tx)]

    assert sorted(set(read)) == ["badge", "balance", "credit_policy", "machine", "member", "right"]


def test_a_change_takes_the_next_revision_and_nothing_else_does(shop: Workshop) -> None:
    """The counter has no gap: a change that changes nothing takes no number."""
    before = latest(shop)

    with shop.changing() as change:
        people.set_status(change, shop.member, "active")
        unchanged = latest_in(change.tx)
        people.set_status(change, shop.member, "suspended", "outil rendu cassé")

    assert unchanged == before
    assert latest(shop) == before + 1


def latest_in(tx: object) -> int:
    """The newest revision within a transaction."""
    return revision(tx)  # type: ignore[arg-type]


def test_a_revision_that_was_taken_back_is_given_again(shop: Workshop) -> None:
    """A transaction that failed leaves no hole in the numbers."""
    before = latest(shop)
    with pytest.raises(ConflictError):
        suspend_and_fail(shop)

    with shop.changing() as change:
        people.set_status(change, shop.member, "suspended", "outil rendu cassé")

    assert latest(shop) == before + 1


def suspend_and_fail(shop: Workshop) -> None:
    """Change something, then run into a conflict."""
    with shop.changing() as change:
        people.set_status(change, shop.member, "suspended", "outil rendu cassé")
        places.create_books(change, "lab", "Encore")


@settings(max_examples=25)
@given(limits=st.lists(st.integers(1, 7), min_size=1, max_size=5))
def test_changes_read_in_pieces_of_any_size_are_the_whole(shop_with_history: Workshop, limits: list[int]) -> None:
    """Whatever a reader asks for at a time, it ends with the same entries as a snapshot, tombstones apart."""
    replica: dict[tuple[str, str], object] = {}
    have, turn = 0, 0
    with shop_with_history.store.read() as tx:
        complete = False
        while not complete:
            changes = changes_since(tx, have, limits[turn % len(limits)])
            for entry in changes.entries:
                replica[entry.kind, entry.key] = entry.body
            have, complete, turn = changes.up_to, changes.complete, turn + 1
        whole = {(row.kind, row.key): row.body for row in snapshot(tx)}
        newest = revision(tx)

    assert {name: body for name, body in replica.items() if body is not None} == whole
    assert have == newest


@pytest.fixture(scope="module")
def shop_with_history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """A workshop where things were also taken away."""
    shop = Workshop.founded(tmp_path_factory.mktemp("history"))
    with shop.changing() as change:
        for number in range(5):
            key = people.create_member(change, shop.vault, people.NewMember(name=f"Personne {number}", books="lab"))
            rights.grant(change, key, "ceramics")
            badge = badges.attach_badge(change, key, f"{number:064x}")
            if number % 2:
                rights.revoke(change, key, "ceramics")
                badges.take_back_badge(change, badge)
    yield shop
    shop.store.close()


def test_a_badge_has_one_holder_at_a_time(shop: Workshop) -> None:
    """A second holder is refused by the first one's id; given back, the badge may go to somebody else."""
    with shop.changing() as change:
        other = people.create_member(change, shop.vault, people.NewMember(name="Léo Inventé", books="lab"))
        with pytest.raises(ConflictError, match=shop.member):
            badges.attach_badge(change, other, TOKEN)
        held = badges.badges_of(change.tx, shop.member)[0]["id"]

        badges.take_back_badge(change, held)
        badges.attach_badge(change, other, TOKEN)

    assert shop.entry("badge", TOKEN)["member"] == other


def test_a_badge_that_was_taken_back_is_a_tombstone(shop: Workshop) -> None:
    """The floor forgets it, so that it is unknown when it is tapped again."""
    with shop.changing() as change:
        badges.take_back_badge(change, badges.badges_of(change.tx, shop.member)[0]["id"])

    assert shop.entry("badge", TOKEN) is None


def test_a_blocked_badge_comes_down_as_blocked(shop: Workshop) -> None:
    """It stays its holder's, and opens nothing."""
    with shop.changing() as change:
        badges.block_badge(change, badges.badges_of(change.tx, shop.member)[0]["id"])

    assert shop.entry("badge", TOKEN)["status"] == "blocked"


def test_a_grant_lasts_as_long_as_its_training_says(shop: Workshop) -> None:
    """A year for the ceramics training, unless an end is given."""
    assert shop.entry("right", f"{shop.member}/ceramics")["until_ms"] == NOON + 365 * 86_400_000


def test_a_revoked_grant_is_a_tombstone_and_history_stays(shop: Workshop) -> None:
    """The floor forgets the right; who granted and who took it back is kept."""
    with shop.changing("trainer-1") as change:
        rights.revoke(change, shop.member, "ceramics")

    with shop.store.read() as tx:
        history = rights.grants_of(tx, shop.member)
    assert shop.entry("right", f"{shop.member}/ceramics") is None
    assert [(row["granted_by"], row["revoked_by"]) for row in history] == [("tester", "trainer-1")]


def test_a_machine_that_moves_keeps_its_history(shop: Workshop) -> None:
    """The entry names the new wiring, the old placement is closed, and the channel is free again."""
    with shop.changing() as change:
        places.create_controller(change, "pi-2", "crest", "Second Pi")
        places.place_machine(change, "laser", "pi-2", "relay-1")
        with pytest.raises(ConflictError, match="kiln"):
            places.place_machine(change, "laser", "pi-1", "relay-1")

    assert (shop.entry("machine", "laser")["controller"], shop.entry("machine", "laser")["channel"]) == (
        "pi-2",
        "relay-1",
    )


def test_a_lock_is_lifted_by_its_own_id(shop: Workshop) -> None:
    """Two locks, one lifted: the other still comes down."""
    with shop.changing() as change:
        first, second = (machines.set_lock(change, "kiln", reason) for reason in ("lid", "fan"))
        machines.lift_lock(change, first)
        with pytest.raises(NotFoundError):
            machines.lift_lock(change, "lk_unknown")

    assert shop.entry("lock", first) is None
    assert shop.entry("lock", second)["reason"] == "fan"


def test_prices_are_versions_and_none_is_lost(shop: Workshop) -> None:
    """A new price is the next version; a rate that is none is refused by name."""
    with shop.changing() as change:
        price = machines.set_price(change, "kiln", (100, 3), 50)
        with pytest.raises(InvalidError, match="per_minute_den"):
            machines.set_price(change, "kiln", (1, 0))

    assert (price.version, shop.entry("machine", "kiln")["price"]["per_minute_num"]) == (2, 100)


def test_a_new_version_begins_where_the_last_one_ends(shop: Workshop) -> None:
    """A sale of a share divides the time at that instant; each instant has one version."""
    with shop.changing() as change:
        agreements.create_version(change, "ceramics", from_at=NOON, lines=reading("C"))
        with pytest.raises(InvalidError):
            agreements.create_version(change, "ceramics", from_at=NOON, lines=reading("A"))

    with shop.store.read() as tx:
        known = agreements.agreements_of(tx, "lab")
    found = [version_for(known, MachineId("kiln"), instant) for instant in (NOON - 1, NOON)]
    assert [version.version for version in found if version] == [1, 2]


def test_a_machine_belongs_to_one_agreement_at_a_time(shop: Workshop) -> None:
    """A second agreement on the kiln is refused while the first holds."""
    terms = Terms(manager="manager", legal_basis="convention")

    with shop.changing() as change, pytest.raises(ConflictError, match="ceramics"):
        agreements.create_agreement(change, "second", "Encore", ["kiln"], from_at=NOON, lines=reading("A"), terms=terms)


def test_an_import_of_many_batches_is_found_and_comes_down(shop: Workshop) -> None:
    """A thousand lines become members with accounts; the same list again takes no revision."""
    lines = [MemberLine(external_id=f"x-{number}", name=f"Personne {number}") for number in range(1_000)]
    first = import_members(shop.store, shop.vault, "tester", NOON, "lab", lines)
    after_first = latest(shop)

    second = import_members(shop.store, shop.vault, "tester", NOON, "lab", lines)

    assert (first.created, first.updated, second.created, second.updated) == (1_000, 0, 0, 1_000)
    assert latest(shop) == after_first
    with shop.store.read() as tx:
        assert sum(row.kind == "member" for row in snapshot(tx)) == 1_001


def test_an_import_with_a_bad_line_changes_nothing_and_names_it(shop: Workshop) -> None:
    """All lines are read before the first is written."""
    lines = [MemberLine(external_id=f"x-{number}", name="Personne") for number in range(BATCH)]
    lines.append(MemberLine(external_id="x-last", name=" "))
    before = latest(shop)

    with pytest.raises(InvalidError, match=f"ligne {len(lines)}|line {len(lines)}"):
        import_members(shop.store, shop.vault, "tester", NOON, "lab", lines)

    assert latest(shop) == before


def test_every_change_leaves_who_when_and_what_without_a_name_or_a_badge(shop: Workshop) -> None:
    """The audit holds ids and values; neither a person's name nor a token is in it."""
    with shop.changing("w_1") as change:
        people.rename_member(change, shop.vault, shop.member, "Zoé Renommée")
        people.set_status(change, shop.member, "suspended", "outil rendu cassé")

    with shop.store.read() as tx:
        rows = tx.execute(select(audit)).all()
        entry_count = len(tx.execute(select(directory_entry)).all())
    said = " ".join(f"{row.before} {row.after}" for row in rows)
    assert [(row.actor, row.at, row.what) for row in rows[-2:]] == [
        ("w_1", NOON, "rename_member"),
        ("w_1", NOON, "set_status"),
    ]
    assert entry_count > 0
    assert "Zoé" not in said
    assert TOKEN not in said
