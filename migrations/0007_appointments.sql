-- When a doctor can be booked, week after week: local wall time in the doctor's zone, in minutes after midnight.
CREATE TABLE weekly_hours (
    id           TEXT   PRIMARY KEY,
    doctor_id    TEXT   NOT NULL REFERENCES doctors (account_id),
    weekday      BIGINT NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    from_minute  BIGINT NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),
    until_minute BIGINT NOT NULL CHECK (until_minute BETWEEN 1 AND 1440 AND until_minute > from_minute),
    slot_minutes BIGINT NOT NULL CHECK (slot_minutes BETWEEN 5 AND 240)
);
CREATE INDEX weekly_hours_doctor ON weekly_hours (doctor_id, weekday);

-- Calendar days of the doctor's zone on which nothing can be booked.
CREATE TABLE days_off (
    doctor_id TEXT NOT NULL REFERENCES doctors (account_id),
    off_on    TEXT NOT NULL,
    PRIMARY KEY (doctor_id, off_on)
);

-- A booked time. sequence counts moves and the cancellation, for calendars that hold a copy. At most a day long, so
-- that the guard against two at once looks at few rows.
CREATE TABLE appointments (
    id                   TEXT   PRIMARY KEY,
    doctor_id            TEXT   NOT NULL REFERENCES doctors (account_id),
    patient_id           TEXT   NOT NULL REFERENCES patients (id),
    starts_at            BIGINT NOT NULL,
    ends_at              BIGINT NOT NULL CHECK (ends_at > starts_at AND ends_at - starts_at <= 86400000),
    mode                 TEXT   NOT NULL CHECK (mode IN ('video', 'phone', 'in_person')),
    kind                 TEXT   NOT NULL,
    reason_sealed        BYTEA  NOT NULL,
    status               TEXT   NOT NULL
                         CHECK (status IN ('booked', 'arrived', 'checked_in', 'fulfilled', 'cancelled', 'noshow')),
    sequence             BIGINT NOT NULL,
    -- the video room's name: random, sealed, another one after each move
    room_sealed          BYTEA,
    -- the filled-in form: pressed twice, it books once
    booking_key          TEXT   NOT NULL,
    booked_at            BIGINT NOT NULL,
    moved_at             BIGINT,
    arrived_at           BIGINT,
    cancelled_at         BIGINT,
    cancelled_by         TEXT   CHECK (cancelled_by IN ('patient', 'doctor')),
    cancel_reason_sealed BYTEA
);
CREATE UNIQUE INDEX appointments_booking ON appointments (patient_id, booking_key);
CREATE INDEX appointments_of_patient ON appointments (patient_id, ends_at, id);
CREATE INDEX appointments_of_doctor ON appointments (doctor_id, starts_at, id);
