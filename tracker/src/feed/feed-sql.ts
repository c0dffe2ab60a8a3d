import { sqlStatements } from '../store/sql-file.js';

/** The statements of feed.sql, shared by who records, who stamps and who reads. */
export const feedSql = sqlStatements('./feed.sql', import.meta.url, [
  'lock_aggregates',
  'record_events',
  'record_audit',
  'lock_head',
  'stamp',
  'advance_head',
  'unchained_audit',
  'chain_audit',
  'advance_audit_head',
  'head',
  'lag',
  'read',
  'read_audit',
  'audit_links',
  'audit_end',
  'anything_waiting',
  'save_cursor',
  'cursor_of',
  'cursors',
  'remove_cursor',
  'prune',
]);
