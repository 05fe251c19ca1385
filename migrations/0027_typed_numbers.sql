-- The blind index of a number that was only typed: the code proves this number and no other. NULL where a factor of an
-- account is asked for.
ALTER TABLE challenges ADD COLUMN number_index BYTEA;
CREATE INDEX challenges_invitation ON challenges (invitation_id) WHERE invitation_id IS NOT NULL;
-- The challenge that proves the phone as it was filled in last, with the password beside it; no earlier one opens the account.
ALTER TABLE invitations ADD COLUMN challenge_id TEXT;
