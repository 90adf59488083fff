CREATE TABLE alarm (
    id VARCHAR(64) NOT NULL,
    kind VARCHAR(30) NOT NULL,
    subject VARCHAR(129) NOT NULL,
    detail TEXT NOT NULL,
    raised_at BIGINT NOT NULL,
    cleared_at BIGINT,
    cleared_by VARCHAR(64),
    PRIMARY KEY (id)
)

CREATE INDEX ix_alarm_raised_at ON alarm (raised_at)

CREATE TABLE api_token (
    id VARCHAR(64) NOT NULL,
    prefix VARCHAR(16) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    label VARCHAR(120) NOT NULL,
    roles VARCHAR(120) NOT NULL,
    read_only INTEGER NOT NULL,
    account VARCHAR(64) NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (id),
    UNIQUE (prefix)
)

CREATE TABLE audit (
    id INTEGER NOT NULL,
    at BIGINT NOT NULL,
    actor VARCHAR(64) NOT NULL,
    what VARCHAR(40) NOT NULL,
    subject VARCHAR(129) NOT NULL,
    "before" TEXT,
    "after" TEXT,
    PRIMARY KEY (id)
)

CREATE INDEX ix_audit_at ON audit (at)

CREATE TABLE books (
    id VARCHAR(64) NOT NULL,
    name VARCHAR(120) NOT NULL,
    vat_taxable BOOLEAN NOT NULL,
    vat_rate_bp INTEGER NOT NULL,
    vat_point VARCHAR(10) NOT NULL,
    credit_fresh_s INTEGER NOT NULL,
    offline_ceiling_cents BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (id)
)

CREATE TABLE boot_anchor (
    controller VARCHAR(64) NOT NULL,
    boot_id VARCHAR(120) NOT NULL,
    wall_at_boot_ms BIGINT NOT NULL,
    PRIMARY KEY (controller, boot_id)
)

CREATE TABLE command (
    id VARCHAR(64) NOT NULL,
    controller VARCHAR(64) NOT NULL,
    machine VARCHAR(64) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    session VARCHAR(64) NOT NULL,
    asked_by VARCHAR(64) NOT NULL,
    asked_at BIGINT NOT NULL,
    outcome VARCHAR(500),
    answered_at BIGINT,
    PRIMARY KEY (id)
)

CREATE TABLE counter (
    name VARCHAR(20) NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (name)
)

CREATE TABLE directory_entry (
    kind VARCHAR(20) NOT NULL,
    "key" VARCHAR(129) NOT NULL,
    body TEXT,
    revision BIGINT NOT NULL,
    PRIMARY KEY (kind, "key"),
    UNIQUE (revision)
)

CREATE TABLE hold (
    session VARCHAR(64) NOT NULL,
    account VARCHAR(64) NOT NULL,
    controller VARCHAR(64) NOT NULL,
    cents BIGINT NOT NULL,
    in_tray INTEGER NOT NULL,
    PRIMARY KEY (session)
)

CREATE INDEX ix_hold_account ON hold (account)

CREATE TABLE journal_branch (
    controller VARCHAR(64) NOT NULL,
    branch VARCHAR(64) NOT NULL,
    state VARCHAR(12) NOT NULL,
    first_n BIGINT NOT NULL,
    parent_branch VARCHAR(64),
    parent_n BIGINT NOT NULL,
    parent_hash VARCHAR(64) NOT NULL,
    stored_n BIGINT NOT NULL,
    stored_hash VARCHAR(64) NOT NULL,
    interpreted_n BIGINT NOT NULL,
    born INTEGER NOT NULL,
    restored BOOLEAN NOT NULL,
    backed_up_n BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    heard_at BIGINT NOT NULL,
    PRIMARY KEY (controller, branch)
)

CREATE TABLE journal_fact (
    controller VARCHAR(64) NOT NULL,
    branch VARCHAR(64) NOT NULL,
    n BIGINT NOT NULL,
    kind VARCHAR(40) NOT NULL,
    schema INTEGER NOT NULL,
    prev VARCHAR(64) NOT NULL,
    commitment VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    salt VARCHAR(64),
    body TEXT,
    received_at BIGINT NOT NULL,
    state VARCHAR(16) NOT NULL,
    tray_reason VARCHAR(30),
    tray_detail TEXT,
    PRIMARY KEY (controller, branch, n)
)
 WITHOUT ROWID

CREATE INDEX ix_journal_fact_tray ON journal_fact (controller, branch, n) WHERE state = 'tray'

CREATE INDEX ix_journal_fact_waiting ON journal_fact (controller, n) WHERE state = 'stored'

CREATE TABLE ledger_balance (
    books VARCHAR(64) NOT NULL,
    account VARCHAR(128) NOT NULL,
    commodity VARCHAR(16) NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (books, account, commodity)
)
 WITHOUT ROWID

CREATE TABLE ledger_chain (
    books VARCHAR(64) NOT NULL,
    seq BIGINT NOT NULL,
    hash VARCHAR(64) NOT NULL,
    PRIMARY KEY (books)
)

CREATE TABLE ledger_entry (
    books VARCHAR(64) NOT NULL,
    seq BIGINT NOT NULL,
    "key" VARCHAR(200) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    event_at BIGINT NOT NULL,
    booked_at BIGINT NOT NULL,
    machine VARCHAR(64),
    reason TEXT,
    reverses BIGINT,
    details TEXT NOT NULL,
    legs INTEGER NOT NULL,
    previous VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    PRIMARY KEY (books, seq),
    CONSTRAINT uq_ledger_entry_key UNIQUE (books, "key"),
    CONSTRAINT ck_ledger_entry_seq CHECK (seq > 0)
)
 WITHOUT ROWID

CREATE TABLE ledger_head (
    books VARCHAR(64) NOT NULL,
    n BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    hash VARCHAR(64) NOT NULL,
    signed_at BIGINT NOT NULL,
    key_id VARCHAR(16) NOT NULL,
    signature VARCHAR(128) NOT NULL,
    PRIMARY KEY (books, n)
)
 WITHOUT ROWID

CREATE TABLE ledger_wheel (
    books VARCHAR(64) NOT NULL,
    pool VARCHAR(128) NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (books, pool)
)
 WITHOUT ROWID

CREATE TABLE login_failure (
    "key" VARCHAR(64) NOT NULL,
    failures INTEGER NOT NULL,
    wait_until_at BIGINT NOT NULL,
    PRIMARY KEY ("key")
)

CREATE TABLE office_meta (
    name VARCHAR(20) NOT NULL,
    value VARCHAR(64) NOT NULL,
    PRIMARY KEY (name)
)

CREATE TABLE session (
    id VARCHAR(64) NOT NULL,
    state VARCHAR(10) NOT NULL,
    controller VARCHAR(64) NOT NULL,
    machine VARCHAR(64) NOT NULL,
    member VARCHAR(64) NOT NULL,
    account VARCHAR(64) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    opened_at BIGINT,
    ended_at BIGINT,
    stop_reason VARCHAR(30),
    seconds INTEGER,
    announced_cents BIGINT,
    gross_cents BIGINT,
    net_cents BIGINT,
    agreement VARCHAR(64),
    agreement_version INTEGER,
    adjustment VARCHAR(20),
    entry BIGINT,
    PRIMARY KEY (id)
)

CREATE INDEX ix_session_machine ON session (machine, ended_at)

CREATE INDEX ix_session_member ON session (member, ended_at)

CREATE INDEX ix_session_state ON session (state)

CREATE TABLE setup_code (
    hash VARCHAR(64) NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (hash)
)

CREATE TABLE training (
    id VARCHAR(64) NOT NULL,
    name VARCHAR(120) NOT NULL,
    valid_days INTEGER,
    PRIMARY KEY (id)
)

CREATE TABLE unknown_badge_tap (
    id VARCHAR(64) NOT NULL,
    token VARCHAR(64) NOT NULL,
    machine VARCHAR(64) NOT NULL,
    controller VARCHAR(64) NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (id)
)

CREATE INDEX ix_unknown_badge_tap_seen_at ON unknown_badge_tap (seen_at)

CREATE INDEX ix_unknown_badge_tap_token ON unknown_badge_tap (token)

CREATE TABLE vault_person (
    person VARCHAR(64) NOT NULL,
    wrapped_key BLOB,
    sealed BLOB,
    change BIGINT NOT NULL,
    PRIMARY KEY (person),
    UNIQUE (change)
)

CREATE TABLE web_account (
    id VARCHAR(64) NOT NULL,
    login VARCHAR(120) NOT NULL,
    password_hash VARCHAR(200) NOT NULL,
    roles VARCHAR(120) NOT NULL,
    member VARCHAR(64),
    party VARCHAR(120),
    language VARCHAR(2) NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT,
    PRIMARY KEY (id),
    UNIQUE (login)
)

CREATE TABLE account (
    id VARCHAR(64) NOT NULL,
    books VARCHAR(64) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    name VARCHAR(120),
    floor_cents BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT ck_account_floor CHECK (floor_cents <= 0),
    FOREIGN KEY(books) REFERENCES books (id)
)

CREATE TABLE agreement (
    id VARCHAR(64) NOT NULL,
    books VARCHAR(64) NOT NULL,
    name VARCHAR(120) NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(books) REFERENCES books (id)
)

CREATE TABLE ledger_posting (
    books VARCHAR(64) NOT NULL,
    seq BIGINT NOT NULL,
    leg INTEGER NOT NULL,
    account VARCHAR(128) NOT NULL,
    commodity VARCHAR(16) NOT NULL,
    amount BIGINT NOT NULL,
    wheel_before BIGINT,
    PRIMARY KEY (books, seq, leg),
    CONSTRAINT fk_ledger_posting_sealed FOREIGN KEY(books, seq) REFERENCES ledger_entry (books, seq) DEFERRABLE INITIALLY DEFERRED
)
 WITHOUT ROWID

CREATE INDEX ix_ledger_posting_account ON ledger_posting (books, account, seq)

CREATE TABLE site (
    id VARCHAR(64) NOT NULL,
    books VARCHAR(64) NOT NULL,
    name VARCHAR(120) NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(books) REFERENCES books (id)
)

CREATE TABLE web_session (
    hash VARCHAR(64) NOT NULL,
    account VARCHAR(64) NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (hash),
    FOREIGN KEY(account) REFERENCES web_account (id)
)

CREATE INDEX ix_web_session_account ON web_session (account)

CREATE TABLE agreement_version (
    agreement VARCHAR(64) NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (agreement, version),
    FOREIGN KEY(agreement) REFERENCES agreement (id)
)

CREATE TABLE controller (
    id VARCHAR(64) NOT NULL,
    site VARCHAR(64) NOT NULL,
    name VARCHAR(120) NOT NULL,
    created_at BIGINT NOT NULL,
    heard_at BIGINT,
    applied_revision BIGINT DEFAULT 0 NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(site) REFERENCES site (id)
)

CREATE TABLE machine (
    id VARCHAR(64) NOT NULL,
    books VARCHAR(64) NOT NULL,
    site VARCHAR(64) NOT NULL,
    name VARCHAR(120) NOT NULL,
    in_service VARCHAR(16) NOT NULL,
    free_of_charge BOOLEAN NOT NULL,
    minimum_start_cents BIGINT NOT NULL,
    max_duration_s INTEGER NOT NULL,
    stop_tap VARCHAR(10) NOT NULL,
    end_policy VARCHAR(10) NOT NULL,
    without_clock VARCHAR(10) NOT NULL,
    on_process_exit VARCHAR(10) NOT NULL,
    hold_max_gap_s INTEGER NOT NULL,
    stale_rights_max_s INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(books) REFERENCES books (id),
    FOREIGN KEY(site) REFERENCES site (id)
)

CREATE TABLE member (
    id VARCHAR(64) NOT NULL,
    account VARCHAR(64) NOT NULL,
    status VARCHAR(16) NOT NULL,
    membership_until_at BIGINT,
    language VARCHAR(2) NOT NULL,
    use_kind VARCHAR(16) NOT NULL,
    external_id VARCHAR(120),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(account) REFERENCES account (id),
    UNIQUE (external_id)
)

CREATE INDEX ix_member_account ON member (account)

CREATE TABLE agreement_good (
    agreement VARCHAR(64) NOT NULL,
    machine VARCHAR(64) NOT NULL,
    PRIMARY KEY (agreement, machine),
    FOREIGN KEY(agreement) REFERENCES agreement (id),
    FOREIGN KEY(machine) REFERENCES machine (id)
)

CREATE TABLE badge (
    id VARCHAR(64) NOT NULL,
    token VARCHAR(64) NOT NULL,
    member VARCHAR(64) NOT NULL,
    status VARCHAR(10) NOT NULL,
    label VARCHAR(120) NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT,
    PRIMARY KEY (id),
    FOREIGN KEY(member) REFERENCES member (id)
)

CREATE INDEX ix_badge_member ON badge (member)

CREATE UNIQUE INDEX ux_badge_token ON badge (token) WHERE to_at IS NULL

CREATE TABLE machine_lock (
    id VARCHAR(64) NOT NULL,
    machine VARCHAR(64) NOT NULL,
    reason VARCHAR(500) NOT NULL,
    emergency BOOLEAN NOT NULL,
    set_by VARCHAR(64) NOT NULL,
    set_at BIGINT NOT NULL,
    lifted_by VARCHAR(64),
    lifted_at BIGINT,
    PRIMARY KEY (id),
    FOREIGN KEY(machine) REFERENCES machine (id)
)

CREATE INDEX ix_machine_lock_machine ON machine_lock (machine)

CREATE TABLE placement (
    machine VARCHAR(64) NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT,
    controller VARCHAR(64) NOT NULL,
    channel VARCHAR(64) NOT NULL,
    PRIMARY KEY (machine, from_at),
    FOREIGN KEY(machine) REFERENCES machine (id),
    FOREIGN KEY(controller) REFERENCES controller (id)
)

CREATE UNIQUE INDEX ux_placement_channel ON placement (controller, channel) WHERE to_at IS NULL

CREATE TABLE price_version (
    machine VARCHAR(64) NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    set_by VARCHAR(64) NOT NULL,
    PRIMARY KEY (machine, version),
    FOREIGN KEY(machine) REFERENCES machine (id)
)

CREATE TABLE training_grant (
    id VARCHAR(64) NOT NULL,
    member VARCHAR(64) NOT NULL,
    training VARCHAR(64) NOT NULL,
    from_at BIGINT NOT NULL,
    until_at BIGINT,
    granted_by VARCHAR(64) NOT NULL,
    note VARCHAR(500) NOT NULL,
    granted_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_by VARCHAR(64),
    PRIMARY KEY (id),
    FOREIGN KEY(member) REFERENCES member (id),
    FOREIGN KEY(training) REFERENCES training (id)
)

CREATE INDEX ix_training_grant_training ON training_grant (training)

CREATE UNIQUE INDEX ux_training_grant_open ON training_grant (member, training) WHERE revoked_at IS NULL

CREATE TABLE training_machine (
    training VARCHAR(64) NOT NULL,
    machine VARCHAR(64) NOT NULL,
    PRIMARY KEY (training, machine),
    FOREIGN KEY(training) REFERENCES training (id),
    FOREIGN KEY(machine) REFERENCES machine (id)
)

CREATE INDEX ix_training_machine_machine ON training_machine (machine)

CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: correct by a reversal'); END

CREATE TRIGGER ledger_entry_no_delete BEFORE DELETE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: correct by a reversal'); END

CREATE TRIGGER ledger_posting_no_update BEFORE UPDATE ON ledger_posting BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: correct by a reversal'); END

CREATE TRIGGER ledger_posting_no_delete BEFORE DELETE ON ledger_posting BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: correct by a reversal'); END

CREATE TRIGGER ledger_head_no_update BEFORE UPDATE ON ledger_head BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: correct by a reversal'); END

CREATE TRIGGER ledger_head_no_delete BEFORE DELETE ON ledger_head BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: correct by a reversal'); END

CREATE TRIGGER ledger_entry_rules BEFORE INSERT ON ledger_entry BEGIN SELECT RAISE(ABORT, 'the entry does not follow the last one of its books') WHERE NEW.seq <> 1 + coalesce((SELECT max(seq) FROM ledger_entry WHERE books = NEW.books), 0); SELECT RAISE(ABORT, 'the entry does not carry the hash of the one before it') WHERE NEW.previous <> coalesce((SELECT hash FROM ledger_entry WHERE books = NEW.books AND seq = NEW.seq - 1), '0000000000000000000000000000000000000000000000000000000000000000'); SELECT RAISE(ABORT, 'an entry with this key is posted already') WHERE EXISTS (SELECT 1 FROM ledger_entry WHERE books = NEW.books AND key = NEW.key); SELECT RAISE(ABORT, 'the entry has not the number of legs that it says') WHERE NEW.legs <> (SELECT count(*) FROM ledger_posting WHERE books = NEW.books AND seq = NEW.seq); SELECT RAISE(ABORT, 'the legs of the entry do not sum to zero') WHERE EXISTS (SELECT 1 FROM ledger_posting WHERE books = NEW.books AND seq = NEW.seq GROUP BY commodity HAVING sum(amount) <> 0); END

CREATE TRIGGER ledger_posting_rules BEFORE INSERT ON ledger_posting BEGIN SELECT RAISE(ABORT, 'the entry is sealed already') WHERE EXISTS (SELECT 1 FROM ledger_entry WHERE books = NEW.books AND seq = NEW.seq); END

CREATE TRIGGER ledger_head_rules BEFORE INSERT ON ledger_head BEGIN SELECT RAISE(ABORT, 'this head exists already') WHERE EXISTS (SELECT 1 FROM ledger_head WHERE books = NEW.books AND n = NEW.n); END
