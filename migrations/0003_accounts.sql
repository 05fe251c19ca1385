-- Who can sign in. version rises with every change that must end sessions elsewhere.
CREATE TABLE accounts (
    id              TEXT     PRIMARY KEY,
    role            TEXT     NOT NULL CHECK (role IN ('patient', 'doctor', 'admin')),
    data_key_id     TEXT     NOT NULL REFERENCES data_keys (id),
    name_sealed     BYTEA    NOT NULL,
    email_sealed    BYTEA    NOT NULL,
    email_index     BYTEA    NOT NULL,
    phone_sealed    BYTEA    NOT NULL,
    phone_index     BYTEA    NOT NULL,
    phone_place     SMALLINT NOT NULL CHECK (phone_place BETWEEN 1 AND 3),
    password_hash   TEXT     NOT NULL,
    password_set_at BIGINT   NOT NULL,
    version         BIGINT   NOT NULL,
    locale          TEXT     NOT NULL,
    time_zone       TEXT     NOT NULL,
    opened_at       BIGINT   NOT NULL,
    turned_off_at   BIGINT,
    -- wrong codes from browsers that never proved themselves, over the life of this password
    strange_codes   BIGINT   NOT NULL DEFAULT 0,
    -- wrong answers in a row on the text-message factor, over its life
    sms_wrong       BIGINT   NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX accounts_email ON accounts (email_index);
-- families share phones: three accounts at most, and the database counts them
CREATE UNIQUE INDEX accounts_phone ON accounts (phone_index, phone_place);
CREATE INDEX accounts_role ON accounts (role, opened_at);

-- Clinical identity; exists with or without an account.
CREATE TABLE patients (
    id                TEXT   PRIMARY KEY,
    account_id        TEXT   REFERENCES accounts (id),
    data_key_id       TEXT   NOT NULL REFERENCES data_keys (id),
    name_sealed       BYTEA  NOT NULL,
    birth_date_sealed BYTEA  NOT NULL,
    made_at           BIGINT NOT NULL
);
CREATE UNIQUE INDEX patients_account ON patients (account_id);

-- What booking shows of a doctor; the name is the account's.
CREATE TABLE doctors (
    account_id TEXT   PRIMARY KEY REFERENCES accounts (id),
    specialty  TEXT   NOT NULL,
    time_zone  TEXT   NOT NULL,
    made_at    BIGINT NOT NULL
);
