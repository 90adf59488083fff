"""The page where everybody says what they wish to be told of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.office.accounts import account_by_login
from controller.office.messages.wishes import Subject, wish_of
from controller.office.web.auth import CSRF_HEADER
from tests.messages.conftest import TOPIC, Post
from tests.pages.house import send


def kept(post: Post, who: str) -> tuple[frozenset[Subject], str, str]:
    """What an account wishes."""
    with post.house.office.store.read() as tx:
        wish = wish_of(tx, post.house.office.vault, account_by_login(tx, who) or "")
    return wish.subjects, wish.email, wish.ntfy


def test_a_member_chooses_and_the_page_shows_it(post: Post) -> None:
    """What is ticked is kept with its address and shown to its holder; what is not theirs to ask is passed over."""
    maker = post.house.browser("maker")
    answer = send(
        maker, "/messages", "/messages", email="zoe@exemple.test", ntfy=TOPIC, job_finished="yes", fault="yes"
    )

    assert answer.headers["Location"] == "/messages?done=done.messages"
    assert kept(post, "maker") == (frozenset({Subject.JOB_FINISHED}), "zoe@exemple.test", TOPIC)
    page = maker.get("/messages").text
    assert 'name="job_finished" value="yes" checked' in page
    assert 'value="zoe@exemple.test"' in page
    assert 'name="fault"' not in page


def test_the_desk_is_offered_what_the_desk_looks_after(post: Post) -> None:
    """A fabmanager may ask for faults, silence and backups, an owner for statements, a maker for their own uses."""
    offered = {
        who: {each.value for each in Subject if f'name="{each}"' in post.house.browser(who).get("/messages").text}
        for who in ("fabmanager", "owner", "maker")
    }

    assert offered == {
        "fabmanager": {"fault", "controller_silent", "backup_old"},
        "owner": {"statement_ready", "daily_hash"},
        "maker": {"warning", "job_finished", "training_ending", "low_credit"},
    }


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"job_finished": "yes"}, "Il manque une adresse"),
        ({"email": "zoe@exemple.test\nBcc: tous@exemple.test"}, "électronique n&#39;en est pas une"),
        ({"email": "zoé@exemple.test"}, "électronique n&#39;en est pas une"),
        ({"ntfy": "../v1/account"}, "Ce sujet ntfy n&#39;en est pas un"),
    ],
)
def test_an_address_that_is_none_is_said_beside_its_field(post: Post, fields: dict[str, str], said: str) -> None:
    """Nothing is kept, and nothing typed is lost."""
    answer = send(post.house.browser("maker"), "/messages", "/messages", **fields)

    assert answer.status_code == 422
    assert said in answer.text
    assert kept(post, "maker")[0] == frozenset()


def test_a_trial_arrives(post: Post) -> None:
    """The button sends one message a minute to the addresses that are kept."""
    maker = post.house.browser("maker")
    send(maker, "/messages", "/messages", email="zoe@exemple.test")
    for _ in range(2):
        assert send(maker, "/messages/try", "/messages").status_code == 303

    assert post.postman.turn().sent == 1
    assert post.titles() == ["[Atelier Exemple] Essai"]


def test_the_way_to_the_page_is_shown_where_something_can_be_sent(post: Post) -> None:
    """Without a server in the settings nobody is led to a page that does nothing; the page itself says so."""
    maker = post.house.browser("maker")
    without = maker.get("/machines").text
    post.house.browsers.clear()
    with_mail = replace(post.house.office, message_channels=frozenset({"email"}))
    post.house.office = with_mail

    assert 'href="/messages"' not in without
    assert "Aucun serveur ntfy" in maker.get("/messages").text
    assert 'href="/messages"' in post.house.browser("maker").get("/machines").text


def test_a_program_does_what_the_page_does(post: Post) -> None:
    """The same wishes over the API, which also says what there is to ask for and by what this office tells anybody."""
    maker = post.house.browser("maker")
    headers = {CSRF_HEADER: maker.get("/api/v1/session").json()["csrf"]}
    wish = {"subjects": ["warning"], "email": "", "ntfy": TOPIC}

    taken = maker.put("/api/v1/account/messages", json=wish, headers=headers)
    refused = maker.put("/api/v1/account/messages", json={**wish, "ntfy": "a b"}, headers=headers)
    tried = maker.post("/api/v1/account/messages/trial", headers=headers)

    assert (taken.status_code, refused.status_code, tried.status_code) == (204, 422, 202)
    said = maker.get("/api/v1/account/messages").json()
    offered = ["warning", "job_finished", "training_ending", "low_credit"]
    assert said == {**wish, "offered": offered, "channels": []}
    assert post.postman.turn().sent == 1
