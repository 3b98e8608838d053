-- Where the events of an app are sent to. `events` is NULL for all types; `position` is the number of the last event that was looked at
-- for it. The secrets stand in clear, since requests are signed with them.
CREATE TABLE webhook (
    id TEXT PRIMARY KEY NOT NULL,
    app TEXT NOT NULL,
    url TEXT NOT NULL,
    events TEXT CHECK (events IS NULL OR json_valid(events)),
    channels TEXT NOT NULL CHECK (json_valid(channels)),
    senders TEXT NOT NULL CHECK (json_valid(senders)),
    note TEXT NOT NULL,
    is_enabled INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
    secret TEXT NOT NULL,
    previous_secret TEXT,
    previous_until INTEGER,
    position INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    rests_until INTEGER,
    dropped INTEGER NOT NULL DEFAULT 0 CHECK (dropped >= 0),
    created_at INTEGER NOT NULL
) WITHOUT ROWID;

-- The outbox: what happened, written in the commit of what it tells of. A number is never given twice. `body` is what is sent.
CREATE TABLE webhook_event (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    app TEXT NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    channel TEXT NOT NULL,
    sender TEXT,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE INDEX webhook_event_app ON webhook_event (app);
CREATE INDEX webhook_event_conversation ON webhook_event (conversation_id);

-- What was not taken at the first try: what is tried again, what waits behind it, and dead letters.
CREATE TABLE webhook_delivery (
    webhook_id TEXT NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    number INTEGER NOT NULL REFERENCES webhook_event (number) ON DELETE CASCADE,
    conversation_id TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'dead')),
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    next_at INTEGER NOT NULL,
    last_error TEXT,
    PRIMARY KEY (webhook_id, number)
) WITHOUT ROWID;

CREATE INDEX webhook_delivery_number ON webhook_delivery (number);
CREATE INDEX webhook_delivery_next ON webhook_delivery (webhook_id, status, next_at, conversation_id);
CREATE INDEX webhook_delivery_conversation ON webhook_delivery (webhook_id, conversation_id, number)
    WHERE status = 'pending';
