-- Since when choosing a new password waits for staff: a report put a phone back, or left both phone and address new.
ALTER TABLE accounts ADD COLUMN reset_held_at BIGINT;
-- Which wrong answer locked: a lock by passwords does not stand in the way of choosing a new one.
ALTER TABLE lockouts ADD COLUMN locked_why TEXT;
