-- Who answers when the bot does not, and which conversations are handed over to whom. No row: whoever there is, at any time.
CREATE TABLE teams (
    number INTEGER PRIMARY KEY CHECK (number = 1),
    definition TEXT NOT NULL CHECK (json_valid(definition))
);
