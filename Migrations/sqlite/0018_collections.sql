-- What the passages of documents belong to; NULL for entries that were written as question and answer.
ALTER TABLE knowledge ADD COLUMN collection TEXT;

CREATE INDEX knowledge_collection ON knowledge (collection) WHERE collection IS NOT NULL;
