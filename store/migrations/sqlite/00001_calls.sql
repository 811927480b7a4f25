-- +goose Up
CREATE TABLE calls (
    id                 TEXT    NOT NULL PRIMARY KEY,
    version            INTEGER NOT NULL,
    started_at         INTEGER NOT NULL, -- this and all times: nanoseconds since 1970
    ringing_at         INTEGER,
    answered_at        INTEGER,
    ended_at           INTEGER NOT NULL,
    duration_ms        INTEGER NOT NULL,
    setup_ms           INTEGER NOT NULL,
    ring_ms            INTEGER NOT NULL,
    talk_ms            INTEGER NOT NULL,
    hold_ms            INTEGER NOT NULL,
    direction          TEXT    NOT NULL,
    from_uri           TEXT    NOT NULL,
    from_number        TEXT    NOT NULL,
    from_name          TEXT    NOT NULL,
    to_uri             TEXT    NOT NULL,
    to_number          TEXT    NOT NULL,
    to_name            TEXT    NOT NULL,
    status             TEXT    NOT NULL,
    last_response_code INTEGER NOT NULL,
    sip_final          INTEGER NOT NULL,
    bye_reason         TEXT    NOT NULL,
    q850_cause         INTEGER NOT NULL,
    detail             TEXT    NOT NULL,
    ended_by           TEXT    NOT NULL,
    answered           TEXT    NOT NULL,
    stage              TEXT    NOT NULL,
    confidence         TEXT    NOT NULL,
    trunk              TEXT    NOT NULL,
    queue              TEXT    NOT NULL,
    username           TEXT    NOT NULL,
    source             TEXT    NOT NULL,
    log_segment        INTEGER NOT NULL, -- where the evidence is
    log_offset         INTEGER NOT NULL,
    record             BLOB    NOT NULL  -- the whole record, packed JSON
);
CREATE INDEX calls_started ON calls (started_at, id);

-- log_position has one row: up to where the log is in the table above.
CREATE TABLE log_position (
    one         INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    log_segment INTEGER NOT NULL,
    log_offset  INTEGER NOT NULL
);

CREATE TABLE bindings (
    aor        TEXT    NOT NULL,
    binding    TEXT    NOT NULL,
    contact    TEXT    NOT NULL,
    instance   TEXT    NOT NULL,
    reg_id     INTEGER NOT NULL,
    call_id    TEXT    NOT NULL,
    cseq       INTEGER NOT NULL,
    q          INTEGER NOT NULL,
    path       TEXT    NOT NULL, -- JSON array
    flow       TEXT    NOT NULL,
    user_agent TEXT    NOT NULL,
    updated_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (aor, binding)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE bindings;
DROP TABLE log_position;
DROP TABLE calls;
