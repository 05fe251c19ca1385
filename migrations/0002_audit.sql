-- Who did what to which record, when, from where and why; nothing clinical. mac is keyed over the row.
CREATE TABLE audit_events (
    id         TEXT   PRIMARY KEY,
    at         BIGINT NOT NULL,
    actor      TEXT   NOT NULL,
    role       TEXT,
    deed       TEXT   NOT NULL,
    patient_id TEXT,
    subject    TEXT,
    why        TEXT,
    network    TEXT,
    mac        BYTEA  NOT NULL,
    linked_at  BIGINT
);
CREATE INDEX audit_events_waiting ON audit_events (at, id) WHERE linked_at IS NULL;
CREATE INDEX audit_events_patient ON audit_events (patient_id, at);
CREATE INDEX audit_events_actor ON audit_events (actor, at);
CREATE INDEX audit_events_subject ON audit_events (subject, at);
CREATE INDEX audit_events_at ON audit_events (at, id);

-- The chain over the events: link = keyed digest of (previous link, event's mac).
CREATE TABLE audit_chain (
    seq      BIGINT PRIMARY KEY,
    event_id TEXT   NOT NULL UNIQUE,
    link     BYTEA  NOT NULL
);

-- Where the chain ends, under a digest of its own, so that a cut tail shows.
CREATE TABLE audit_head (
    id   SMALLINT PRIMARY KEY CHECK (id = 1),
    seq  BIGINT   NOT NULL,
    link BYTEA    NOT NULL,
    mac  BYTEA    NOT NULL
);
