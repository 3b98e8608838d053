-- What visitors and the bot say beside the intents, one row for each locale; a locale without a row has what the program brings.
CREATE TABLE phrases (
    locale TEXT PRIMARY KEY NOT NULL,
    definition TEXT NOT NULL CHECK (json_valid(definition))
);

-- The speech act whose answers an intent supplies, and whether the visitor is asked before it is acted on.
ALTER TABLE intent ADD COLUMN act TEXT;
ALTER TABLE intent ADD COLUMN confirms INTEGER NOT NULL DEFAULT 0 CHECK (confirms IN (0, 1));

-- Token vectors of the content's sentences, so that a copy of the database answers at once, by what made them: an encoder with the
-- scale of its tokens.
CREATE TABLE vector_origin (
    origin BLOB PRIMARY KEY NOT NULL,
    used_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE sentence_vector (
    origin BLOB NOT NULL REFERENCES vector_origin (origin) ON DELETE CASCADE,
    key BLOB NOT NULL,
    vectors BLOB NOT NULL,
    PRIMARY KEY (origin, key)
);
