-- A phone that waits for its code may be about to take another's place, which goes when it is proved and not before.
ALTER TABLE phones ADD COLUMN replaces_id TEXT;
-- Numbers that nobody proved are swept by age.
CREATE INDEX phones_waiting ON phones (added_at) WHERE proved_at IS NULL;

-- The phone that the alert told of as new: it goes when its owner says that this was not them.
ALTER TABLE alerts ADD COLUMN phone_id TEXT;
