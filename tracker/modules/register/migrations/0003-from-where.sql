-- Reads and changes are written down with the address they came from, and stay as they were written.
ALTER TABLE register.access_log ADD COLUMN source_ip text; -- null: written before it was kept

CREATE FUNCTION register.access_log_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the log of accesses only grows' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER access_log_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON register.access_log
  FOR EACH STATEMENT EXECUTE FUNCTION register.access_log_only_grows();
