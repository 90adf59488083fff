"""How messages leave: over TLS with a password, tried again for a day, given up, and never in anybody's way."""

from __future__ import annotations

import io
import json
import ssl
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from controller import logs
from controller.office.messages import outbox
from controller.office.messages.outbox import A_DAY_MAX, KEPT_MS, WAITING_MAX
from controller.office.messages.postman import Postman
from controller.office.messages.tables import message_out
from controller.office.messages.wishes import Subject
from tests.authority import write_authority
from tests.messages.conftest import TOPIC, Post, read_secret, settings_for
from tests.messages.servers import ACCOUNT, PASSWORD, mail_server

MINUTE_S, DAY_S = 60, 86_400


def trial(post: Post, who: str = "maker", *, email: str = "zoe@exemple.test", ntfy: str = "") -> str:
    """Somebody asks for a trial, which waits now; return their account."""
    account = post.wish(who, email=email, ntfy=ntfy)
    with post.house.office.changing(account) as change:
        outbox.take_trial(change, account)
    return account


def finished(post: Post) -> None:
    """Zoé, who asked for it, has ended a use."""
    post.wish("maker", Subject.JOB_FINISHED)
    journal = post.journal()
    journal.used()
    post.later(720)
    post.shop.told(journal)


def states(post: Post) -> list[str]:
    """What became of the messages."""
    with post.house.office.store.read() as tx:
        return list(tx.execute(select(message_out.c.state).order_by(message_out.c.key)).scalars())


def test_a_mail_goes_over_tls_with_the_password_of_its_file(post: Post, tmp_path: Path) -> None:
    """The server takes nothing without STARTTLS and a login; the certificate is checked against the named authority."""
    write_authority(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "broker.pem", tmp_path / "broker.key")
    (tmp_path / "smtp.password").write_text(f"{PASSWORD}\n")
    with mail_server(tls) as strict:
        named = settings_for(
            strict,
            None,
            smtp_security="starttls",
            smtp_ca_file=tmp_path / "ca.pem",
            smtp_username=ACCOUNT,
            smtp_password_file=tmp_path / "smtp.password",
        )
        trial(post)

        stranger = Postman(post.house.office, replace(named, smtp_ca_file=None), read_secret).turn()
        post.later(MINUTE_S)
        trusted = Postman(post.house.office, named, read_secret).turn()

        assert (stranger.failed, stranger.sent, trusted.sent) == (1, 0, 1)
        assert strict.mails[0][1]["Auto-Submitted"] == "auto-generated"


def test_a_server_that_is_away_is_asked_again_and_the_mail_keeps_its_id(post: Post) -> None:
    """A refusal for now is tried a minute later; the mail is the same, so that a reader drops the second one."""
    finished(post)
    post.mail.answers += ["451 later", "250 OK"]

    first, at_once = post.postman.turn(), post.postman.turn()
    post.later(MINUTE_S)
    second = post.postman.turn()

    assert (first.failed, at_once.failed, at_once.sent, second.sent) == (1, 0, 0, 1)
    assert states(post) == ["sent"]


def test_an_address_that_does_not_exist_is_given_up_at_once(post: Post) -> None:
    """A server that says never is believed, and the log tells of it without the address."""
    finished(post)
    post.mail.answers.append("550 nobody of that name")
    lines = io.StringIO()

    logs.configure(stream=lines)
    post.postman.turn()
    logs.configure(stream=sys.__stderr__)

    said = lines.getvalue()
    assert states(post) == ["given_up"]
    assert "a message is given up" in said
    assert "zoe@exemple.test" not in said


def test_what_was_never_taken_is_given_up_after_its_time(post: Post, ntfy_is_away: Postman) -> None:
    """A dead server is asked with growing pauses; a use that ended an hour ago is told no more."""
    finished(post)
    post.wish("maker", Subject.JOB_FINISHED, email="", ntfy=TOPIC)

    tries = 0
    for _ in range(90):
        tries += ntfy_is_away.turn().failed
        post.later(MINUTE_S)

    assert states(post) == ["given_up"]
    assert tries == 6  # after 0, 1, 3, 7, 15 and 31 minutes; the next would be too late


@pytest.fixture
def ntfy_is_away(post: Post) -> Postman:
    """A postman whose ntfy server does not listen."""
    return Postman(post.house.office, settings_for(None, replace(post.ntfy, url="http://127.0.0.1:9")), read_secret)


def test_a_dead_server_does_not_hold_up_the_other(post: Post) -> None:
    """Mail goes out while ntfy is away, and the dead one is asked once a turn, whatever waits for it."""
    both = Postman(
        post.house.office, settings_for(post.mail, replace(post.ntfy, url="http://127.0.0.1:9")), read_secret
    )
    for who in ("maker", "fabmanager", "treasurer"):
        trial(post, who, ntfy=TOPIC)

    done = both.turn()

    assert (done.sent, done.failed) == (3, 1)


@pytest.mark.parametrize(("status", "state"), [(302, "waiting"), (429, "waiting"), (403, "given_up"), (503, "waiting")])
def test_an_answer_of_ntfy_says_whether_to_try_again(post: Post, status: int, state: str) -> None:
    """No redirect is followed; what is forbidden is given up, what is too much for now waits."""
    trial(post, email="", ntfy=TOPIC)
    post.ntfy.answers.append((status, {"Location": f"{post.ntfy.url}/elsewhere"}))

    post.postman.turn()

    assert len(post.ntfy.posts) == 1
    assert states(post) == [state]


def test_the_token_of_ntfy_comes_from_its_file(post: Post, tmp_path: Path) -> None:
    """A server that asks who writes is told by the token, which stands in no settings file."""
    (tmp_path / "token").write_text("tk_fictif\n")
    trial(post, email="", ntfy=TOPIC)

    Postman(post.house.office, settings_for(None, post.ntfy, ntfy_token_file=tmp_path / "token"), read_secret).turn()

    assert post.ntfy.posts[0][1]["Authorization"] == "Bearer tk_fictif"


def test_one_person_gets_so_many_a_day_and_the_queue_so_many_in_all(post: Post) -> None:
    """What flaps fills neither a mailbox nor the disk: beyond the limits nothing is taken."""
    account = post.wish("maker")
    row = {
        "account": account, "channel": "email", "subject": "trial", "about": "{}", "state": "waiting", "tries": 0,
        "created_at": post.house.clock[0], "next_at": post.house.clock[0], "until_at": post.house.clock[0],
    }  # fmt: skip
    with post.house.office.store.write() as tx:
        tx.execute(insert(message_out), [{**row, "key": f"k{n}"} for n in range(A_DAY_MAX)])
    with post.house.office.changing("tester") as change:
        too_many_a_day = outbox.take_trial(change, account)
    post.later(DAY_S)
    with post.house.office.store.write() as tx:
        tx.execute(insert(message_out), [{**row, "key": f"k{n}"} for n in range(A_DAY_MAX, WAITING_MAX)])
    with post.house.office.changing("tester") as change:
        too_many = outbox.take_trial(change, account)

    assert (too_many_a_day, too_many) == (0, 0)


def test_what_was_told_is_forgotten_after_a_month(post: Post) -> None:
    """The queue does not grow with the years."""
    finished(post)
    post.postman.turn()
    post.later(KEPT_MS // 1_000 + DAY_S)
    post.postman.turn()

    with post.house.office.store.read() as tx:
        assert tx.execute(select(func.count()).select_from(message_out)).scalar_one() == 0


def test_the_queue_holds_no_address_and_no_name(post: Post) -> None:
    """A stolen database tells whose phone is where no more than it tells who is who."""
    finished(post)
    post.wish("fabmanager", Subject.FAULT, email="bureau@exemple.test", ntfy=TOPIC)
    post.postman.turn()

    with post.house.office.store.read() as tx:
        rows = [
            list(map(str, row)) for table in ("message_out", "message_wish") for row in tx.exec_driver_sql(f"SELECT * FROM {table}")  # noqa: S608, E501 - two names of ours
        ]  # fmt: skip
    kept = json.dumps(rows)
    assert rows
    assert not [each for each in ("exemple.test", TOPIC, "Zoé") if each in kept]
