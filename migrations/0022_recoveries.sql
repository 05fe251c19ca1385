-- Ways back in for people whose phone is lost, step by step, each with its instant. Open: ended_at is NULL and expires_at
-- has not come. The new number, and the one it replaced, lie here under the account's data key; an undo needs both.
CREATE TABLE recoveries (
    id                TEXT   PRIMARY KEY,
    account_id        TEXT   NOT NULL REFERENCES accounts (id),
    phone_sealed      BYTEA  NOT NULL,
    phone_index       BYTEA  NOT NULL,
    cancel_digest     BYTEA  NOT NULL,
    cancel_until      BIGINT NOT NULL,
    network           TEXT   NOT NULL,
    agent             TEXT   NOT NULL,
    asked_at          BIGINT NOT NULL,
    approvable_at     BIGINT NOT NULL,
    expires_at        BIGINT NOT NULL,
    phone_proved_at   BIGINT,
    -- the first member of staff: what was looked at, and a note
    checked_at        BIGINT,
    checked_by        TEXT   REFERENCES accounts (id),
    checklist         TEXT,
    note_sealed       BYTEA,
    -- the second one; approved_by stays NULL when it was the operator's shell
    approved_at       BIGINT,
    approved_by       TEXT   REFERENCES accounts (id),
    former_sealed     BYTEA,
    former_index      BYTEA,
    undo_digest       BYTEA,
    undo_until        BIGINT,
    undone_at         BIGINT,
    cancelled_at      BIGINT,
    refused_at        BIGINT,
    refused_by        TEXT   REFERENCES accounts (id),
    reason            TEXT,
    ended_at          BIGINT,
    CHECK (approved_at IS NULL OR (checked_at IS NOT NULL AND phone_proved_at IS NOT NULL)),
    CHECK (approved_by IS NULL OR (approved_by <> checked_by AND approved_by <> account_id)),
    CHECK (checked_by IS NULL OR checked_by <> account_id)
);
CREATE UNIQUE INDEX recoveries_open ON recoveries (account_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX recoveries_cancel ON recoveries (cancel_digest);
CREATE UNIQUE INDEX recoveries_undo ON recoveries (undo_digest) WHERE undo_digest IS NOT NULL;
CREATE INDEX recoveries_account ON recoveries (account_id, asked_at);
CREATE INDEX recoveries_waiting ON recoveries (expires_at) WHERE ended_at IS NULL AND phone_proved_at IS NOT NULL;

-- The request whose number a challenge's code proves.
ALTER TABLE challenges ADD COLUMN recovery_id TEXT;
