"""The tables of what came up from the floor: facts as they arrived, branches, and the sessions read out of
them.

House rules: `journal_fact` keeps every well-formed fact byte for byte, understood or not; everything else
here is read out of it by `intake` and could be built again.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, text

from controller.domain.ids import ID_LENGTH_MAX
from controller.office.tables_base import HASH_LENGTH, NAME_LENGTH, TEXT_LENGTH, id_column, instant_column, metadata

journal_branch = Table(
    "journal_branch",
    metadata,
    id_column("controller", key=True),
    id_column("branch", key=True),
    Column("state", String(12), nullable=False),
    Column("first_n", BigInteger, nullable=False),
    id_column("parent_branch", optional=True),
    Column("parent_n", BigInteger, nullable=False),
    Column("parent_hash", String(HASH_LENGTH), nullable=False),
    Column("stored_n", BigInteger, nullable=False),
    Column("stored_hash", String(HASH_LENGTH), nullable=False),
    Column("interpreted_n", BigInteger, nullable=False),
    Column("born", Integer, nullable=False),
    Column("restored", Boolean, nullable=False),
    Column("backed_up_n", BigInteger, nullable=False),
    instant_column("opened_at"),
    instant_column("heard_at"),
    comment="Each start of a controller: how far it is stored, interpreted, in a verified backup; its standing.",
)

journal_fact = Table(
    "journal_fact",
    metadata,
    id_column("controller", key=True),
    id_column("branch", key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(40), nullable=False),
    Column("schema", Integer, nullable=False),
    Column("prev", String(HASH_LENGTH), nullable=False),
    Column("commitment", String(HASH_LENGTH), nullable=False),
    Column("hash", String(HASH_LENGTH), nullable=False),
    Column("salt", String(HASH_LENGTH)),
    Column("body", Text),
    instant_column("received_at"),
    Column("state", String(16), nullable=False),
    Column("tray_reason", String(30)),
    Column("tray_detail", Text),
    Index(
        "ix_journal_fact_waiting",
        "controller",
        "n",
        sqlite_where=text("state = 'stored'"),
        postgresql_where=text("state = 'stored'"),
    ),
    Index(
        "ix_journal_fact_tray",
        "controller",
        "branch",
        "n",
        sqlite_where=text("state = 'tray'"),
        postgresql_where=text("state = 'tray'"),
    ),
    sqlite_with_rowid=False,
    comment="Facts as they arrived; state: stored, posted, nothing_to_post, tray.",
)

boot_anchor = Table(
    "boot_anchor",
    metadata,
    id_column("controller", key=True),
    Column("boot_id", String(NAME_LENGTH), primary_key=True),
    Column("wall_at_boot_ms", BigInteger, nullable=False),
    comment="Unix time of each boot's zero, once known: dates every stamp of that boot.",
)

session = Table(
    "session",
    metadata,
    id_column("id", key=True),
    Column("state", String(10), nullable=False),
    id_column("controller"),
    id_column("machine"),
    Column("member", String(ID_LENGTH_MAX), nullable=False),
    Column("account", String(ID_LENGTH_MAX), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("opened_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("stop_reason", String(30)),
    Column("seconds", Integer),
    Column("announced_cents", BigInteger),
    Column("gross_cents", BigInteger),
    Column("net_cents", BigInteger),
    Column("agreement", String(ID_LENGTH_MAX)),
    Column("agreement_version", Integer),
    Column("adjustment", String(20)),
    Column("entry", BigInteger),
    Column("busy_s", Integer),
    Column("idle_s", Integer),
    Column("energy_wh", BigInteger),
    Index("ix_session_machine", "machine", "ended_at"),
    Index("ix_session_member", "member", "ended_at"),
    Index("ix_session_state", "state"),
    comment="One row per use, whatever number of branches tell of it; "
    "state: open, lost, ended, posted, reversed, abandoned.",
)

metered_by_hand = Table(
    "metered_by_hand",
    metadata,
    id_column("session", key=True),
    Column("busy_s", Integer, nullable=False),
    Column("note", String(TEXT_LENGTH), nullable=False),
    Column("set_by", String(ID_LENGTH_MAX), nullable=False),
    instant_column("set_at"),
    comment="How long a machine ran in a use that its meter did not see whole, by a person's word.",
)

stray_current = Table(
    "stray_current",
    metadata,
    id_column("controller", key=True),
    id_column("branch", key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("machine", String(ID_LENGTH_MAX), nullable=False),
    Column("power_w", BigInteger, nullable=False),
    instant_column("seen_at"),
    Index("ix_stray_current_machine", "machine", "seen_at"),
    comment="Current that a meter saw while nobody used the machine.",
)

counter_reading = Table(
    "counter_reading",
    metadata,
    id_column("machine", key=True),
    Column("read_at", BigInteger, primary_key=True, autoincrement=False),
    Column("seconds", BigInteger),
    Column("energy_wh", BigInteger),
    Column("counts", String(10), nullable=False),
    Column("replaced", Integer, nullable=False),
    Column("read_by", String(ID_LENGTH_MAX), nullable=False),
    comment="What a machine's own counter said, read by a person; `replaced`: a new counter begins with this reading.",
)

machine_hours = Table(
    "machine_hours",
    metadata,
    id_column("machine", key=True),
    Column("powered_s", BigInteger, nullable=False),
    Column("busy_s", BigInteger, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("energy_wh", BigInteger, nullable=False),
    comment="What each machine has done since its first use; never set back.",
)

hold = Table(
    "hold",
    metadata,
    Column("session", String(ID_LENGTH_MAX), primary_key=True),
    Column("account", String(ID_LENGTH_MAX), nullable=False, index=True),
    id_column("controller"),
    Column("cents", BigInteger, nullable=False),
    Column("in_tray", Integer, nullable=False),
    comment="What open uses may still cost, and what ended ones will cost that wait in the tray.",
)
