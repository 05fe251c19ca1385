-- A code can be read out on the phone: since when its dispatch goes by call; NULL while it goes as a text.
ALTER TABLE dispatches ADD COLUMN by_call_since BIGINT;

-- How an attempt travels: 'text' or 'call'; and when its call read the code out, which it does once.
ALTER TABLE attempts ADD COLUMN channel TEXT NOT NULL DEFAULT 'text';
ALTER TABLE attempts ADD COLUMN spoken_at BIGINT;
