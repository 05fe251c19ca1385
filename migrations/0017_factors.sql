-- The phones of an account: three at most, one of them the primary, whose number lies in accounts (phone_sealed NULL here).
-- place: which of the three accounts that may share a number; taken when the phone is proved.
CREATE TABLE phones (
    id           TEXT     PRIMARY KEY,
    account_id   TEXT     NOT NULL REFERENCES accounts (id),
    phone_sealed BYTEA,
    phone_index  BYTEA    NOT NULL,
    place        SMALLINT CHECK (place BETWEEN 1 AND 3),
    primary_at   BIGINT,
    added_at     BIGINT   NOT NULL,
    proved_at    BIGINT,
    removed_at   BIGINT
);
CREATE INDEX phones_account ON phones (account_id) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX phones_primary ON phones (account_id) WHERE primary_at IS NOT NULL AND removed_at IS NULL;
CREATE UNIQUE INDEX phones_place ON phones (phone_index, place) WHERE place IS NOT NULL AND removed_at IS NULL;
CREATE UNIQUE INDEX phones_once ON phones (account_id, phone_index) WHERE removed_at IS NULL;

-- The phone that an account was opened with has the account's id.
INSERT INTO phones (id, account_id, phone_index, place, primary_at, added_at, proved_at)
SELECT id, id, phone_index, phone_place, opened_at, opened_at, opened_at FROM accounts;

-- Authenticator apps and passkeys. A TOTP secret counts once a code of it was typed (proved_at); last_step: the newest
-- time step that was used, of which no code is taken again. credential_index: a digest of the passkey's credential id.
CREATE TABLE authenticators (
    id               TEXT   PRIMARY KEY,
    account_id       TEXT   NOT NULL REFERENCES accounts (id),
    kind             TEXT   NOT NULL CHECK (kind IN ('totp', 'passkey')),
    name_sealed      BYTEA  NOT NULL,
    secret_sealed    BYTEA  NOT NULL,
    credential_index BYTEA,
    last_step        BIGINT,
    added_at         BIGINT NOT NULL,
    proved_at        BIGINT,
    used_at          BIGINT,
    removed_at       BIGINT
);
CREATE INDEX authenticators_account ON authenticators (account_id) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX authenticators_credential ON authenticators (credential_index) WHERE removed_at IS NULL AND credential_index IS NOT NULL;
CREATE UNIQUE INDEX authenticators_totp ON authenticators (account_id) WHERE kind = 'totp' AND proved_at IS NOT NULL AND removed_at IS NULL;

-- Recovery codes by a keyed digest; making new ones removes the old.
CREATE TABLE recovery_codes (
    account_id TEXT   NOT NULL REFERENCES accounts (id),
    digest     BYTEA  NOT NULL,
    made_at    BIGINT NOT NULL,
    used_at    BIGINT,
    PRIMARY KEY (account_id, digest)
);

-- How it went with each factor of an account: wrong answers in a row over its life, and the last right one.
-- factor: 'phone:<id>', 'authenticator:<id>', 'email', 'recovery'.
CREATE TABLE factor_uses (
    account_id TEXT   NOT NULL REFERENCES accounts (id),
    factor     TEXT   NOT NULL,
    wrong      BIGINT NOT NULL,
    proved_at  BIGINT,
    PRIMARY KEY (account_id, factor)
);
INSERT INTO factor_uses (account_id, factor, wrong)
SELECT id, 'phone:' || id, sms_wrong FROM accounts WHERE sms_wrong > 0;
ALTER TABLE accounts DROP COLUMN sms_wrong;

-- What a passkey was asked, until it answers; whose: a challenge, a session or a browser.
CREATE TABLE ceremonies (
    whose   TEXT   PRIMARY KEY,
    state   TEXT   NOT NULL,
    options TEXT   NOT NULL,
    ends_at BIGINT NOT NULL
);
CREATE INDEX ceremonies_ends ON ceremonies (ends_at);

-- Which phone the challenge's code goes to; NULL for registrations and invitations, and for factors without a phone.
ALTER TABLE challenges ADD COLUMN phone_id TEXT;
-- 1: only a factor that is stronger than a code sent by phone or mail will do, where the person has one.
ALTER TABLE challenges ADD COLUMN stronger BIGINT NOT NULL DEFAULT 0;
-- The factor that will not do, since it is about to be replaced; as in factor_uses.
ALTER TABLE challenges ADD COLUMN apart_from TEXT;

-- With which factor, and which one of its kind, the session's last proof was made.
ALTER TABLE sessions ADD COLUMN proved_with TEXT;
ALTER TABLE sessions ADD COLUMN proved_factor TEXT;
-- To which of a person's phones a text went.
ALTER TABLE dispatches ADD COLUMN phone_id TEXT;
CREATE INDEX dispatches_phone ON dispatches (phone_id, queued_at) WHERE phone_id IS NOT NULL;
