-- The model version that is tried on live messages beside the active one: one row, or none.
CREATE TABLE shadow (
    place INTEGER PRIMARY KEY NOT NULL CHECK (place = 1),
    model_id TEXT NOT NULL REFERENCES model (id),
    since INTEGER NOT NULL
);

-- Messages that the shadow would have acted on otherwise than the active version did. Their text is in `message`: where
-- history is deleted, nothing of it stays here.
CREATE TABLE disagreement (
    message_id TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    shadow_model TEXT NOT NULL REFERENCES model (id),
    shadow_best TEXT NOT NULL,
    shadow_confidence REAL NOT NULL,
    shadow_accepted INTEGER NOT NULL CHECK (shadow_accepted IN (0, 1)),
    active_model TEXT NOT NULL REFERENCES model (id),
    active_best TEXT NOT NULL,
    active_confidence REAL NOT NULL,
    active_accepted INTEGER NOT NULL CHECK (active_accepted IN (0, 1)),
    PRIMARY KEY (message_id, shadow_model)
) WITHOUT ROWID;
