-- Token vectors that earlier programs kept: they are three times as large, and no longer read.
DELETE FROM sentence_vector;
DELETE FROM vector_origin;
