-- Knowledge is searched by words in memory, beside its vectors: a look into a full-text table cost each turn more than
-- the comparison itself, and grew with every entry that shares a common word.
DROP TABLE knowledge_terms;
