-- What is asked of a service of the shop before the intent is answered; null for nothing.
ALTER TABLE intent ADD COLUMN action TEXT CHECK (action IS NULL OR json_valid(action));

-- Where these services are. The secrets stand in clear, since requests are signed with them.
CREATE TABLE action_target (
    name TEXT PRIMARY KEY NOT NULL,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    previous_secret TEXT,
    previous_until INTEGER,
    created_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Calls that may be made once only, written before they are made; `outcome` is NULL until they have ended.
CREATE TABLE action_run (
    id TEXT PRIMARY KEY NOT NULL,
    conversation_id TEXT NOT NULL,
    outcome TEXT CHECK (outcome IS NULL OR json_valid(outcome)),
    begun_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX action_run_begun ON action_run (begun_at);
CREATE INDEX action_run_conversation ON action_run (conversation_id);

-- What is erased is not kept here either. No foreign key: a conversation that waits for its first turn is not stored yet.
CREATE TRIGGER action_run_leaves AFTER DELETE ON conversation
BEGIN
    DELETE FROM action_run WHERE conversation_id = old.id;
END;
