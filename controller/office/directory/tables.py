"""The directory's tables: places, machines, people without names, rights, agreements, and what comes down.

House rules: these tables are the master; `directory_entry` is their projection for the controllers, written
in the same transaction (`entries`). Rows of history are closed by an instant, never deleted. People are
random ids; their names are in the vault.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from controller.domain.ids import ID_LENGTH_MAX
from controller.office.tables_base import (
    HASH_LENGTH,
    NAME_LENGTH,
    SERIAL,
    TEXT_LENGTH,
    id_column,
    instant_column,
    metadata,
)

books = Table(
    "books",
    metadata,
    id_column("id", key=True),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("vat_taxable", Boolean, nullable=False),
    Column("vat_rate_bp", Integer, nullable=False),
    Column("vat_point", String(10), nullable=False),
    Column("credit_fresh_s", Integer, nullable=False),
    Column("offline_ceiling_cents", BigInteger, nullable=False),
    instant_column("created_at"),
    Column("offline_member_ceiling_cents", BigInteger),
    Column("offline_steps", Text),
    comment="One legal entity's books: its VAT profile and how far credit is trusted without the office.",
)

site = Table(
    "site",
    metadata,
    id_column("id", key=True),
    Column("books", ForeignKey("books.id"), nullable=False),
    Column("name", String(NAME_LENGTH), nullable=False),
    comment="A place.",
)

opening_hours = Table(
    "opening_hours",
    metadata,
    Column("site", ForeignKey("site.id"), primary_key=True),
    Column("body", Text, nullable=False),
    Column("set_by", String(ID_LENGTH_MAX), nullable=False),
    instant_column("set_at"),
    Column("told_day", String(10), nullable=False),
    comment="When a place is open, as JSON; `told_day` is the UTC day on which its windows were worked out last.",
)

controller = Table(
    "controller",
    metadata,
    id_column("id", key=True),
    Column("site", ForeignKey("site.id"), nullable=False),
    Column("name", String(NAME_LENGTH), nullable=False),
    instant_column("created_at"),
    instant_column("heard_at", optional=True),
    Column("applied_revision", BigInteger, nullable=False, server_default=text("0")),
    comment="The known controllers; `applied_revision` is how far each has the directory.",
)

machine = Table(
    "machine",
    metadata,
    id_column("id", key=True),
    Column("books", ForeignKey("books.id"), nullable=False),
    Column("site", ForeignKey("site.id"), nullable=False),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("in_service", String(16), nullable=False),
    Column("free_of_charge", Boolean, nullable=False),
    Column("minimum_start_cents", BigInteger, nullable=False),
    Column("max_duration_s", Integer, nullable=False),
    Column("stop_tap", String(10), nullable=False),
    Column("end_policy", String(10), nullable=False),
    Column("without_clock", String(10), nullable=False),
    Column("on_process_exit", String(10), nullable=False),
    Column("hold_max_gap_s", Integer, nullable=False),
    Column("stale_rights_max_s", Integer, nullable=False),
    instant_column("created_at"),
    Column("least_proof", String(16), nullable=False, server_default=text("'number'")),
    Column("finish_max_s", Integer, nullable=False, server_default=text("0")),
    Column("extend_s", Integer, nullable=False, server_default=text("0")),
    Column("extended_max_s", Integer, nullable=False, server_default=text("0")),
    Column("warn_at_s", String(128)),
    Column("stop_on_revoked", Boolean, nullable=False, server_default=text("false")),
    Column("uses_at_once_max", Integer, nullable=False, server_default=text("0")),
    Column("on_the_spot", String(12), nullable=False, server_default=text("'no'")),
    Column("pulse_s", Integer, nullable=False, server_default=text("0")),
    Column("running_above_w", Integer, nullable=False, server_default=text("0")),
    Column("running_below_w", Integer, nullable=False, server_default=text("0")),
    Column("idle_end_s", Integer, nullable=False, server_default=text("0")),
    Column("person_day_max_s", Integer, nullable=False, server_default=text("0")),
    Column("hand_over", String(10), nullable=False, server_default=text("'no'")),
    Column("bookings", String(10), nullable=False, server_default=text("'ignore'")),
    Column("no_show_s", Integer, nullable=False, server_default=text("0")),
    Column("extractor", String(ID_LENGTH_MAX), nullable=False, server_default=text("''")),
    Column("cool_down_s", Integer, nullable=False, server_default=text("0")),
    Column("after_power_loss", String(12), nullable=False, server_default=text("'ready'")),
    comment="A machine and its policy; where it is wired is a placement, what it costs a price version.",
)

placement = Table(
    "placement",
    metadata,
    Column("machine", ForeignKey("machine.id"), primary_key=True),
    Column("from_at", BigInteger, primary_key=True, autoincrement=False),
    instant_column("to_at", optional=True),
    Column("controller", ForeignKey("controller.id"), nullable=False),
    Column("channel", String(ID_LENGTH_MAX), nullable=False),
    Index(
        "ux_placement_channel",
        "controller",
        "channel",
        unique=True,
        sqlite_where=text("to_at IS NULL"),
        postgresql_where=text("to_at IS NULL"),
    ),
    comment="Where a machine is and was wired; at most one open row per machine and per channel.",
)

price_version = Table(
    "price_version",
    metadata,
    Column("machine", ForeignKey("machine.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    instant_column("from_at"),
    Column("set_by", String(ID_LENGTH_MAX), nullable=False),
    comment="Every price a machine ever had, as canonical JSON.",
)

training = Table(
    "training",
    metadata,
    id_column("id", key=True),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("valid_days", Integer),
    Column("supervised_uses", Integer, nullable=False, server_default=text("0")),
    Column("needs", Text, nullable=False, server_default=text("'[]'")),
    Column("unused_max_days", Integer),
    comment="What opens machines; a grant of it ends after `valid_days` unless said otherwise, and so many uses under a"
    " trainer's eyes become one (0: none ever do). It counts with those it `needs` (JSON ids), and is lost unused.",
)

training_machine = Table(
    "training_machine",
    metadata,
    Column("training", ForeignKey("training.id"), primary_key=True),
    Column("machine", ForeignKey("machine.id"), primary_key=True),
    Index("ix_training_machine_machine", "machine"),
    comment="Which machines a training opens.",
)

account = Table(
    "account",
    metadata,
    id_column("id", key=True),
    Column("books", ForeignKey("books.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", String(NAME_LENGTH)),
    Column("floor_cents", BigInteger, nullable=False),
    instant_column("created_at"),
    CheckConstraint("floor_cents <= 0", name="ck_account_floor"),
    comment="Who pays: a person's own account (no name here) or an organisation's.",
)

member = Table(
    "member",
    metadata,
    id_column("id", key=True),
    Column("account", ForeignKey("account.id"), nullable=False, index=True),
    Column("status", String(16), nullable=False),
    instant_column("membership_until_at", optional=True),
    Column("language", String(2), nullable=False),
    Column("use_kind", String(16), nullable=False),
    Column("audience", String(ID_LENGTH_MAX), nullable=False, server_default=text("''")),
    Column("longer_windows", Boolean, nullable=False, server_default=text("false")),
    Column("always_sound", Boolean, nullable=False, server_default=text("false")),
    Column("spoken_messages", Boolean, nullable=False, server_default=text("false")),
    Column("larger_text", Boolean, nullable=False, server_default=text("false")),
    Column("external_id", String(NAME_LENGTH), unique=True),
    instant_column("created_at"),
    Column("suspended_reason", String(TEXT_LENGTH)),
    comment="A person without a name: standing and why, language, who pays.",
)

badge = Table(
    "badge",
    metadata,
    id_column("id", key=True),
    Column("token", String(HASH_LENGTH), nullable=False),
    Column("member", ForeignKey("member.id"), nullable=False, index=True),
    Column("status", String(10), nullable=False),
    Column("label", String(NAME_LENGTH), nullable=False),
    instant_column("from_at"),
    instant_column("to_at", optional=True),
    Index(
        "ux_badge_token",
        "token",
        unique=True,
        sqlite_where=text("to_at IS NULL"),
        postgresql_where=text("to_at IS NULL"),
    ),
    comment="Badges by their keyed token; one open row per token, so a badge has one holder at a time.",
)

training_grant = Table(
    "training_grant",
    metadata,
    id_column("id", key=True),
    Column("member", ForeignKey("member.id"), nullable=False),
    Column("training", ForeignKey("training.id"), nullable=False, index=True),
    instant_column("from_at"),
    instant_column("until_at", optional=True),
    Column("granted_by", String(ID_LENGTH_MAX), nullable=False),
    Column("note", String(TEXT_LENGTH), nullable=False),
    instant_column("granted_at"),
    instant_column("revoked_at", optional=True),
    Column("revoked_by", String(ID_LENGTH_MAX)),
    Column("may_train", Boolean, nullable=False, server_default=text("false")),
    Column("may_be_named", Boolean, nullable=False, server_default=text("false")),
    Index(
        "ux_training_grant_open",
        "member",
        "training",
        unique=True,
        sqlite_where=text("revoked_at IS NULL"),
        postgresql_where=text("revoked_at IS NULL"),
    ),
    comment="Who was granted what, by whom, from and until when; one open row per member and training.",
)

supervised_use = Table(
    "supervised_use",
    metadata,
    id_column("session", key=True),
    Column("member", ForeignKey("member.id"), primary_key=True, index=True),
    Column("training", ForeignKey("training.id"), primary_key=True),
    id_column("machine"),
    id_column("supervisor"),
    instant_column("seen_at"),
    comment="Who practised at which machine under whose eyes.",
)

maintenance_plan = Table(
    "maintenance_plan",
    metadata,
    Column("machine", ForeignKey("machine.id"), primary_key=True),
    id_column("id", key=True),
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("measured", String(10), nullable=False),
    Column("every_s", BigInteger),
    Column("every_uses", Integer),
    Column("every_days", Integer),
    instant_column("done_at"),
    Column("done_s", BigInteger, nullable=False),
    Column("done_uses", Integer, nullable=False),
    comment="What is to be done to a machine how often, and what its counters were when it was done last.",
)

machine_lock = Table(
    "machine_lock",
    metadata,
    id_column("id", key=True),
    Column("machine", ForeignKey("machine.id"), nullable=False, index=True),
    Column("reason", String(TEXT_LENGTH), nullable=False),
    Column("emergency", Boolean, nullable=False),
    Column("set_by", String(ID_LENGTH_MAX), nullable=False),
    instant_column("set_at"),
    Column("lifted_by", String(ID_LENGTH_MAX)),
    instant_column("lifted_at", optional=True),
    comment="Lock-outs set here or on the floor; each is lifted by its id only.",
)

agreement = Table(
    "agreement",
    metadata,
    id_column("id", key=True),
    Column("books", ForeignKey("books.id"), nullable=False),
    Column("name", String(NAME_LENGTH), nullable=False),
    comment="Machines held together.",
)

agreement_good = Table(
    "agreement_good",
    metadata,
    Column("agreement", ForeignKey("agreement.id"), primary_key=True),
    Column("machine", ForeignKey("machine.id"), primary_key=True),
    comment="The machines of an agreement.",
)

agreement_version = Table(
    "agreement_version",
    metadata,
    Column("agreement", ForeignKey("agreement.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    comment="Each version's data as canonical JSON, its dates included.",
)

directory_entry = Table(
    "directory_entry",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("key", String(2 * ID_LENGTH_MAX + 1), primary_key=True),
    Column("body", Text),
    Column("revision", BigInteger, nullable=False, unique=True),
    comment="What comes down to the controllers; a null body is a tombstone.",
)

counter = Table(
    "counter",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("value", BigInteger, nullable=False),
    comment="Numbers without a gap: the directory's revision, the vault's changes.",
)

unknown_badge_tap = Table(
    "unknown_badge_tap",
    metadata,
    id_column("id", key=True),
    Column("token", String(HASH_LENGTH), nullable=False, index=True),
    id_column("machine"),
    id_column("controller"),
    Column("seen_at", BigInteger, nullable=False, index=True),
    comment="Unknown badges just tapped, for enrolment; purged soon.",
)

command = Table(
    "command",
    metadata,
    id_column("id", key=True),
    id_column("controller"),
    id_column("machine"),
    Column("kind", String(16), nullable=False),
    Column("session", String(ID_LENGTH_MAX), nullable=False),
    Column("asked_by", String(ID_LENGTH_MAX), nullable=False),
    instant_column("asked_at"),
    Column("outcome", String(TEXT_LENGTH)),
    instant_column("answered_at", optional=True),
    comment="Commands sent to the floor and what became of them.",
)

alarm = Table(
    "alarm",
    metadata,
    id_column("id", key=True),
    Column("kind", String(30), nullable=False),
    Column("subject", String(2 * ID_LENGTH_MAX + 1), nullable=False),
    Column("detail", Text, nullable=False),
    Column("raised_at", BigInteger, nullable=False, index=True),
    instant_column("cleared_at", optional=True),
    Column("cleared_by", String(ID_LENGTH_MAX)),
    comment="What a person has to look at; cleared by a person.",
)

audit = Table(
    "audit",
    metadata,
    Column("id", SERIAL, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("actor", String(ID_LENGTH_MAX), nullable=False),
    Column("what", String(40), nullable=False),
    Column("subject", String(2 * ID_LENGTH_MAX + 1), nullable=False),
    Column("before", Text),
    Column("after", Text),
    comment="Who changed what, when, from what to what: ids and values, never a name or a badge.",
)
