"""What the API takes and gives about who enters: signing in, accounts, second factors, tokens. See `schemas`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from controller.office.accounts import Role
from controller.office.web.schemas import Created, Id, Language, Name, Taken


class SignIn(Taken):
    """A login and a password."""

    login: Name
    password: Annotated[str, Field(max_length=200)]


class SignInWithCode(SignIn):
    """Also the code of the second factor, or a recovery code, where an account has one."""

    code: Annotated[str, Field(max_length=40)] = ""


class CodeIn(Taken):
    """A code of the second factor."""

    code: Annotated[str, Field(max_length=40)]


class SecondFactor(BaseModel):
    """The secret for the telephone, and the address by which an app takes it up; shown this once."""

    secret: str
    address: str


class RecoveryCodes(BaseModel):
    """Codes that open once each without the telephone; shown this once."""

    codes: list[str]


class SetUp(SignIn):
    """The one-time code that the program printed, and the first administrator."""

    code: Annotated[str, Field(max_length=64)]


class Session(BaseModel):
    """Who is signed in, and the token to send as `X-CSRF-Token` with every change."""

    account: str
    login: str
    roles: list[Role]
    member: str | None
    party: str | None
    csrf: str | None


class TokenIn(Taken):
    """A token for a program: at most the roles of who makes it."""

    label: Name
    roles: Annotated[list[Role], Field(min_length=1)]
    days: int = 90
    read_only: bool = True


class TokenOut(Created):
    """A fresh token, shown this once."""

    token: str


class RolesIn(Taken):
    """The roles that an account has from now on."""

    roles: Annotated[list[Role], Field(min_length=1)]


class AccountIn(SignIn):
    """An account for the web door."""

    roles: Annotated[list[Role], Field(min_length=1)]
    member: Id | None = None
    party: Name | None = None
    language: Language = "fr"
