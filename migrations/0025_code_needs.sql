-- What a person needs of the codes that are sent to them: more time, a call before a text.
ALTER TABLE accounts ADD COLUMN code_time TEXT NOT NULL DEFAULT 'usual' CHECK (code_time IN ('usual', 'longer'));
ALTER TABLE accounts ADD COLUMN code_way TEXT NOT NULL DEFAULT 'text' CHECK (code_way IN ('text', 'call'));

-- How long each code of the challenge works, in milliseconds.
ALTER TABLE challenges ADD COLUMN code_life BIGINT NOT NULL DEFAULT 300000;
