-- Systems that an app's conversations are joined with. Events reach one through a webhook, which has its address; the row goes with it.
-- Token and secrets stand in clear, since requests are made and checked with them.
CREATE TABLE connector (
    id TEXT PRIMARY KEY NOT NULL,
    webhook_id TEXT NOT NULL UNIQUE REFERENCES webhook (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    settings TEXT NOT NULL CHECK (json_valid(settings)),
    token TEXT NOT NULL,
    hook_secret TEXT NOT NULL,
    signing_secret TEXT,
    created_at INTEGER NOT NULL
) WITHOUT ROWID;

-- What a conversation is there: `remote` is its number, NULL as long as it is not known to be there, and `tried_at` when it was tried.
CREATE TABLE connector_thread (
    connector_id TEXT NOT NULL REFERENCES connector (id) ON DELETE CASCADE,
    reference TEXT NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    remote INTEGER,
    state TEXT NOT NULL,
    history_seq INTEGER NOT NULL,
    mark INTEGER NOT NULL,
    tried_at INTEGER,
    place INTEGER NOT NULL,
    PRIMARY KEY (connector_id, reference)
) WITHOUT ROWID;

CREATE INDEX connector_thread_conversation ON connector_thread (conversation_id, connector_id, place);
CREATE INDEX connector_thread_remote ON connector_thread (connector_id, remote, place) WHERE remote IS NOT NULL;

-- What a message is there.
CREATE TABLE connector_part (
    connector_id TEXT NOT NULL REFERENCES connector (id) ON DELETE CASCADE,
    message_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    remote INTEGER,
    PRIMARY KEY (connector_id, message_id)
) WITHOUT ROWID;

CREATE INDEX connector_part_conversation ON connector_part (conversation_id, connector_id);
CREATE INDEX connector_part_remote ON connector_part (connector_id, remote) WHERE remote IS NOT NULL;
