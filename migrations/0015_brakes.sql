-- What an attempt cost, in millionths of the currency, and for how many segments. Written when it ends.
ALTER TABLE attempts ADD COLUMN cost BIGINT;
ALTER TABLE attempts ADD COLUMN segments BIGINT;

-- Of a code's text: the keyed index of its number's first digits, and what it is expected to cost while it is on its way.
ALTER TABLE dispatches ADD COLUMN prefix_index BYTEA;
ALTER TABLE dispatches ADD COLUMN expected BIGINT;
CREATE INDEX dispatches_prefix ON dispatches (prefix_index, queued_at) WHERE prefix_index IS NOT NULL;
CREATE INDEX dispatches_expected ON dispatches (country, expected) WHERE ended_at IS NULL AND expected IS NOT NULL;

-- When the newest text was asked for: next_send_at also moves when one is held back.
ALTER TABLE challenges ADD COLUMN last_send_at BIGINT;

-- Money by the clinic's day and country, '*' for all of them. decoys: what texts would have cost that only look sent.
-- near_told_at, held_told_at: when the admins were told that a ceiling is near, that it holds texts back.
CREATE TABLE spendings (
    day          TEXT   NOT NULL,
    country      TEXT   NOT NULL,
    spent        BIGINT NOT NULL,
    decoys       BIGINT NOT NULL,
    held_at      BIGINT,
    near_told_at BIGINT,
    held_told_at BIGINT,
    PRIMARY KEY (day, country)
);

-- Prefixes whose codes hardly anybody enters get no texts until ends_at; lifted early, ends_at is that instant.
CREATE TABLE prefix_pauses (
    prefix_index BYTEA  PRIMARY KEY,
    id           TEXT   NOT NULL UNIQUE,
    country      TEXT   NOT NULL,
    codes        BIGINT NOT NULL,
    entered      BIGINT NOT NULL,
    paused_at    BIGINT NOT NULL,
    ends_at      BIGINT NOT NULL
);
CREATE INDEX prefix_pauses_ends ON prefix_pauses (ends_at);

-- What kind of line a number is, by blind index, as a provider told within a day.
CREATE TABLE line_types (
    phone_index  BYTEA  PRIMARY KEY,
    kind         TEXT   NOT NULL,
    looked_up_at BIGINT NOT NULL
);
CREATE INDEX line_types_age ON line_types (looked_up_at);
