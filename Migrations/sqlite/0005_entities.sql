-- Kinds of entities that the bot owner lists: values with synonyms by locale, and regular expressions.
CREATE TABLE entity (
    name TEXT PRIMARY KEY NOT NULL,
    definition TEXT NOT NULL CHECK (json_valid(definition))
) WITHOUT ROWID;
