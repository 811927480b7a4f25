-- +goose Up

-- What calls of a stretch of time that share a value add up to, for three lengths
-- of time. It has no numbers and no names of users.
CREATE TABLE rollups (
    dimension INTEGER NOT NULL,
    length    INTEGER NOT NULL, -- seconds
    at        INTEGER NOT NULL, -- start, seconds since 1970, a multiple of the length
    value     TEXT    NOT NULL,
    sums      BLOB    NOT NULL,
    PRIMARY KEY (dimension, length, at, value)
) WITHOUT ROWID;

-- rollup_rules has one row: by which rules the table above was made.
CREATE TABLE rollup_rules (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL
);

-- Most calls end normally: an index of what is most of the table costs each call
-- and finds nothing that going through the newest calls does not find as fast.
CREATE INDEX calls_from   ON calls (from_number, started_at);
CREATE INDEX calls_to     ON calls (to_number, started_at);
CREATE INDEX calls_user   ON calls (username, started_at) WHERE username <> '';
CREATE INDEX calls_trunk  ON calls (trunk, started_at) WHERE trunk <> '';
CREATE INDEX calls_queue  ON calls (queue, started_at) WHERE queue <> '';
CREATE INDEX calls_status ON calls (status, started_at) WHERE status <> 'Call Ended';
CREATE INDEX calls_reason ON calls (bye_reason, started_at) WHERE bye_reason <> 'NORMAL_CLEARING';
CREATE INDEX calls_code   ON calls (last_response_code, started_at) WHERE last_response_code <> 200;
CREATE INDEX calls_detail ON calls (detail, started_at) WHERE detail <> '';
CREATE INDEX calls_stage  ON calls (stage, started_at) WHERE stage NOT IN ('routing', 'ringing', 'talking');
CREATE INDEX calls_ended_by   ON calls (ended_by, started_at) WHERE ended_by NOT IN ('caller', 'callee');
CREATE INDEX calls_confidence ON calls (confidence, started_at) WHERE confidence <> 'certain';

-- +goose Down
DROP INDEX calls_confidence;
DROP INDEX calls_ended_by;
DROP INDEX calls_stage;
DROP INDEX calls_detail;
DROP INDEX calls_code;
DROP INDEX calls_reason;
DROP INDEX calls_status;
DROP INDEX calls_queue;
DROP INDEX calls_trunk;
DROP INDEX calls_user;
DROP INDEX calls_to;
DROP INDEX calls_from;
DROP TABLE rollup_rules;
DROP TABLE rollups;
