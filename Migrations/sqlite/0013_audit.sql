-- What whoever answers for a server may have to account for: never a text, a visitor's name, or a key. Refusals are counted by the
-- minute and by the network that they came from, so that a flood writes few rows.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    actor TEXT NOT NULL,
    subject TEXT,
    detail TEXT,
    source TEXT,
    count INTEGER NOT NULL CHECK (count > 0)
);

CREATE INDEX audit_at ON audit (at);

-- When a key was used last, to about a minute.
CREATE TABLE key_use (
    key_id TEXT PRIMARY KEY NOT NULL REFERENCES api_key (id) ON DELETE CASCADE,
    used_at INTEGER NOT NULL
) WITHOUT ROWID;
