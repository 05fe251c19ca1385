-- The clinic's root secret, made once, wrapped by the key ring. Every keyed digest derives from it.
CREATE TABLE clinic_root (
    id      TEXT   PRIMARY KEY CHECK (id = 'root'),
    key_id  TEXT   NOT NULL,
    wrapped BYTEA  NOT NULL,
    made_at BIGINT NOT NULL
);

-- One key a person, wrapped by the key ring. Destroying it (wrapped becomes NULL) erases what it sealed, backups included.
CREATE TABLE data_keys (
    id           TEXT   PRIMARY KEY,
    key_id       TEXT   NOT NULL,
    wrapped      BYTEA,
    made_at      BIGINT NOT NULL,
    destroyed_at BIGINT
);
CREATE INDEX data_keys_key ON data_keys (key_id);
