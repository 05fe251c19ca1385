-- How a patient is reminded of appointments.
ALTER TABLE accounts ADD COLUMN remind_by TEXT NOT NULL DEFAULT 'mail' CHECK (remind_by IN ('mail', 'text', 'none'));

-- Planned with a booking or a move, in its transaction, and gone with a cancellation. starts_at is the time it speaks of.
CREATE TABLE reminders (
    appointment_id TEXT   NOT NULL REFERENCES appointments (id),
    kind           TEXT   NOT NULL CHECK (kind IN ('24h', '1h')),
    starts_at      BIGINT NOT NULL,
    due_at         BIGINT NOT NULL,
    ended_at       BIGINT,
    outcome        TEXT   CHECK (outcome IN ('sent', 'declined', 'void', 'late')),
    dispatch_id    TEXT   REFERENCES dispatches (id),
    PRIMARY KEY (appointment_id, kind)
);
CREATE INDEX reminders_due ON reminders (due_at) WHERE ended_at IS NULL;
CREATE INDEX reminders_ended ON reminders (ended_at);
