import { sqlStatements } from '../store/sql-file.js';

/** The statements of feed.sql, shared by who records, who stamps and who reads. */
export const feedSql = sqlStatements('./feed.sql', import.meta.url, [
  'record',
  'lock_head',
  'stamp',
  'audit_head',
  'unchained_audit',
  'chain_audit',
  'head',
  'lag',
  'follow',
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
