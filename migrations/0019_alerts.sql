-- Sensitive acts are paused since frozen_at: until frozen_until, or until an admin lifts it when that is NULL.
ALTER TABLE accounts ADD COLUMN frozen_at BIGINT;
ALTER TABLE accounts ADD COLUMN frozen_until BIGINT;
-- The owner said that something was not them: since then the password opens nothing until a new one is chosen.
ALTER TABLE accounts ADD COLUMN password_void_at BIGINT;

-- What an account's owner was told of, one row a mail, with the link that says "this was not me". Only a digest of the
-- link's token is kept. former_sealed: what its link puts back, such as the mail address that the account had before.
CREATE TABLE alerts (
    id            TEXT   PRIMARY KEY,
    account_id    TEXT   NOT NULL REFERENCES accounts (id),
    kind          TEXT   NOT NULL,
    token_digest  BYTEA  NOT NULL,
    former_sealed BYTEA,
    made_at       BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    used_at       BIGINT
);
CREATE UNIQUE INDEX alerts_token ON alerts (token_digest);
CREATE INDEX alerts_account ON alerts (account_id);
CREATE INDEX alerts_expires ON alerts (expires_at);

-- A new mail address that waits for the link mailed to it; newest only.
CREATE TABLE email_changes (
    id           TEXT   PRIMARY KEY,
    account_id   TEXT   NOT NULL REFERENCES accounts (id),
    email_sealed BYTEA  NOT NULL,
    token_digest BYTEA  NOT NULL,
    asked_at     BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    used_at      BIGINT,
    replaced_at  BIGINT
);
CREATE UNIQUE INDEX email_changes_token ON email_changes (token_digest);
CREATE INDEX email_changes_account ON email_changes (account_id);
CREATE INDEX email_changes_expires ON email_changes (expires_at);
