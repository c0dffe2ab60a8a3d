-- What a caller needs may be said with a later message: the card is told.
ALTER TABLE calls.outbox DROP CONSTRAINT outbox_kind_check, ADD CHECK (kind IN ('create', 'place', 'written', 'needs'));
