-- How far each side has read a conversation.
ALTER TABLE conversation ADD COLUMN read_by_visitor INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN read_by_agent INTEGER NOT NULL DEFAULT 0;

-- Replies of the bot that an agent called wrong, and what they said of it. What they wrote goes with the conversation; the visitor's
-- text stands in the review queue.
CREATE TABLE wrong_reply (
    message_id TEXT PRIMARY KEY NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    review_id TEXT NOT NULL,
    intent TEXT,
    knowledge TEXT,
    note TEXT,
    marked_at INTEGER NOT NULL,
    CHECK (intent IS NULL OR knowledge IS NULL)
) WITHOUT ROWID;

CREATE INDEX wrong_reply_review ON wrong_reply (review_id, marked_at);
