-- What the clinic asks of a role when people sign in. Rows are added, never changed: the newest of a role holds.
CREATE TABLE policies (
    id         TEXT   PRIMARY KEY,
    role       TEXT   NOT NULL CHECK (role IN ('patient', 'doctor', 'admin')),
    policy     TEXT   NOT NULL,
    based_on   TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    changed_by TEXT   NOT NULL REFERENCES accounts (id),
    changed_at BIGINT NOT NULL
);
-- Of two admins who change the same policy at once, one comes second and is told so.
CREATE UNIQUE INDEX policies_based_on ON policies (role, based_on);
CREATE INDEX policies_newest ON policies (role, changed_at);

-- 1: signed in by a factor that the policy does not count, to add one that it does; only their own account is open.
ALTER TABLE sessions ADD COLUMN must_add BIGINT NOT NULL DEFAULT 0;
