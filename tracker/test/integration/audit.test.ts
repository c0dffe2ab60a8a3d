import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuditRow, auditHash } from '../../src/feed/audit-chain.js';
import { verifyAudit } from '../../src/feed/audit-verify.js';
import { TYPESCRIPT_ARGS } from '../../src/typescript-child.js';
import { clearStage, setStage } from '../harness/test-stage.js';
import { createCrew, databaseIsThere, eventually, type TestHome, type TestTracker } from '../harness/test-tracker.js';

const MAIN = fileURLToPath(new URL('../../src/feed/audit-main.ts', import.meta.url));

interface Entry {
  readonly position: number;
  readonly action: string;
  readonly actor: string;
  readonly agencyId: string;
  readonly purpose: string | null;
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly sourceIp: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly at: number;
}

describe.skipIf(!databaseIsThere)('the audit log', () => {
  let home: TestHome;
  let hub: TestTracker;
  let token: string;

  beforeAll(async () => {
    ({ home, hub } = await setStage(['VUGD', 'VP']));
    token = await hub.api.token('VUGD', 'dispatcher', 'call_taker', 'admin', 'integrator', 'commander');
  });
  afterAll(() => clearStage({ home, hub }));

  const newVek = async () => {
    const id = uuidv7();
    await hub.api.ok('POST', '/api/v1/veks', { id, channel: 'voice', caller: { phone: '+37120000000' } }, token);
    return id;
  };
  const chained = () =>
    eventually(
      'all are chained',
      async () => (await hub.database.query('SELECT 1 FROM audit_entry WHERE position IS NULL')).rows.length === 0,
    );
  const entries = async (query: string, by = token) => {
    await chained();
    return (await hub.api.ok<{ entries: Entry[] }>('GET', `/api/v1/audit?limit=1000&${query}`, undefined, by)).entries;
  };

  describe('holds', () => {
    it('AU1 every command: who, of which agency, what, on what, when and from where', async () => {
      const startedAt = Date.now();
      const vekId = await newVek();
      const { unitId, deviceId } = await createCrew(hub.api, token, 'VUGD');
      const [holdId, assignmentId, otherId, closureId, grantId, webhookId, alias] = Array.from({ length: 7 }, () =>
        uuidv7(),
      );
      const commands: readonly [method: string, path: string, body: unknown, action: string, subject: string][] = [
        ['PATCH', `/api/v1/veks/${vekId}`, { version: 1, priority: 'P1' }, 'update_vek', `vek/${vekId}`],
        ['POST', `/api/v1/veks/${vekId}/services`, { agencyCode: 'VUGD' }, 'offer_vek', `vek/${vekId}`],
        ['POST', `/api/v1/veks/${vekId}/answer`, { answer: 'accepted' }, 'answer_vek', `vek/${vekId}`],
        ['POST', '/api/v1/holds', { id: holdId, unitId, vekId }, 'hold_unit', `vek/${vekId}`],
        ['POST', `/api/v1/veks/${vekId}/assignments`, { id: assignmentId, unitId }, 'assign_unit', `vek/${vekId}`],
        ['POST', `/api/v1/units/${unitId}/status`, { status: 'en_route' }, 'set_unit_status', `unit/${unitId}`],
        ['PUT', `/api/v1/assignments/${assignmentId}/expected-free`, { at: null }, 'expect_free', `unit/${unitId}`],
        ['DELETE', `/api/v1/assignments/${assignmentId}`, undefined, 'cancel_assignment', `vek/${vekId}`],
        ['POST', `/api/v1/units/${unitId}/messages`, { id: otherId, text: 'x' }, 'send_crew_message', `unit/${unitId}`],
        ['PUT', `/api/v1/units/${unitId}/report-interval`, { seconds: 9 }, 'set_report_interval', `unit/${unitId}`],
        [
          'POST',
          '/api/v1/closures',
          { id: closureId, wayIds: [1], reason: 'x' },
          'create_closure',
          `closure/${closureId}`,
        ],
        ['DELETE', `/api/v1/closures/${closureId}`, undefined, 'remove_closure', `closure/${closureId}`],
        [
          'POST',
          '/api/v1/grants',
          { id: grantId, agencyCode: 'VUGD', granteeCode: 'VP', tier: 'see', purpose: 'x' },
          'register_grants',
          `grant/${grantId}`,
        ],
        ['DELETE', `/api/v1/grants/${grantId}`, undefined, 'revoke_grant', `grant/${grantId}`],
        ['PUT', `/api/v1/devices/${deviceId}/aliases/${alias}`, {}, 'add_device_alias', `device/${deviceId}`],
        [
          'DELETE',
          `/api/v1/devices/${deviceId}/aliases/${alias}`,
          undefined,
          'remove_device_alias',
          `device/${deviceId}`,
        ],
        ['PUT', `/api/v1/units/${unitId}/equipment`, { equipment: { rope: 2 } }, 'set_equipment', `unit/${unitId}`],
        ['DELETE', '/api/v1/feed/consumers/old', undefined, 'remove_feed_consumer', 'feed_consumer/old'],
        ['POST', `/api/v1/units/${unitId}/join-codes`, {}, 'create_join_code', `unit/${unitId}`],
        ['POST', `/api/v1/devices/${deviceId}/token`, {}, 'rotate_device_token', `device/${deviceId}`],
        ['DELETE', `/api/v1/devices/${deviceId}`, undefined, 'revoke_device', `device/${deviceId}`],
        [
          'POST',
          '/api/v1/webhooks',
          { id: webhookId, url: 'https://receiver.invalid/', types: ['lv.vanags.nothing.v1'] },
          'create_webhook',
          `webhook/${webhookId}`,
        ],
        ['POST', `/api/v1/webhooks/${webhookId}/secret`, {}, 'rotate_webhook_secret', `webhook/${webhookId}`],
        ['POST', `/api/v1/webhooks/${webhookId}/resume`, {}, 'resume_webhook', `webhook/${webhookId}`],
        ['DELETE', `/api/v1/webhooks/${webhookId}`, undefined, 'remove_webhook', `webhook/${webhookId}`],
      ];
      const { cursor } = await hub.api.ok<{ cursor: string }>('GET', '/api/v1/feed?limit=1', undefined, token);
      await hub.api.ok('PUT', '/api/v1/feed/consumers/old', { cursor }, token);
      for (const [method, path, body] of commands) await hub.api.ok(method, path, body, token);
      const { version } = await hub.api.ok<{ version: number }>('GET', `/api/v1/veks/${vekId}`, undefined, token);
      await hub.api.ok('POST', `/api/v1/veks/${vekId}/close`, { version, as: 'cancelled' }, token);

      const found = await entries(`from=${new Date(startedAt).toISOString()}`);
      const expected = [
        ['create_vek', `vek/${vekId}`],
        ...commands.map(([, , , action, subject]) => [action, subject]),
        ['close_vek', `vek/${vekId}`],
      ];
      const told = found.map(({ action, subjectKind, subjectId }) => [action, `${subjectKind}/${subjectId}`]);
      for (const entry of expected) expect(told).toContainEqual(entry);
      const agencyId = hub.tracker.core.directory.agenciesByCode.get('VUGD')!.id;
      for (const entry of found) {
        const who = { actor: 'VUGD-dispatcher-call_taker-admin-integrator-commander', agencyId, sourceIp: '127.0.0.1' };
        expect(entry).toMatchObject(who);
        expect(entry.at).toBeGreaterThanOrEqual(startedAt);
      }
    });

    it('AU2 every read of personal data, with its purpose: the usual one, or the one that is stated', async () => {
      const vekId = await newVek();
      const { unitId } = await createCrew(hub.api, token, 'VUGD');
      const read = async (method: string, path: string, body?: unknown, purpose?: string) => {
        const response = await fetch(`${hub.api.url}${path}`, {
          method,
          headers: {
            authorization: `Bearer ${token}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...(purpose === undefined ? {} : { 'vanags-purpose': purpose }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        return response.status;
      };
      const startedAt = Date.now();
      const near = { place: { lon: 24.1, lat: 56.9 }, radiusM: 100, from: 0, to: 1000 };
      expect(await read('GET', `/api/v1/veks/${vekId}/caller`)).toBe(200);
      expect(await read('GET', `/api/v1/veks/${vekId}/caller`, undefined, 'complaint 17/2026')).toBe(200);
      expect(await read('GET', `/api/v1/units/${unitId}/track?from=0&to=1000`)).toBe(200);
      expect(await read('POST', '/api/v1/history/near', near)).toBe(200);
      expect(await read('GET', '/api/v1/history/picture?at=1000')).toBe(200);
      expect(await read('GET', '/api/v1/audit?limit=1')).toBe(200);
      expect(await read('GET', `/api/v1/veks/${vekId}/caller`, undefined, 'x'.repeat(201))).toBe(400);
      const found = await entries(`from=${new Date(startedAt).toISOString()}`);
      expect(found.map(({ action, purpose }) => [action, purpose]).slice(0, 6)).toEqual([
        ['read_caller', 'call_handling'],
        ['read_caller', 'complaint 17/2026'],
        ['read_track', 'operations'],
        ['read_history_near', 'operations'],
        ['read_history_picture', 'operations'],
        ['read_audit', 'supervision'],
      ]);
    });

    it('AU3 what others did to an agency’s things, for the purpose that was agreed, and both agencies read it', async () => {
      const { unitId } = await createCrew(hub.api, token, 'VUGD');
      const grant = { id: uuidv7(), agencyCode: 'VUGD', granteeCode: 'VP', tier: 'command', purpose: 'joint watch' };
      await hub.api.ok('POST', '/api/v1/grants', grant, token);
      const theirs = await hub.api.token('VP', 'dispatcher', 'admin');
      const startedAt = Date.now();
      await hub.api.ok('POST', `/api/v1/units/${unitId}/status`, { status: 'out_of_service' }, theirs);
      const query = `action=set_unit_status&subjectId=${unitId}&from=${new Date(startedAt).toISOString()}`;
      for (const reader of [token, theirs]) {
        const [entry, ...more] = await entries(query, reader);
        expect(more).toEqual([]);
        expect(entry).toMatchObject({
          agencyId: hub.tracker.core.directory.agenciesByCode.get('VP')!.id,
          actor: 'VP-dispatcher-admin',
          purpose: 'joint watch',
          detail: { ownerId: hub.tracker.core.directory.agenciesByCode.get('VUGD')!.id },
        });
      }
      expect(await entries(query, await hub.api.token('IEMIC', 'admin'))).toEqual([]);
    });

    it('AU4 what is looked for: by who, what, on what and when', async () => {
      const vekId = await newVek();
      const all = await entries(`subjectKind=vek&subjectId=${vekId}`);
      expect(all.map(({ action }) => action)).toEqual(['create_vek']);
      expect(await entries(`subjectId=${vekId}&action=close_vek`)).toEqual([]);
      expect(await entries(`subjectId=${vekId}&actor=nobody`)).toEqual([]);
      const { at, position } = all[0]!;
      const instant = (ms: number) => encodeURIComponent(new Date(ms).toISOString());
      expect(await entries(`subjectId=${vekId}&from=${instant(at)}&to=${instant(at + 1)}`)).toEqual(all);
      expect(await entries(`subjectId=${vekId}&to=${instant(at)}`)).toEqual([]);
      expect(await entries(`subjectId=${vekId}&after=${position}`)).toEqual([]);
    });
  });

  it('AU5 is changed by nobody: the database refuses it, also to us', async () => {
    await newVek();
    await chained();
    for (const statement of [
      "UPDATE audit_entry SET actor = 'somebody else' WHERE position = 3",
      'UPDATE audit_entry SET position = NULL, hash = NULL WHERE position = 3',
      'UPDATE audit_entry SET hash = hash WHERE position = 3',
      'DELETE FROM audit_entry WHERE position = 3',
      'DELETE FROM audit_entry',
      'TRUNCATE audit_entry',
      'UPDATE feed_head SET audit_position = audit_position - 1',
      'UPDATE feed_head SET audit_hash = decode(repeat($$00$$, 32), $$hex$$)',
      'DELETE FROM feed_head',
    ])
      await expect(hub.database.query(statement), statement).rejects.toMatchObject({ code: '42501' });
    expect((await verifyAudit(hub.database)).faults).toEqual([]);
  });

  describe('verified, after somebody with all rights over the database', () => {
    let head: { readonly position: number; readonly hash: string };

    /** Does it as an owner of the database could, looks, and puts it back. */
    async function tampered(...statements: string[]) {
      const client = await home.connect();
      const faultsOf = async () => (await verifyAudit(hub.database, head)).faults;
      try {
        await client.query('CREATE TABLE audit_before AS SELECT * FROM audit_entry');
        await client.query('CREATE TABLE head_before AS SELECT * FROM feed_head');
        await client.query('ALTER TABLE audit_entry DISABLE TRIGGER USER');
        await client.query('ALTER TABLE feed_head DISABLE TRIGGER USER');
        for (const statement of statements) await client.query(statement);
        return await faultsOf();
      } finally {
        await client.query('DELETE FROM audit_entry');
        await client.query('INSERT INTO audit_entry OVERRIDING SYSTEM VALUE SELECT * FROM audit_before');
        await client.query(
          'UPDATE feed_head h SET audit_position = b.audit_position, audit_hash = b.audit_hash FROM head_before b',
        );
        await client.query('ALTER TABLE audit_entry ENABLE TRIGGER USER');
        await client.query('ALTER TABLE feed_head ENABLE TRIGGER USER');
        await client.query('DROP TABLE audit_before, head_before');
        await client.end();
      }
    }

    beforeAll(async () => {
      for (let i = 0; i < 6; i++) await newVek();
    });
    beforeEach(async () => {
      await chained();
      ({ head } = await verifyAudit(hub.database));
      expect((await verifyAudit(hub.database, head)).faults).toEqual([]);
    });

    it.each([
      "actor = 'somebody else'",
      "purpose = 'other'",
      "action = 'nothing'",
      "subject_id = 'x'",
      "source_ip = '10.0.0.1'",
      `detail = '{"a":1}'`,
      "at = at + interval '1 second'",
      'agency_id = (SELECT id FROM agency WHERE id <> audit_entry.agency_id LIMIT 1)',
      'id = gen_random_uuid()',
    ])('AU6 set %s on one entry: it is named', async (change) => {
      const faults = await tampered(`UPDATE audit_entry SET ${change} WHERE position = 5`);
      expect(faults).toEqual([{ kind: 'changed', position: 5, id: expect.any(String) }]);
    });

    it('AU6 took one out: it is named', async () => {
      expect(await tampered('DELETE FROM audit_entry WHERE position = 4')).toEqual([
        { kind: 'missing', position: 4, to: 4 },
      ]);
    });

    it('AU6 took one out and closed the gap: the break is named, and the end', async () => {
      const faults = await tampered(
        'DELETE FROM audit_entry WHERE position = 4',
        'UPDATE audit_entry SET position = -position WHERE position > 4',
        'UPDATE audit_entry SET position = -position - 1 WHERE position < 0',
      );
      expect(faults[0]).toMatchObject({ kind: 'changed', position: 4 });
    });

    it('AU6 cut off the end, and moved the head with it: it is missing where a head was written down', async () => {
      const cut = `DELETE FROM audit_entry WHERE position > ${head.position - 2}`;
      expect(await tampered(cut)).toEqual([
        { kind: 'missing', position: head.position - 1, to: head.position },
        { kind: 'missing', position: head.position - 1, to: head.position },
      ]);
      const moved = `UPDATE feed_head SET audit_position = ${head.position - 2},
        audit_hash = (SELECT hash FROM audit_entry WHERE position = ${head.position - 2})`;
      expect(await tampered(cut, moved)).toEqual([{ kind: 'missing', position: head.position - 1, to: head.position }]);
    });

    it('AU6 swapped two, with or without their hashes: both places are named', async () => {
      const swap = (columns: string) =>
        `UPDATE audit_entry a SET ${columns
          .split(', ')
          .map((column) => `${column} = b.${column}`)
          .join(', ')} FROM audit_entry b WHERE a.position IN (2, 6) AND b.position = 8 - a.position`;
      const content = 'actor, action, subject_kind, subject_id, detail, at';
      expect((await tampered(swap(content))).map(({ position }) => position)).toEqual([2, 6]);
      // the next of each no longer follows what stands before it
      expect((await tampered(swap(`${content}, hash`))).map(({ position }) => position)).toEqual([2, 3, 6, 7]);
    });

    it('AU7 made a whole new chain: the head that was written down before tells', async () => {
      const { rows } = await hub.database.query<AuditRow & { position: number }>(
        'SELECT * FROM audit_entry ORDER BY position',
      );
      const statements = ["UPDATE audit_entry SET actor = 'somebody else' WHERE position = 5"];
      let hash: Buffer = Buffer.alloc(32);
      for (const row of rows) {
        hash = auditHash(hash, row.position, row.position === 5 ? { ...row, actor: 'somebody else' } : row);
        statements.push(`UPDATE audit_entry SET hash = '\\x${hash.toString('hex')}' WHERE position = ${row.position}`);
      }
      statements.push(`UPDATE feed_head SET audit_hash = '\\x${hash.toString('hex')}'`);
      expect(await tampered(...statements)).toEqual([
        { kind: 'end', position: head.position, expected: head.hash, found: hash.toString('hex') },
      ]);
    });
  });

  it('AU8 the command says that all is well, or which entry is not, and ends accordingly', async () => {
    for (let i = 0; i < 3; i++) await newVek();
    await chained();
    const run = async (...args: string[]) => {
      const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...home.env };
      try {
        const { stdout } = await promisify(execFile)(process.execPath, [...TYPESCRIPT_ARGS, MAIN, ...args], { env });
        return { code: 0, text: stdout };
      } catch (error) {
        const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
        return { code, text: `${stderr}${stdout}` };
      }
    };
    const good = await run('verify');
    expect(good).toMatchObject({
      code: 0,
      text: expect.stringMatching(
        /^\d+ entries, each as it was written, checked in \d+\.\d s; head \d+:[0-9a-f]{64}\n$/,
      ),
    });
    const head = /head (\S+)/.exec(good.text)![1]!;
    expect((await run('verify', '--head', head)).code).toBe(0);
    const [position] = head.split(':');
    const other = await run('verify', '--head', `${position}:${'0'.repeat(64)}`);
    expect(other).toMatchObject({
      code: 1,
      text: expect.stringContaining(`audit: at ${position} the chain should be at 0000`),
    });
    expect((await run('prove')).code).toBe(2);

    const client = await home.connect();
    await client.query('ALTER TABLE audit_entry DISABLE TRIGGER USER');
    await client.query("UPDATE audit_entry SET actor = actor || 'x' WHERE position = 3");
    const broken = await run('verify').finally(async () => {
      await client.query('UPDATE audit_entry SET actor = left(actor, -1) WHERE position = 3');
      await client.query('ALTER TABLE audit_entry ENABLE TRIGGER USER');
      await client.end();
    });
    expect(broken).toMatchObject({
      code: 1,
      text: expect.stringMatching(/^audit: entry 3 \(id [0-9a-f-]{36}\) is not what was written/),
    });
    expect((await run('verify')).code).toBe(0);
  });
});
