-- Forms posted after their session ran out: shown again, filled in, to the same person in the same browser.
CREATE TABLE kept_forms (
    id             TEXT   PRIMARY KEY,
    account_id     TEXT   NOT NULL REFERENCES accounts (id),
    browser_digest BYTEA  NOT NULL,
    path           TEXT   NOT NULL,
    body_sealed    BYTEA  NOT NULL,
    kept_at        BIGINT NOT NULL
);
CREATE UNIQUE INDEX kept_forms_path ON kept_forms (account_id, path);
CREATE INDEX kept_forms_age ON kept_forms (kept_at);

-- What the sweep looks for. Without the first, every removed challenge would cost a walk through all sessions.
CREATE INDEX sessions_challenge ON sessions (challenge_id);
CREATE INDEX accounts_data_key ON accounts (data_key_id);
CREATE INDEX dispatches_unswept ON dispatches (ended_at) WHERE LENGTH(to_sealed) > 0;
CREATE INDEX password_resets_expiry ON password_resets (expires_at);
