-- To the holder of which factor the present code was sent, as in factor_uses: it answers for no other.
ALTER TABLE challenges ADD COLUMN code_for TEXT;
-- In which browser the request was made; from elsewhere only its mailed link stops it.
ALTER TABLE recoveries ADD COLUMN browser_digest BYTEA;
