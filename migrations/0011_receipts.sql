-- Where a text goes, as two letters that name no person, for the figures of delivery; and when its network told of arrival.
ALTER TABLE dispatches ADD COLUMN country TEXT;
ALTER TABLE dispatches ADD COLUMN arrived_at BIGINT;

-- The digest of the token in the address that the gateway calls back, and the furthest that it told.
ALTER TABLE attempts ADD COLUMN token_digest BYTEA;
ALTER TABLE attempts ADD COLUMN receipt TEXT;
ALTER TABLE attempts ADD COLUMN receipt_rank BIGINT NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN receipt_at BIGINT;
ALTER TABLE attempts ADD COLUMN receipt_code TEXT;
CREATE UNIQUE INDEX attempts_token ON attempts (token_digest);
CREATE INDEX attempts_started ON attempts (started_at);

-- What a gateway told of an attempt; each state and each signed nonce is kept once.
CREATE TABLE receipts (
    dispatch_id TEXT   NOT NULL,
    attempt     BIGINT NOT NULL,
    state       TEXT   NOT NULL,
    code        TEXT,
    nonce       TEXT   UNIQUE,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (dispatch_id, attempt, state),
    FOREIGN KEY (dispatch_id, attempt) REFERENCES attempts (dispatch_id, number)
);

-- Numbers whose people wrote STOP, by blind index.
CREATE TABLE opt_outs (
    phone_index  BYTEA  PRIMARY KEY,
    gateway      TEXT   NOT NULL,
    opted_out_at BIGINT NOT NULL
);
