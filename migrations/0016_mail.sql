-- A gateway that calls one address for all names the message by its own id.
CREATE INDEX attempts_provider ON attempts (provider_id);

-- Accounts whose mail comes back: refused by their mail server, or bounced. accepted_at: since when a later mail was
-- taken; three days without another refusal, and the mark goes.
CREATE TABLE mail_refusals (
    account_id  TEXT   PRIMARY KEY,
    reason      TEXT   NOT NULL,
    refused_at  BIGINT NOT NULL,
    accepted_at BIGINT
);
