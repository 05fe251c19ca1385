-- A doctor and a patient are in one appointment at a time. Half-open: one may begin when the other ends. No
-- appointment is longer than a day, so whatever overlaps started within the day before.
CREATE TRIGGER appointments_no_overlap_insert
BEFORE INSERT ON appointments
WHEN NEW.status IN ('booked', 'arrived', 'checked_in')
BEGIN
    SELECT RAISE(ABORT, 'slot_taken')
    WHERE EXISTS (
        SELECT 1 FROM appointments
        WHERE doctor_id = NEW.doctor_id
          AND starts_at < NEW.ends_at AND starts_at > NEW.starts_at - 86400000 AND ends_at > NEW.starts_at
          AND status IN ('booked', 'arrived', 'checked_in')
    ) OR EXISTS (
        SELECT 1 FROM appointments
        WHERE patient_id = NEW.patient_id
          AND ends_at > NEW.starts_at AND ends_at < NEW.ends_at + 86400000 AND starts_at < NEW.ends_at
          AND status IN ('booked', 'arrived', 'checked_in')
    );
END;

CREATE TRIGGER appointments_no_overlap_update
BEFORE UPDATE ON appointments
WHEN NEW.status IN ('booked', 'arrived', 'checked_in')
BEGIN
    SELECT RAISE(ABORT, 'slot_taken')
    WHERE EXISTS (
        SELECT 1 FROM appointments
        WHERE doctor_id = NEW.doctor_id AND id <> OLD.id
          AND starts_at < NEW.ends_at AND starts_at > NEW.starts_at - 86400000 AND ends_at > NEW.starts_at
          AND status IN ('booked', 'arrived', 'checked_in')
    ) OR EXISTS (
        SELECT 1 FROM appointments
        WHERE patient_id = NEW.patient_id AND id <> OLD.id
          AND ends_at > NEW.starts_at AND ends_at < NEW.ends_at + 86400000 AND starts_at < NEW.ends_at
          AND status IN ('booked', 'arrived', 'checked_in')
    );
END;
