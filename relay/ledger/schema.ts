/**
 * Migrations in order; `user_version` is how many have run. Never change one that has been released: append.
 * STRICT tables refuse values of the wrong type instead of storing them.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE run (
    run_id TEXT PRIMARY KEY,
    signed_config BLOB NOT NULL,
    fingerprint TEXT NOT NULL,
    started_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE participant (
    run_id TEXT NOT NULL REFERENCES run,
    participant_id TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    joined_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    rounds_merged INTEGER NOT NULL,
    PRIMARY KEY (run_id, participant_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE round (
    run_id TEXT NOT NULL REFERENCES run,
    round INTEGER NOT NULL,
    invited TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    deadline_at INTEGER NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('open', 'committed', 'abandoned')),
    closed_at INTEGER,
    accepted INTEGER NOT NULL,
    late INTEGER NOT NULL,
    adapter_sha256 TEXT,
    parent_sha256 TEXT,
    loss REAL,
    accuracy REAL,
    PRIMARY KEY (run_id, round)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE baseline (
    run_id TEXT PRIMARY KEY REFERENCES run,
    round INTEGER NOT NULL,
    loss REAL NOT NULL,
    accuracy REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE accepted_update (
    seq INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES run,
    participant_id TEXT NOT NULL,
    round INTEGER NOT NULL,
    update_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL,
    merged_in INTEGER,
    UNIQUE (run_id, participant_id, round),
    UNIQUE (run_id, update_id)
  ) STRICT;
  CREATE TABLE event (
    run_id TEXT NOT NULL REFERENCES run,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    severity TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    participant TEXT,
    PRIMARY KEY (run_id, seq)
  ) STRICT, WITHOUT ROWID;
  `,
];
