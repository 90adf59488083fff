"""What the database itself refuses, in the words of SQLite and of PostgreSQL.

House rules: the only place of the ledger with SQL of one database, and made of constants only. Both dialects
state the same rules: entries, postings and heads are never changed or deleted; a posting cannot join a sealed
entry; an entry follows the last one of its books without a gap, names its hash, is balanced per commodity and
has as many legs as it says.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.domain.chain import GENESIS_HASH

_APPEND_ONLY = ("ledger_entry", "ledger_posting", "ledger_head")
_REFUSED_CHANGE = "the ledger is append-only: correct by a reversal"


@dataclass(frozen=True, slots=True)
class _Rule:
    """A row whose insertion makes `broken` true is refused with `text`. Read by both databases as it is."""

    broken: str
    text: str


_FOLLOWS = _Rule(
    "NEW.seq <> 1 + coalesce((SELECT max(seq) FROM ledger_entry WHERE books = NEW.books), 0)",
    "the entry does not follow the last one of its books",
)
_CARRIES_HASH = _Rule(
    "NEW.previous <> coalesce("  # noqa: S608 - constants only
    "(SELECT hash FROM ledger_entry WHERE books = NEW.books AND seq = NEW.seq - 1), "
    f"'{GENESIS_HASH}')",
    "the entry does not carry the hash of the one before it",
)
# The table has it too, but SQLite's INSERT OR REPLACE would delete the old row without asking a trigger.
_NEW_KEY = _Rule(
    "EXISTS (SELECT 1 FROM ledger_entry WHERE books = NEW.books AND key = NEW.key)",
    "an entry with this key is posted already",
)
_HAS_LEGS = _Rule(
    "NEW.legs <> (SELECT count(*) FROM ledger_posting WHERE books = NEW.books AND seq = NEW.seq)",
    "the entry has not the number of legs that it says",
)
_BALANCED = _Rule(
    "EXISTS (SELECT 1 FROM ledger_posting WHERE books = NEW.books AND seq = NEW.seq "
    "GROUP BY commodity HAVING sum(amount) <> 0)",
    "the legs of the entry do not sum to zero",
)
_UNSEALED = _Rule(
    "EXISTS (SELECT 1 FROM ledger_entry WHERE books = NEW.books AND seq = NEW.seq)",
    "the entry is sealed already",
)
_NEW_HEAD = _Rule(
    "EXISTS (SELECT 1 FROM ledger_head WHERE books = NEW.books AND n = NEW.n)",
    "this head exists already",
)
_ON_INSERT = {
    "ledger_entry": (_FOLLOWS, _CARRIES_HASH, _NEW_KEY, _HAS_LEGS, _BALANCED),
    "ledger_posting": (_UNSEALED,),
    "ledger_head": (_NEW_HEAD,),
}


def trigger_ddl(dialect_name: str) -> list[str]:
    """Return the statements that create the ledger's triggers; raise `ValueError` for an unknown database."""
    match dialect_name:
        case "sqlite":
            return _sqlite()
        case "postgresql":
            return _postgresql()
        case _:
            raise ValueError(f"the ledger has no triggers for {dialect_name}; use sqlite or postgresql")


def _sqlite() -> list[str]:
    statements = []
    for table in _APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            name = f"{table}_no_{verb.lower()}"
            refuse = f"SELECT RAISE(ABORT, '{_REFUSED_CHANGE}');"
            statements.append(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} BEGIN {refuse} END")
    for table, rules in _ON_INSERT.items():
        checks = " ".join(f"SELECT RAISE(ABORT, '{rule.text}') WHERE {rule.broken};" for rule in rules)
        statements.append(f"CREATE TRIGGER {table}_rules BEFORE INSERT ON {table} BEGIN {checks} END")
    return statements


def _postgresql() -> list[str]:
    statements = [_function("ledger_append_only", f"RAISE EXCEPTION '{_REFUSED_CHANGE}';")]
    for table in _APPEND_ONLY:
        for name, event in (
            ("no_change", f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW"),
            ("no_truncate", f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"),
        ):
            statements.append(f"CREATE TRIGGER {table}_{name} {event} EXECUTE FUNCTION ledger_append_only()")
    for table, rules in _ON_INSERT.items():
        checks = " ".join(f"IF {rule.broken} THEN RAISE EXCEPTION '{rule.text}'; END IF;" for rule in rules)
        event = f"BEFORE INSERT ON {table} FOR EACH ROW"
        statements += [
            _function(f"{table}_rules", f"{checks} RETURN NEW;"),
            f"CREATE TRIGGER {table}_rules {event} EXECUTE FUNCTION {table}_rules()",
        ]
    return statements


def _function(name: str, body: str) -> str:
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
