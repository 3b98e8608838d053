-- Classifiers beside the intents, such as sentiment, and the texts that each is learnt from. A text has one label.
CREATE TABLE classifier (
    name TEXT PRIMARY KEY NOT NULL
) WITHOUT ROWID;

CREATE TABLE classifier_text (
    classifier TEXT NOT NULL REFERENCES classifier (name) ON DELETE CASCADE,
    text TEXT NOT NULL,
    label TEXT NOT NULL,
    PRIMARY KEY (classifier, text)
) WITHOUT ROWID;
