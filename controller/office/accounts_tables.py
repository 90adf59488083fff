"""The tables of who may enter the office's web door, and of the vault.

House rules: passwords, session ids, tokens and codes are here as hashes only; what names a person is
encrypted under a key of that person (`vault`). A login is a word that its holder chose.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, LargeBinary, String, Table

from controller.domain.ids import ID_LENGTH_MAX
from controller.office.tables_base import HASH_LENGTH, NAME_LENGTH, id_column, instant_column, metadata

web_account = Table(
    "web_account",
    metadata,
    id_column("id", key=True),
    Column("login", String(NAME_LENGTH), nullable=False, unique=True),
    Column("password_hash", String(200), nullable=False),
    Column("roles", String(NAME_LENGTH), nullable=False),
    id_column("member", optional=True),
    Column("party", String(NAME_LENGTH)),
    Column("language", String(2), nullable=False),
    instant_column("created_at"),
    instant_column("disabled_at", optional=True),
    comment="Who may sign in, with which roles; a maker's member id, a co-owner's party in agreements.",
)

web_session = Table(
    "web_session",
    metadata,
    Column("hash", String(HASH_LENGTH), primary_key=True),
    Column("account", ForeignKey("web_account.id"), nullable=False, index=True),
    instant_column("created_at"),
    instant_column("expires_at"),
    Column("browser", String(NAME_LENGTH), nullable=False, server_default=""),
    comment="Sessions of signed-in people; deleting a row ends it.",
)

api_token = Table(
    "api_token",
    metadata,
    id_column("id", key=True),
    Column("prefix", String(16), nullable=False, unique=True),
    Column("hash", String(HASH_LENGTH), nullable=False),
    Column("label", String(NAME_LENGTH), nullable=False),
    Column("roles", String(NAME_LENGTH), nullable=False),
    Column("read_only", Integer, nullable=False),
    Column("account", String(ID_LENGTH_MAX), nullable=False),
    instant_column("created_at"),
    instant_column("expires_at"),
    instant_column("used_at", optional=True),
    instant_column("revoked_at", optional=True),
    comment="Tokens for programs: at most the roles of the person who made them.",
)

SEALED_LENGTH = 400
"""Signs of a sealed secret: its wrapped key and itself, in base64, take 150."""

account_totp = Table(
    "account_totp",
    metadata,
    Column("account", ForeignKey("web_account.id"), primary_key=True),
    Column("sealed", String(SEALED_LENGTH), nullable=False),
    instant_column("begun_at"),
    instant_column("confirmed_at", optional=True),
    Column("step", BigInteger, nullable=False),
    comment="Second factors: the secret under the vault's key, and the step whose code was used last.",
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("hash", String(HASH_LENGTH), primary_key=True),
    Column("account", ForeignKey("web_account.id"), nullable=False, index=True),
    comment="Codes on paper that open instead of the telephone's, each once.",
)

setup_code = Table(
    "setup_code",
    metadata,
    Column("hash", String(HASH_LENGTH), primary_key=True),
    instant_column("expires_at"),
    comment="The one-time code that makes the first administrator.",
)

login_failure = Table(
    "login_failure",
    metadata,
    Column("key", String(HASH_LENGTH), primary_key=True),
    Column("failures", Integer, nullable=False),
    instant_column("wait_until_at"),
    comment="Failed sign-ins per hashed login and per hashed address, for the growing delay.",
)

phone_link = Table(
    "phone_link",
    metadata,
    Column("hash", String(HASH_LENGTH), primary_key=True),
    id_column("member"),
    instant_column("expires_at"),
    comment="One-time links that the desk makes, each of which opens one member's own page on their phone.",
)

screen = Table(
    "screen",
    metadata,
    id_column("id", key=True),
    Column("machine", ForeignKey("machine.id"), nullable=False, index=True),
    Column("hash", String(HASH_LENGTH), nullable=False, unique=True),
    Column("label", String(NAME_LENGTH), nullable=False),
    Column("names", Boolean, nullable=False),
    instant_column("created_at"),
    id_column("created_by"),
    instant_column("seen_at"),
    instant_column("ended_at", optional=True),
    comment="Screens that show one machine without anybody's sign-in; `names`: whether they say who is at it.",
)

vault_person = Table(
    "vault_person",
    metadata,
    id_column("person", key=True),
    Column("wrapped_key", LargeBinary),
    Column("sealed", LargeBinary),
    Column("change", BigInteger, nullable=False, unique=True),
    comment="A person's names under a key of their own; erasing removes key and names and leaves the row.",
)
