-- Conversations and what happened in them. Times are milliseconds since 1970, UTC.

CREATE TABLE conversation (
    id TEXT PRIMARY KEY NOT NULL,
    app TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('bot', 'waiting', 'agent', 'closed')),
    locale TEXT NOT NULL,
    locale_is_fixed INTEGER NOT NULL CHECK (locale_is_fixed IN (0, 1)),
    channel TEXT NOT NULL,
    visitor TEXT CHECK (visitor IS NULL OR json_valid(visitor)),
    metadata TEXT CHECK (metadata IS NULL OR json_valid(metadata)),
    last_seq INTEGER NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
    state TEXT NOT NULL CHECK (json_valid(state)),
    handoff_reason TEXT,
    created_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Kept in the order of reading: a page of history is one stretch of the tree.
CREATE TABLE message (
    conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL CHECK (seq > 0),
    id TEXT NOT NULL UNIQUE,
    sender TEXT NOT NULL CHECK (sender IN ('visitor', 'bot', 'agent')),
    text TEXT NOT NULL,
    buttons TEXT CHECK (buttons IS NULL OR json_valid(buttons)),
    in_reply_to TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, seq)
) WITHOUT ROWID;

-- One row per visitor message. `body` holds the exact response for turns that can be asked for again.
CREATE TABLE turn (
    conversation_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    client_message_id TEXT,
    content TEXT NOT NULL CHECK (json_valid(content)),
    action TEXT,
    intent TEXT,
    confidence REAL,
    model TEXT,
    decision TEXT CHECK (decision IS NULL OR json_valid(decision)),
    body BLOB,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, seq),
    FOREIGN KEY (conversation_id, seq) REFERENCES message (conversation_id, seq) ON DELETE CASCADE,
    CHECK (client_message_id IS NULL OR body IS NOT NULL)
) WITHOUT ROWID;

CREATE UNIQUE INDEX turn_client_message ON turn (conversation_id, client_message_id)
    WHERE client_message_id IS NOT NULL;

CREATE TABLE feedback (
    message_id TEXT PRIMARY KEY NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    conversation_id TEXT NOT NULL,
    rating TEXT NOT NULL CHECK (rating IN ('up', 'down')),
    comment TEXT,
    created_at INTEGER NOT NULL
) WITHOUT ROWID;

-- What the bot owner wrote.

CREATE TABLE intent (
    name TEXT PRIMARY KEY NOT NULL,
    description TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE example (
    intent TEXT NOT NULL REFERENCES intent (name) ON DELETE CASCADE,
    locale TEXT NOT NULL,
    text TEXT NOT NULL,
    spans TEXT CHECK (spans IS NULL OR json_valid(spans)),
    position INTEGER NOT NULL,
    PRIMARY KEY (intent, locale, text)
) WITHOUT ROWID;

CREATE TABLE slot (
    intent TEXT NOT NULL REFERENCES intent (name) ON DELETE CASCADE,
    name TEXT NOT NULL,
    entity TEXT NOT NULL,
    ask TEXT NOT NULL CHECK (json_valid(ask)),
    position INTEGER NOT NULL,
    PRIMARY KEY (intent, name)
) WITHOUT ROWID;

-- Every version of every answer: decisions name them, so none is deleted, also when its intent is. The live one is not retired.
CREATE TABLE template (
    intent TEXT NOT NULL,
    ordinal INTEGER NOT NULL CHECK (ordinal > 0),
    version INTEGER NOT NULL CHECK (version > 0),
    definition TEXT NOT NULL CHECK (json_valid(definition)),
    created_at INTEGER NOT NULL,
    retired_at INTEGER,
    PRIMARY KEY (intent, ordinal, version)
) WITHOUT ROWID;

CREATE UNIQUE INDEX template_live ON template (intent, ordinal) WHERE retired_at IS NULL;

CREATE TABLE knowledge (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    locale TEXT NOT NULL,
    questions TEXT NOT NULL CHECK (json_valid(questions)),
    answer TEXT NOT NULL,
    link TEXT
);

-- Words and pairs of CJK characters, separated by spaces, of the entry of the same number.
CREATE VIRTUAL TABLE knowledge_terms USING fts5 (questions, answer, tokenize = 'unicode61 remove_diacritics 0');

-- What was learned.

CREATE TABLE model (
    id TEXT PRIMARY KEY NOT NULL,
    encoder TEXT NOT NULL,
    encoder_hash TEXT NOT NULL,
    data_hash TEXT NOT NULL,
    labels TEXT NOT NULL CHECK (json_valid(labels)),
    metrics TEXT NOT NULL CHECK (json_valid(metrics)),
    head BLOB NOT NULL,
    created_at INTEGER NOT NULL
) WITHOUT ROWID;

-- The active model is the newest activation that was not rolled back.
CREATE TABLE activation (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    model_id TEXT NOT NULL REFERENCES model (id),
    at INTEGER NOT NULL,
    rolled_back_at INTEGER
);

CREATE TABLE embedding (
    encoder_hash TEXT NOT NULL,
    key BLOB NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (encoder_hash, key)
) WITHOUT ROWID;

-- Who may call.

CREATE TABLE api_key (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    app TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('secret', 'publishable')),
    scopes TEXT NOT NULL CHECK (json_valid(scopes)),
    origins TEXT NOT NULL CHECK (json_valid(origins)),
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    display TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) WITHOUT ROWID;

-- Counts up with every change, so that a running server sees what another process changed.
CREATE TABLE revision (
    area TEXT PRIMARY KEY NOT NULL,
    value INTEGER NOT NULL
) WITHOUT ROWID;

INSERT INTO revision (area, value) VALUES ('content', 0);
