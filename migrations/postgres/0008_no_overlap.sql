-- A doctor and a patient are in one appointment at a time. Half-open: one may begin when the other ends.
CREATE EXTENSION IF NOT EXISTS btree_gist;

ALTER TABLE appointments ADD CONSTRAINT appointments_no_overlap_doctor
    EXCLUDE USING gist (doctor_id WITH =, int8range(starts_at, ends_at, '[)') WITH &&)
    WHERE (status IN ('booked', 'arrived', 'checked_in'));

ALTER TABLE appointments ADD CONSTRAINT appointments_no_overlap_patient
    EXCLUDE USING gist (patient_id WITH =, int8range(starts_at, ends_at, '[)') WITH &&)
    WHERE (status IN ('booked', 'arrived', 'checked_in'));
