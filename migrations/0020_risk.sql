-- Sign-ins with the right password, each with the facts that were known, what the policy made of them, and why. The facts
-- hold numbers, flags and country codes only; network stands here as it does in sessions.
CREATE TABLE sign_in_checks (
    id            TEXT   PRIMARY KEY,
    account_id    TEXT   NOT NULL REFERENCES accounts (id),
    checked_at    BIGINT NOT NULL,
    network       TEXT   NOT NULL,
    facts         TEXT   NOT NULL,
    outcome       TEXT   NOT NULL CHECK (outcome IN ('allow', 'code', 'stronger', 'hold')),
    reasons       TEXT   NOT NULL,
    points        BIGINT NOT NULL,
    policy_digest TEXT   NOT NULL,
    challenge_id  TEXT,
    ended         TEXT   CHECK (ended IN ('signed_in', 'refused'))
);
CREATE INDEX sign_in_checks_account ON sign_in_checks (account_id, checked_at);
CREATE INDEX sign_in_checks_good ON sign_in_checks (account_id, checked_at) WHERE ended = 'signed_in';
CREATE INDEX sign_in_checks_challenge ON sign_in_checks (challenge_id) WHERE challenge_id IS NOT NULL;
CREATE INDEX sign_in_checks_at ON sign_in_checks (checked_at);

-- Accounts whose next sign-in is not held: an admin or the shell lifted it.
CREATE TABLE hold_pardons (
    account_id TEXT   PRIMARY KEY REFERENCES accounts (id),
    ends_at    BIGINT NOT NULL
);
CREATE INDEX hold_pardons_ends ON hold_pardons (ends_at);
