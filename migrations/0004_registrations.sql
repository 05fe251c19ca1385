-- Somebody filled in the form and has not proved the phone yet. decoy_at: the answer is "check your phone" and nothing opens.
CREATE TABLE registrations (
    id                TEXT   PRIMARY KEY,
    data_key_id       TEXT   NOT NULL REFERENCES data_keys (id),
    name_sealed       BYTEA  NOT NULL,
    birth_date_sealed BYTEA  NOT NULL,
    email_sealed      BYTEA  NOT NULL,
    email_index       BYTEA  NOT NULL,
    phone_sealed      BYTEA  NOT NULL,
    phone_index       BYTEA  NOT NULL,
    password_hash     TEXT   NOT NULL,
    locale            TEXT   NOT NULL,
    time_zone         TEXT   NOT NULL,
    terms_accepted_at BIGINT NOT NULL,
    started_at        BIGINT NOT NULL,
    expires_at        BIGINT NOT NULL,
    decoy_at          BIGINT,
    finished_at       BIGINT
);
CREATE INDEX registrations_email ON registrations (email_index, started_at);
CREATE INDEX registrations_expiry ON registrations (expires_at);

-- Staff are invited: a mailed link, then a password, then the phone proved by a code.
CREATE TABLE invitations (
    id            TEXT   PRIMARY KEY,
    token_digest  BYTEA  NOT NULL,
    role          TEXT   NOT NULL CHECK (role IN ('doctor', 'admin')),
    specialty     TEXT,
    data_key_id   TEXT   NOT NULL REFERENCES data_keys (id),
    name_sealed   BYTEA  NOT NULL,
    email_sealed  BYTEA  NOT NULL,
    email_index   BYTEA  NOT NULL,
    phone_sealed  BYTEA,
    phone_index   BYTEA,
    password_hash TEXT,
    locale        TEXT   NOT NULL,
    time_zone     TEXT   NOT NULL,
    invited_by    TEXT   NOT NULL,
    invited_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    accepted_at   BIGINT,
    withdrawn_at  BIGINT
);
CREATE UNIQUE INDEX invitations_token ON invitations (token_digest);
CREATE INDEX invitations_email ON invitations (email_index);
