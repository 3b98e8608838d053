-- Who has a conversation besides the bot, since when, and by which name another system knows it.
ALTER TABLE conversation ADD COLUMN external_id TEXT;
ALTER TABLE conversation ADD COLUMN visitor_id TEXT;
ALTER TABLE conversation ADD COLUMN team TEXT;
ALTER TABLE conversation ADD COLUMN assignee TEXT;
ALTER TABLE conversation ADD COLUMN assignee_name TEXT;
ALTER TABLE conversation ADD COLUMN handoff_at INTEGER;
ALTER TABLE conversation ADD COLUMN handoff_missed_at INTEGER;
-- When `status` became what it is; null for the beginning.
ALTER TABLE conversation ADD COLUMN status_at INTEGER;

UPDATE conversation SET visitor_id = json_extract(visitor, '$.id') WHERE visitor IS NOT NULL;

-- One open conversation for each name, however many ask at once.
CREATE UNIQUE INDEX conversation_external_open ON conversation (app, external_id)
    WHERE external_id IS NOT NULL AND status <> 'closed';
-- None of these has an entry for a conversation between a nameless visitor and the bot.
CREATE INDEX conversation_external ON conversation (external_id, id) WHERE external_id IS NOT NULL;
CREATE INDEX conversation_visitor ON conversation (visitor_id, id) WHERE visitor_id IS NOT NULL;
CREATE INDEX conversation_assignee ON conversation (assignee, id) WHERE assignee IS NOT NULL;
CREATE INDEX conversation_people ON conversation (status, id) WHERE status IN ('waiting', 'agent');

-- Messages outside the turns: who wrote them, and the caller's name for them, by which a repeat is known.
CREATE TABLE posted_message (
    conversation_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    author TEXT,
    author_name TEXT,
    client_message_id TEXT,
    PRIMARY KEY (conversation_id, seq),
    FOREIGN KEY (conversation_id, seq) REFERENCES message (conversation_id, seq) ON DELETE CASCADE,
    CHECK ((author IS NULL) = (author_name IS NULL))
) WITHOUT ROWID;

CREATE UNIQUE INDEX posted_message_client ON posted_message (conversation_id, client_message_id)
    WHERE client_message_id IS NOT NULL;

-- What agents write for each other.
CREATE TABLE note (
    conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    author TEXT NOT NULL,
    author_name TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, id)
) WITHOUT ROWID;

-- People who answer, each with a key of their own.
CREATE TABLE agent (
    id TEXT PRIMARY KEY NOT NULL,
    app TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('agent', 'lead')),
    teams TEXT NOT NULL CHECK (json_valid(teams)),
    key_id TEXT NOT NULL UNIQUE REFERENCES api_key (id),
    created_at INTEGER NOT NULL,
    disabled_at INTEGER
) WITHOUT ROWID;

CREATE UNIQUE INDEX agent_name ON agent (app, name) WHERE disabled_at IS NULL;
