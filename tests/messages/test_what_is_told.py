"""Who is told of what: only those who asked, of what is theirs, once, in their language, and while it is news."""

from __future__ import annotations

from controller.domain.facts import FaultRaised
from controller.domain.ids import LockId, MachineId
from controller.domain.ledger import MeansOfPayment
from controller.office import accounts, money
from controller.office.accounts import Role
from controller.office.directory import people, places, rights
from controller.office.directory.machines import set_lock
from controller.office.last_backup import LastBackup, note_backup
from controller.office.messages.wishes import Subject, forget_member, listeners
from controller.office.settlement import closing
from controller.office.settlement.books_closing import close_books
from tests.messages.conftest import TOPIC, Post
from tests.office.closing_kit import HEARD
from tests.office.workshop import NOON

HOUR_S, DAY_S = 3_600, 86_400


def test_nothing_is_told_to_anybody_who_did_not_ask(post: Post) -> None:
    """A use ends and a machine is faulty, and no mail leaves: off is the default."""
    journal = post.journal()
    journal.used()
    post.shop.told(journal)
    with post.house.office.changing("tester") as change:
        set_lock(change, "kiln", "fume", emergency=True)

    assert post.postman.turn().queued == 0
    assert post.mail.mails == []


def test_the_end_of_ones_use_is_told_once_on_each_channel(post: Post) -> None:
    """Zoé reads what she used, for how long and at what price, on both channels; the next turn says nothing."""
    post.wish("maker", Subject.JOB_FINISHED, email="zoe@exemple.test", ntfy=TOPIC)
    journal = post.journal()
    journal.used()
    post.later(720)
    post.shop.told(journal)

    first, second = post.postman.turn(), post.postman.turn()

    assert (first.queued, first.sent, second.queued, second.sent) == (2, 2, 0, 0)
    (to, mail), (path, _, said) = post.mail.mails[0], post.ntfy.posts[0]
    assert (to, mail["Subject"]) == ("zoe@exemple.test", "[Atelier Exemple] Terminé : Four céramique")
    assert "est terminée : 10\u00a0min, 6,00\u00a0€." in mail.get_content()
    assert (path, said["topic"], said["title"]) == ("/", TOPIC, "Terminé : Four céramique")


def test_nobody_reads_of_anothers_use(post: Post) -> None:
    """Zoé's use is told to Zoé: a maker who asked for the same reads nothing of it, nor does the desk."""
    with post.house.office.changing("tester") as change:
        marc = post.house.members["marc"]
        accounts.create_web_account(change, "marc", "trois mots fictifs", [Role.MAKER], member=marc)
    post.wish("marc", Subject.JOB_FINISHED, email="marc@exemple.test")
    post.wish("fabmanager", Subject.JOB_FINISHED, email="bureau@exemple.test")
    journal = post.journal()
    journal.used()
    post.later(720)
    post.shop.told(journal)

    assert post.postman.turn().queued == 0


def test_yesterdays_use_is_no_news(post: Post) -> None:
    """A controller that was cut off for a day tells its uses then, and nobody's phone rings for them."""
    post.wish("maker", Subject.JOB_FINISHED)
    journal = post.journal()
    journal.used()
    post.later(DAY_S)
    post.shop.told(journal)

    assert post.postman.turn().queued == 0


def test_an_end_that_comes_near_is_told_in_the_members_language(post: Post) -> None:
    """The live board says when Zoé's use ends; ten minutes before she reads it, in English as she wishes."""
    post.wish("maker", Subject.WARNING)
    journal = post.journal()
    journal.opened()
    post.shop.told(journal)
    with post.house.office.changing("tester") as change:
        zoe = post.house.members["zoe"]
        wishes = people.entry_of(people.member_row(change.tx, zoe)).wishes
        people.set_wishes(change, zoe, "en", wishes, longer_windows=False)
    ends_at = "2027-01-15T09:00:00+00:00"  # an hour after the stories begin
    post.house.office.board.update(
        "kiln", {"ts": "2027-01-15T08:01:00+00:00", "state": "in_use", "session": {"id": "s-1", "ends_at": ends_at}}
    )

    early = post.postman.turn().queued
    post.later(HOUR_S - 600)
    near = post.postman.turn()

    assert (early, near.sent, post.postman.turn().queued) == (0, 1, 0)
    assert post.titles() == ["[Atelier Exemple] Ending soon: Four céramique"]
    assert "ends at 10:00." in post.mail.mails[0][1].get_content()


def test_a_fault_is_told_to_those_who_may_act_on_it(post: Post) -> None:
    """The floor finds a relay at fault: the maintainer who asked reads it, the maker who ticked nothing of it does not,
    and a maintainer who is one no more is told no more.
    """
    account = post.wish("maintainer", Subject.FAULT, email="", ntfy=TOPIC)
    post.wish("maker", Subject.FAULT)
    journal = post.journal()
    kiln = MachineId("kiln")
    journal.add(
        FaultRaised(
            machine=kiln, cause="relay", wanted_on=False, read_on=True, lock=LockId("lk-1"), at=journal.stamp(60)
        )
    )
    post.later(90)
    post.shop.told(journal)

    assert post.postman.turn().sent == 1
    assert post.ntfy.posts[0][2]["message"].startswith("Four céramique est hors service : relais en défaut.")
    assert post.ntfy.posts[0][2]["priority"] == 4

    with post.house.office.changing("tester") as change:
        accounts.set_roles(change, account, [Role.TRAINER])
        set_lock(change, "laser", "fume", emergency=True)
    assert post.postman.turn().queued == 0


def test_a_silent_controller_is_told_once_a_silence_and_not_at_the_offices_own_start(post: Post) -> None:
    """The office was away itself: it listens for ten minutes before it calls anybody silent."""
    post.wish("fabmanager", Subject.CONTROLLER_SILENT)
    with post.house.office.changing("tester") as change:
        places.note_heard(change.tx, "pi-1", NOON - 1_000 * HOUR_S)

    at_start = post.postman.turn().queued
    post.later(660)
    told = [post.postman.turn().sent]
    post.later(660)
    told.append(post.postman.turn().sent)

    assert (at_start, told) == (0, [1, 0])
    assert post.titles() == ["[Atelier Exemple] Boîtier muet : Pi de l'atelier"]


def test_an_old_backup_is_told_and_a_fresh_one_is_not(post: Post) -> None:
    """Two days without a backup are a message; the same backup is not told of again."""
    post.wish("treasurer", Subject.BACKUP_OLD)
    with post.house.office.changing("backup") as change:
        note_backup(change, LastBackup(NOON, {}))

    fresh = post.postman.turn().queued
    post.later(2 * DAY_S + 60)
    old = post.postman.turn().sent
    post.later(600)

    assert (fresh, old, post.postman.turn().queued) == (0, 1, 0)
    assert "il y a 2 jours" in post.mail.mails[0][1].get_content()


def test_a_training_about_to_end_and_low_credit_are_told_to_whom_they_concern(post: Post) -> None:
    """A right is told two weeks before its end, credit below five euros, and again when money came in between."""
    zoe = post.house.members["zoe"]
    with post.house.office.changing("tester") as change:
        rights.grant(change, zoe, "laser-basics", until_at=NOON + 1_000 * 20 * DAY_S)
        payer = people.member_row(change.tx, zoe)["account"]
        money.top_up(change, payer, 600, MeansOfPayment.CASH, "caisse 1")
    post.wish("maker", Subject.TRAINING_ENDING, Subject.LOW_CREDIT)
    rich = post.postman.turn().queued
    journal = post.journal()
    journal.used(1, "kiln", 300)
    post.later(7 * DAY_S)
    post.shop.told(journal)
    poor = post.postman.turn().sent
    again = post.postman.turn().queued

    assert (rich, poor, again) == (0, 2, 0)
    assert sorted(title.replace("\u00a0", " ") for title in post.titles()) == [
        "[Atelier Exemple] Crédit bas : 3,00 €",
        "[Atelier Exemple] Habilitation bientôt finie : Laser, les bases",
    ]
    with post.house.office.changing("tester") as change:
        money.top_up(change, payer, 100, MeansOfPayment.CASH, "caisse 1")
    post.later(600)
    assert post.postman.turn().sent == 1


def test_a_statement_and_a_days_hash_reach_their_owners_alone(post: Post) -> None:
    """Who owns a part of the kiln reads that the month is closed and the day's hash; an outsider reads neither."""
    for who in ("owner", "outsider"):
        post.wish(who, Subject.STATEMENT_READY, Subject.DAILY_HASH, email=f"{who}@exemple.test")
    journal = post.journal()
    journal.used()
    post.later(3_600)
    post.shop.told(journal)
    post.later(40 * DAY_S)
    with post.house.office.changing("treasurer") as change:
        places.note_heard(change.tx, "pi-1", change.now_ms)
        month = closing.close(change, "clay", "2027-01", waive=HEARD)
        day = close_books(change, "lab", "day", "2027-01-15")

    assert post.postman.turn().sent == 2
    assert {to for to, _ in post.mail.mails} == {"owner@exemple.test"}
    said = " ".join(mail.get_content().replace("\n", "") for _, mail in post.mail.mails)
    assert day["hash"] in said
    assert str(month.hash) in said


def test_a_person_who_is_erased_is_told_nothing_more(post: Post) -> None:
    """Erasing a member drops their addresses and what waits for them."""
    post.wish("maker", Subject.JOB_FINISHED)
    journal = post.journal()
    journal.used()
    post.later(720)
    post.shop.told(journal)
    post.mail.answers.append("451 later")
    assert post.postman.turn().failed == 1

    with post.house.office.changing("tester") as change:
        forget_member(change, post.house.members["zoe"])

    post.later(60)
    turn = post.postman.turn()
    with post.house.office.store.read() as tx:
        assert listeners(tx) == []
    assert (turn.queued, turn.sent, post.mail.mails) == (0, 0, [])
