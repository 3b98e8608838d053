-- SHA-256 of the token that a page shows to go on with a conversation; null for those from before there were tokens, which pages may
-- go on with for 30 days after this migration.
ALTER TABLE conversation ADD COLUMN resume_hash BLOB CHECK (resume_hash IS NULL OR length(resume_hash) = 32);
-- The visitor's id was said by the shop's own server, or proven with a token of it.
ALTER TABLE conversation ADD COLUMN visitor_is_proven INTEGER NOT NULL DEFAULT 0 CHECK (visitor_is_proven IN (0, 1));

-- Answers to requests with an Idempotency-Key, for a day. `name` and `request` are SHA-256 of what names the request and of its body;
-- `answer` is sealed with the caller's API key, and null for one that was too large. `place` counts those of an API key.
CREATE TABLE kept_answer (
    key_id TEXT NOT NULL,
    name BLOB NOT NULL CHECK (length(name) = 32),
    request BLOB NOT NULL CHECK (length(request) = 32),
    place INTEGER NOT NULL,
    conversation_id TEXT,
    answer BLOB,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (key_id, name)
) WITHOUT ROWID;

CREATE UNIQUE INDEX kept_answer_place ON kept_answer (key_id, place);
CREATE INDEX kept_answer_created ON kept_answer (created_at);
CREATE INDEX kept_answer_conversation ON kept_answer (conversation_id) WHERE conversation_id IS NOT NULL;

-- What is erased is in no answer either. No foreign key: a conversation that waits for its first turn is not stored yet.
CREATE TRIGGER kept_answer_leaves AFTER DELETE ON conversation
BEGIN
    DELETE FROM kept_answer WHERE conversation_id = old.id;
END;

-- What visitor tokens of an app are signed with. In clear, since signatures are made and checked with them.
CREATE TABLE visitor_secret (
    id TEXT PRIMARY KEY NOT NULL,
    app TEXT NOT NULL,
    secret TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) WITHOUT ROWID;

CREATE INDEX visitor_secret_app ON visitor_secret (app, id) WHERE revoked_at IS NULL;
