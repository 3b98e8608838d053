-- Texts that people should look at, and what they decided. A row is written in the transaction of the turn that it comes
-- from, so none is lost and nothing has to be searched for later; only turns that qualify write one.
CREATE TABLE review (
    id TEXT PRIMARY KEY NOT NULL,
    -- SHA-256 of the text's letters and digits: a text stands here once, however often it is said.
    key BLOB NOT NULL UNIQUE CHECK (length(key) = 32),
    text TEXT NOT NULL,
    locale TEXT NOT NULL,
    count INTEGER NOT NULL CHECK (count > 0),
    intent TEXT,
    confidence REAL,
    model TEXT,
    suggestion TEXT,
    -- The newest message that said so; history may be deleted before the text.
    message_id TEXT,
    conversation_id TEXT,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'labelled', 'dismissed')),
    label TEXT CHECK (label IN ('intent', 'new_intent', 'knowledge', 'out_of_scope')),
    target TEXT,
    decided_by TEXT,
    decided_at INTEGER,
    CHECK (status <> 'labelled' OR label IS NOT NULL),
    CHECK ((status = 'open') = (decided_at IS NULL)),
    CHECK ((label IN ('intent', 'new_intent', 'knowledge')) = (target IS NOT NULL))
) WITHOUT ROWID;

CREATE INDEX review_status ON review (status, id);

CREATE TABLE review_reason (
    review_id TEXT NOT NULL REFERENCES review (id) ON DELETE CASCADE,
    reason TEXT NOT NULL
        CHECK (reason IN ('rejected', 'low_confidence', 'rated_down', 'corrected', 'disagreement')),
    PRIMARY KEY (review_id, reason)
) WITHOUT ROWID;

-- Examples and questions that came from the queue stay recognisable.
ALTER TABLE example ADD COLUMN origin TEXT NOT NULL DEFAULT 'written' CHECK (origin IN ('written', 'review'));
ALTER TABLE knowledge ADD COLUMN reviewed TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(reviewed));
