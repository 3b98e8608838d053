-- Bytes that were stored through publishable keys, by the app of the key and hours since 1970. Written with the turn that it
-- counts; hours that no quota asks for any more are removed.
CREATE TABLE app_storage (
    app TEXT NOT NULL,
    hour INTEGER NOT NULL,
    bytes INTEGER NOT NULL CHECK (bytes >= 0),
    PRIMARY KEY (app, hour)
) WITHOUT ROWID;

-- Conversations in which nothing was said, so that they are found without a walk through all of them.
CREATE INDEX conversation_empty ON conversation (id) WHERE last_seq = 0;

-- What the queue knows of a conversation that is to be removed.
CREATE INDEX review_conversation ON review (conversation_id) WHERE conversation_id IS NOT NULL;
