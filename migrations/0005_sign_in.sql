-- One request to prove possession of a factor, for one purpose. The code is derived from seed, never stored.
CREATE TABLE challenges (
    id              TEXT     PRIMARY KEY,
    account_id      TEXT     REFERENCES accounts (id),
    registration_id TEXT     REFERENCES registrations (id),
    invitation_id   TEXT     REFERENCES invitations (id),
    reset_id        TEXT,
    purpose         TEXT     NOT NULL,
    factor          TEXT     NOT NULL,
    browser_digest  BYTEA    NOT NULL,
    device_id       TEXT,
    seed            BYTEA    NOT NULL,
    code_ends_at    BIGINT   NOT NULL,
    tries           BIGINT   NOT NULL,
    sends           BIGINT   NOT NULL,
    next_send_at    BIGINT   NOT NULL,
    visit_id        TEXT,
    next_path       TEXT,
    started_at      BIGINT   NOT NULL,
    expires_at      BIGINT   NOT NULL,
    answered_at     BIGINT,
    ended_at        BIGINT
);
CREATE INDEX challenges_live ON challenges (account_id, purpose, browser_digest) WHERE answered_at IS NULL AND ended_at IS NULL;
CREATE INDEX challenges_registration ON challenges (registration_id);
CREATE INDEX challenges_expiry ON challenges (expires_at);

-- Signed-in browsers, and browsers with only the password. Only a digest of the cookie's value is kept.
CREATE TABLE sessions (
    id              TEXT   PRIMARY KEY,
    token_digest    BYTEA  NOT NULL,
    kind            TEXT   NOT NULL CHECK (kind IN ('pending', 'full')),
    account_id      TEXT   REFERENCES accounts (id),
    account_version BIGINT NOT NULL,
    challenge_id    TEXT   REFERENCES challenges (id),
    device_id       TEXT,
    browser_digest  BYTEA  NOT NULL,
    network         TEXT   NOT NULL,
    agent           TEXT   NOT NULL,
    started_at      BIGINT NOT NULL,
    seen_at         BIGINT NOT NULL,
    ends_at         BIGINT NOT NULL,
    proved_at       BIGINT,
    proved_visit_id TEXT,
    proved_visit_at BIGINT,
    ended_at        BIGINT
);
CREATE UNIQUE INDEX sessions_token ON sessions (token_digest);
CREATE INDEX sessions_account ON sessions (account_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_ends ON sessions (ends_at);

-- Browsers that have proved both factors once. trusted_until: asked no code until then.
CREATE TABLE devices (
    id            TEXT   PRIMARY KEY,
    account_id    TEXT   NOT NULL REFERENCES accounts (id),
    token_digest  BYTEA  NOT NULL,
    agent         TEXT   NOT NULL,
    known_at      BIGINT NOT NULL,
    seen_at       BIGINT NOT NULL,
    trusted_until BIGINT,
    forgotten_at  BIGINT
);
CREATE UNIQUE INDEX devices_token ON devices (token_digest);
CREATE INDEX devices_account ON devices (account_id);

-- Wrong answers in a row, apart for each known browser and for all the unknown ones ('').
CREATE TABLE lockouts (
    account_id   TEXT   NOT NULL REFERENCES accounts (id),
    device_id    TEXT   NOT NULL,
    in_a_row     BIGINT NOT NULL,
    locks        BIGINT NOT NULL,
    locked_at    BIGINT,
    locked_until BIGINT,
    why          TEXT,
    network      TEXT,
    changed_at   BIGINT NOT NULL,
    PRIMARY KEY (account_id, device_id)
);
CREATE INDEX lockouts_until ON lockouts (locked_until);

-- Mailed links to choose a new password; single use, newest only.
CREATE TABLE password_resets (
    id           TEXT   PRIMARY KEY,
    account_id   TEXT   NOT NULL REFERENCES accounts (id),
    token_digest BYTEA  NOT NULL,
    asked_at     BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    opened_at    BIGINT,
    proved_at    BIGINT,
    used_at      BIGINT,
    replaced_at  BIGINT
);
CREATE UNIQUE INDEX password_resets_token ON password_resets (token_digest);
CREATE INDEX password_resets_account ON password_resets (account_id);

-- How often something happened lately: wrong passwords for an email, tries from a network, texts to a number.
CREATE TABLE tallies (
    bucket        TEXT   NOT NULL,
    subject       BYTEA  NOT NULL,
    window_from   BIGINT NOT NULL,
    window_ends   BIGINT NOT NULL,
    count         BIGINT NOT NULL,
    blocked_until BIGINT,
    PRIMARY KEY (bucket, subject)
);
CREATE INDEX tallies_ends ON tallies (window_ends);
