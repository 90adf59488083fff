"""What every page shares: who visits, in which language, whether the door is theirs, how an answer is written.

House rules: a page's door is one of the API's (`doors`), so both have one role table; a form carries the session's CSRF
token; after a change the browser is sent on (303), after a refusal the form comes back as it was typed.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote, urlsplit

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from controller import logs
from controller.errors import IndivisError, Language, Message
from controller.office import first_steps
from controller.office.accounts import Principal
from controller.office.office import Office
from controller.office.web import doors, pages_format
from controller.office.web.auth import (
    SAFE_METHODS,
    ForbiddenError,
    NotSignedInError,
    asking,
    check_csrf,
    check_own,
    check_role,
    office_of,
)
from controller.office.web.problems import language_of, status_of
from controller.office.web.roles import RULES, Action, roles_for
from controller.office.web.texts import TEXTS, text

HERE = Path(__file__).parent
LANGUAGE_COOKIE = "indivis_language"
TEXT_COOKIE = "indivis_text"
FIELDS_MAX = 200
"""Fields of a form: the largest of ours, of the trainings that open a machine, has one for each training; more are
refused, so that nobody makes us hold thousands.
"""

FIELD_LENGTH_MAX = 2_000
"""Signs of one field: beyond this nothing typed by hand is lost; the rest is cut and the services refuse it anyway."""

KNOWN = frozenset(TEXTS)
_PERSON = re.compile(r"\bm_[0-9a-f]{12}\b")
_log = logs.get("pages")

Door = Any
"""One of the annotated locks of `doors`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request for a page: the office, who asks, the language, the form's fields."""

    office: Office
    request: Request
    who: Principal | None
    lang: Language
    now_ms: int
    form: dict[str, str] = field(default_factory=dict)

    @property
    def principal(self) -> Principal:
        """Who is signed in; raise `NotSignedInError` for a stranger."""
        if self.who is None:
            raise NotSignedInError(Message("personne n'est connecté", "nobody is signed in"))
        return self.who

    def may(self, door: Door) -> bool:
        """Tell whether a door is the visitor's, for anybody."""
        return self.who is not None and self.who.has(*roles_for(action_of(door)))

    def require(self, door: Door) -> Principal:
        """Return who asks; raise unless they may do this for anybody."""
        check_role(self.principal, *roles_for(action_of(door)))
        return self.principal

    def require_own(self, door: Door, member: str | None) -> None:
        """Raise unless `member` is who asks, or the door is theirs for anybody."""
        check_own(self.principal, action_of(door), member)

    def text(self, key: str, **filled: object) -> str:
        """Return a text of the catalogue in the visitor's language."""
        return text(key, self.lang, **filled)

    @property
    def larger(self) -> bool:
        """Tell whether this browser asked for larger text."""
        return self.request.cookies.get(TEXT_COOKIE) == "larger"

    @property
    def money(self) -> bool:
        """Tell whether this workshop has anything to do with money: otherwise no page speaks of any."""
        with self.office.store.read() as tx:
            return first_steps.has_money(tx)

    @property
    def starting(self) -> bool:
        """Tell whether the first steps are still to be gone, by who visits."""
        if not self.may(doors.Desk):
            return False
        with self.office.store.read() as tx:
            return not first_steps.has_uses(tx)

    @property
    def known_texts(self) -> frozenset[str]:
        """The ids of the catalogue."""
        return KNOWN

    def text_or(self, place: str, code: str) -> str:
        """Return the text of a code, or the code itself when a newer program has written it."""
        return self.text(place + code) if place + code in KNOWN else code

    def done_text(self, key: str) -> str:
        """Return what was done, as the address says; nothing for an id that is none."""
        return self.text(key) if key in KNOWN else ""

    def sentence(self, error: IndivisError) -> str:
        """Return a refusal as a sentence, with names in place of members' ids for those who may read names."""
        said = error.sentence(self.lang)
        if self.may(doors.Readers):
            with self.office.store.read() as tx:
                names = self.office.vault.names(tx, _PERSON.findall(said))
            said = _PERSON.sub(lambda found: names[found[0]].name if found[0] in names else found[0], said)
        return said[:1].upper() + said[1:]


def action_of(door: Door) -> Action:
    """Return what is done behind one of the API's doors."""
    action: Action = get_args(door)[1].dependency.action
    return action


async def visit(request: Request) -> Visit:
    """Return the visit; raise `ForbiddenError` for a form that does not come from our pages."""
    office, who = office_of(request), await asking(request)
    form: dict[str, str] = {}
    if request.method not in SAFE_METHODS:
        sent = await request.form(max_fields=FIELDS_MAX, max_files=0)
        form = {key: value[:FIELD_LENGTH_MAX] for key, value in sent.items() if isinstance(value, str)}
        if who is None:
            _check_origin(request)
        else:
            check_csrf(who, form.get("csrf", ""))
    return Visit(
        office=office, request=request, who=who, lang=_language(request, who), now_ms=office.now_ms(), form=form
    )


def page(here: Visit, template: str, status: int = HTTPStatus.OK, **shown: Any) -> HTMLResponse:  # noqa: ANN401
    """Return a page of `templates` in the visitor's language."""
    body = _environment.get_template(template).render(
        here=here,
        lang=here.lang,
        t=here.text,
        now_ms=here.now_ms,
        office=here.office,
        who=here.who,
        doors=doors,
        may=here.may,
        assets=ASSETS,
        money=here.money,
        done=here.request.query_params.get("done", ""),
        ago=lambda at: pages_format.ago(at, here.now_ms, here.lang),
        **_formats(here.lang),
        **{"errors": {}, "form": here.form, **shown},
    )
    return HTMLResponse(body, status_code=status, headers={"Cache-Control": "no-store", "Content-Language": here.lang})


def paper(template: str, lang: Language, **shown: Any) -> str:  # noqa: ANN401 - what the template shows
    """Return what a page says as a document of its own, without the frame of a visit."""
    return _environment.get_template(template).render(
        lang=lang, style=_PAPER, t=lambda key, **filled: text(key, lang, **filled), **_formats(lang), **shown
    )


def _formats(lang: Language) -> dict[str, Callable[..., str]]:
    return {
        "euros": lambda cents: pages_format.euros(cents, lang),
        "rate": lambda over, under: pages_format.rate(over, under, lang),
        "duration": lambda seconds: pages_format.duration(seconds, lang),
        "day": lambda at: pages_format.day(at, lang),
        "day_of_iso": lambda iso: pages_format.day_of_iso(iso, lang),
    }


def go(path: str, done: str = "") -> RedirectResponse:
    """Send the browser on after a change; `done` is the id of the text that says what was done."""
    return RedirectResponse(path + (f"{'&' if '?' in path else '?'}done={done}" if done else ""), HTTPStatus.SEE_OTHER)


def local_path(path: str) -> str:
    """Return `path` when it is one of this office's own, else `/`: nobody is sent elsewhere by a link to us."""
    parts = urlsplit(path)
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc and path.isprintable()
    return path if ours else "/"


class PageRoute(APIRoute):
    """A route whose refusals are pages: strangers are asked to sign in, others read one sentence."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with its refusals turned into pages."""
        inner = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await inner(request)
            except NotSignedInError:
                back = request.url.path if request.method in SAFE_METHODS else "/"
                return RedirectResponse(f"/sign-in?next={quote(back)}", HTTPStatus.SEE_OTHER)
            except IndivisError as error:
                return await refused_page(request, status_of(error), error)
            except RequestValidationError:
                return await refused_page(request, HTTPStatus.UNPROCESSABLE_ENTITY, None)
            except HTTPException as error:
                return await refused_page(request, error.status_code, None)
            except Exception as error:  # noqa: BLE001 - whatever it is, people read a page and the log has it
                incident = secrets.token_hex(4)
                _log.exception("a page failed", incident=incident, path=request.url.path)
                return await refused_page(request, HTTPStatus.INTERNAL_SERVER_ERROR, error, incident)

        return handled


def asset_hash(name: str) -> str:
    """Return what changes in a static file's address when the file does."""
    return sha256((HERE / "static" / name).read_bytes()).hexdigest()[:12]


ASSETS = {name: f"/static/{name}?v={asset_hash(name)}" for name in ("app.css", "app.js", "icon.svg")}

_PAPER = Markup((HERE / "static" / "paper.css").read_text("utf-8"))  # noqa: S704 - a file of ours

_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


async def refused_page(request: Request, status: int, error: Exception | None = None, incident: str = "") -> Response:
    """Return the page that says why there is no other."""
    who = await asking(request)
    here = Visit(
        office=office_of(request),
        request=request,
        who=who,
        lang=_language(request, who),
        now_ms=office_of(request).now_ms(),
    )
    known = {403, 404, 409, 422, 429, 503}
    code = 404 if status == HTTPStatus.METHOD_NOT_ALLOWED else status
    said = here.text(f"error.{code}" if code in known else "error.500", incident=incident)
    if isinstance(error, IndivisError) and status in known:
        said = await run_in_threadpool(here.sentence, error)
    return page(here, "error.html", status, said=said)


def _language(request: Request, who: Principal | None) -> Language:
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in {"fr", "en"}:
        return "en" if chosen == "en" else "fr"
    return language_of(request) if who is None else who.language


def _check_origin(request: Request) -> None:
    """A stranger's form (sign-in) has no session to carry a token: it must come from this very host."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("Host"):
        raise ForbiddenError(
            Message("la demande ne vient pas de nos pages", "the request does not come from our pages")
        )


class VisitBy:
    """The lock of a page: lets in those for whom one of the API's doors opens."""

    def __init__(self, door: Door) -> None:
        """Take the door."""
        self.action = action_of(door)

    async def __call__(self, request: Request) -> Visit:
        """Return the visit; raise when this is not theirs. See `auth.Needs` for what is one's own."""
        here = await visit(request)
        who = here.principal
        if not RULES[self.action].own:
            check_role(who, *roles_for(self.action))
        return here


def visit_by(door: Door) -> Any:  # noqa: ANN401 - a dependency
    """Return the dependency that lets in those for whom `door` opens."""
    return VisitBy(door)
