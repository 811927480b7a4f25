-- +goose Up
CREATE TABLE endpoint (
    name TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    events TEXT NOT NULL,     -- JSON
    secrets TEXT NOT NULL,    -- JSON
    private TEXT NOT NULL,    -- JSON
    source TEXT NOT NULL,
    created INTEGER NOT NULL, -- times are microseconds since 1970
    disabled TEXT NOT NULL
);
CREATE TABLE message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    key TEXT NOT NULL,
    at INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX message_id ON message (id);
CREATE INDEX message_at ON message (at);
CREATE TABLE delivery (
    endpoint TEXT NOT NULL,
    seq INTEGER NOT NULL,
    state INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    next INTEGER NOT NULL,
    PRIMARY KEY (endpoint, seq)
) WITHOUT ROWID;
CREATE INDEX delivery_state ON delivery (endpoint, state, seq);
CREATE INDEX delivery_seq ON delivery (seq);
CREATE TABLE attempt (
    endpoint TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    status INTEGER NOT NULL,
    took INTEGER NOT NULL,    -- microseconds
    error TEXT NOT NULL
);
CREATE INDEX attempt_of ON attempt (endpoint, seq);
CREATE INDEX attempt_seq ON attempt (seq);

-- +goose Down
DROP TABLE attempt;
DROP TABLE delivery;
DROP TABLE message;
DROP TABLE endpoint;
