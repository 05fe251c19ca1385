-- The values that the cookie of a known browser had, oldest first by generation. Each use puts another in its place; one
-- that comes again after that was copied. presented_at: when it first came with the right password.
CREATE TABLE device_tokens (
    token_digest BYTEA  PRIMARY KEY,
    device_id    TEXT   NOT NULL REFERENCES devices (id),
    generation   BIGINT NOT NULL,
    issued_at    BIGINT NOT NULL,
    presented_at BIGINT,
    replaced_at  BIGINT
);
CREATE UNIQUE INDEX device_tokens_family ON device_tokens (device_id, generation);
CREATE UNIQUE INDEX device_tokens_newest ON device_tokens (device_id) WHERE replaced_at IS NULL;
CREATE INDEX device_tokens_replaced ON device_tokens (replaced_at) WHERE replaced_at IS NOT NULL;

INSERT INTO device_tokens (token_digest, device_id, generation, issued_at)
SELECT token_digest, id, 1, seen_at FROM devices WHERE forgotten_at IS NULL;

DROP INDEX devices_token;
ALTER TABLE devices DROP COLUMN token_digest;
CREATE INDEX devices_forgotten ON devices (forgotten_at) WHERE forgotten_at IS NOT NULL;
