-- Gateways that failed in a row: past a few they are asked only by probes. Calls are counted apart, as gateway:call.
CREATE TABLE breakers (
    gateway   TEXT   PRIMARY KEY,
    failures  BIGINT NOT NULL,
    opened_at BIGINT,
    probe_at  BIGINT
);

-- How often one code was sent or may have been; a code of the same challenge that ends later is another code.
CREATE TABLE code_sends (
    challenge_id TEXT   NOT NULL,
    ends_at      BIGINT NOT NULL,
    sends        BIGINT NOT NULL,
    PRIMARY KEY (challenge_id, ends_at)
);
CREATE INDEX code_sends_ends ON code_sends (ends_at);

-- For the texts of one person, newest first.
CREATE INDEX dispatches_account ON dispatches (account_id, queued_at);
