-- What buttons say that stand for an intent, by locale, or for a knowledge entry, which has one locale.
ALTER TABLE intent ADD COLUMN title TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(title));
ALTER TABLE knowledge ADD COLUMN title TEXT;

-- How the bot weighs answering, asking back and giving up. No row: as the program has it.
CREATE TABLE bot_settings (
    number INTEGER PRIMARY KEY CHECK (number = 1),
    target_precision REAL NOT NULL CHECK (target_precision BETWEEN 0.5 AND 0.999),
    ask_back REAL NOT NULL CHECK (ask_back BETWEEN 0.4 AND 1),
    foreign_share REAL NOT NULL CHECK (foreign_share BETWEEN 0 AND 0.9)
);
