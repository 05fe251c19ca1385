-- Lab reports. What a result says (panel, lab, value, range, flag, the doctor's note) is sealed under the patient's data
-- key; plain are ids, codes and instants, which lists are sorted and counted by. critical_at: the lab or the doctor marked
-- a value as critical, so that the doctor's list can put it first.
CREATE TABLE lab_reports (
    id            TEXT   PRIMARY KEY,
    patient_id    TEXT   NOT NULL REFERENCES patients (id),
    doctor_id     TEXT   NOT NULL REFERENCES accounts (id),
    panel_loinc   TEXT,
    status        TEXT   NOT NULL,
    source        TEXT   NOT NULL,
    head_sealed   BYTEA  NOT NULL,
    collected_at  BIGINT NOT NULL,
    issued_at     BIGINT,
    added_at      BIGINT NOT NULL,
    added_by      TEXT   NOT NULL REFERENCES accounts (id),
    critical_at   BIGINT,
    -- who looked at it, and the note to the patient; written with reviewed_at
    review_sealed BYTEA,
    reviewed_at   BIGINT,
    reviewed_by   TEXT   REFERENCES accounts (id),
    released_at   BIGINT,
    released_by   TEXT   REFERENCES accounts (id),
    first_read_at BIGINT
);
CREATE INDEX lab_reports_released ON lab_reports (patient_id, collected_at) WHERE released_at IS NOT NULL;
CREATE INDEX lab_reports_patient ON lab_reports (patient_id, collected_at);
CREATE INDEX lab_reports_waiting ON lab_reports (doctor_id, added_at) WHERE released_at IS NULL;

-- The values of a report, in the order of the lab.
CREATE TABLE observations (
    id            TEXT   PRIMARY KEY,
    report_id     TEXT   NOT NULL REFERENCES lab_reports (id),
    seq           BIGINT NOT NULL,
    loinc         TEXT,
    result_sealed BYTEA  NOT NULL
);
CREATE UNIQUE INDEX observations_report ON observations (report_id, seq);
