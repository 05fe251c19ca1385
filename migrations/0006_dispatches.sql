-- One message to one person, written with the change that caused it. A code's text is never stored: it names its challenge.
CREATE TABLE dispatches (
    id            TEXT   PRIMARY KEY,
    kind          TEXT   NOT NULL CHECK (kind IN ('sms', 'email')),
    account_id    TEXT,
    data_key_id   TEXT   NOT NULL REFERENCES data_keys (id),
    to_sealed     BYTEA  NOT NULL,
    template      TEXT   NOT NULL,
    locale        TEXT   NOT NULL,
    values_sealed BYTEA  NOT NULL,
    challenge_id  TEXT   REFERENCES challenges (id),
    queued_at     BIGINT NOT NULL,
    due_at        BIGINT NOT NULL,
    useless_at    BIGINT NOT NULL,
    leased_until  BIGINT NOT NULL,
    tries         BIGINT NOT NULL,
    sent_at       BIGINT,
    ended_at      BIGINT,
    outcome       TEXT
);
CREATE INDEX dispatches_due ON dispatches (due_at) WHERE ended_at IS NULL;
CREATE INDEX dispatches_queued ON dispatches (queued_at);
CREATE INDEX dispatches_challenge ON dispatches (challenge_id);

-- One try of a dispatch through one gateway; written before the request leaves.
CREATE TABLE attempts (
    dispatch_id TEXT   NOT NULL REFERENCES dispatches (id),
    number      BIGINT NOT NULL,
    gateway     TEXT   NOT NULL,
    started_at  BIGINT NOT NULL,
    ended_at    BIGINT,
    outcome     TEXT,
    provider_id TEXT,
    reason      TEXT,
    PRIMARY KEY (dispatch_id, number)
);
