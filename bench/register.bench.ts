/** Ten years of events in the register: how long does a registrar wait for a list and for a map? */
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { killProcess, logTail, serverFolder, startGuarded } from '../fixtures/servers/guarded-process.js';
import { createRandom, type SeededRandom } from '../fixtures/world/seeded-random.js';
import { townPlaces } from './lib/fleet.js';
import { HttpApi } from './lib/http-api.js';
import { LatencyRecorder } from './lib/latency.js';
import type { BenchRun } from './lib/run.js';
import { TrackerProcess } from './lib/tracker-process.js';
import { TYPESCRIPT_ARGS } from './lib/typescript-args.js';

const MODULE = fileURLToPath(new URL('../tracker/modules/register/main.ts', import.meta.url));
const READY_MS = 60_000;
const ENTRIES = { quick: 200_000, full: 4_550_000 };
const ROWS_AT_ONCE = 100_000;
const PLACES = 20_000;
const TYPES = 40;
const HOUSES = 400;
const AGENCIES = 3;
/** Of each kind, dealt out to so many registrars who ask one thing after another. */
const QUESTIONS = { quick: 60, full: 400 };
const REGISTRARS = 4;
/** Of each kind, compared with plain SQL before anything is timed. */
const CHECKED = 12;
const YEARS = 10;
const DAY_MS = 86_400_000;
const LIMIT = 100;

/** A question, as it is asked over the API and as plain SQL would ask it. */
interface Question {
  readonly path: string;
  /** Words stand in no URL: who looks for some posts them. */
  readonly search?: object;
  readonly where: string;
  readonly values: readonly unknown[];
}

interface ListAnswer {
  readonly entries: readonly { readonly id: number }[];
}
interface MapAnswer {
  readonly total: number;
  readonly box: readonly number[];
  readonly cellDeg: number;
  readonly cells: readonly { readonly lon: number; readonly lat: number; readonly count: number }[];
}

export async function bench(run: BenchRun): Promise<void> {
  const { quick, seed, remote } = run.options;
  if (remote !== undefined) return run.note('a deployed register is not filled: not measured');
  const length = quick ? 'quick' : 'full';
  run.progress('starting a tracker, postgres');
  const tracker = await TrackerProcess.start({ database: 'postgres' });
  if ('missing' in tracker) return run.note(`not measured: ${tracker.missing}`);
  run.ending(() => tracker.abandon());
  const admin = await tracker.admin();
  const agencies: { id: string; code: string }[] = [];
  for (let i = 0; i < AGENCIES; i++) {
    const agency = { id: uuidv7(), code: `POLICE-${i}` };
    await admin.post('/api/v1/agencies', { ...agency, kind: 'state_police', nameLv: agency.code, nameEn: agency.code });
    agencies.push(agency);
  }
  const url = await startRegister(run, tracker, agencies[0]!.code);
  const sql = new pg.Client(tracker.sql);
  sql.on('error', () => {}); // a lost connection fails the query, which is where it is heard
  await sql.connect();
  run.ending(() => sql.end());
  await fill(run, sql, agencies, seed, ENTRIES[length]);

  // they ask for everybody's, unless a question names an agency
  const api = new HttpApi(url, await HttpApi.demoToken(tracker.url, 'IEMIC', ['admin']));
  const random = createRandom(seed, 'register questions');
  const span = await sql.query<{ from: Date; to: Date }>(
    'SELECT min(received_at) AS from, max(received_at) AS to FROM register.entry',
  );
  const [fromMs, toMs] = [span.rows[0]!.from.getTime(), span.rows[0]!.to.getTime()];
  const kinds = {
    list: () => listQuestion(random, agencies[0]!.id, fromMs, toMs),
    map: () => mapQuestion(random, random.pick([agencies[0]!.id, null]), fromMs, toMs),
  };
  for (const [kind, make] of Object.entries(kinds)) {
    run.progress(`${kind}: compared with plain SQL`);
    const faults: string[] = [];
    for (let i = 0; i < CHECKED; i++) {
      const question = make();
      if (!(await isRight(api, sql, question)))
        faults.push(`${question.path} ${JSON.stringify(question.search ?? '')}`);
    }
    run.check(
      `${kind}: as plain SQL has it`,
      faults.length === 0,
      faults.length === 0 ? `${CHECKED} questions` : faults.join('; '),
    );
    if (!run.hasTimeFor(`${kind}s`)) return;
    run.progress(`${kind}: ${REGISTRARS} registrars`);
    const questions = Array.from({ length: QUESTIONS[length] }, make);
    const latency = new LatencyRecorder();
    await Promise.all(
      Array.from({ length: REGISTRARS }, async (_, registrar) => {
        for (let i = registrar; i < questions.length; i += REGISTRARS) {
          const askedAt = performance.now();
          await ask(api, questions[i]!);
          latency.record(performance.now() - askedAt);
        }
      }),
    );
    for (const p of [50, 99])
      run.figure({
        id: `register.${ENTRIES[length]}.${kind}.p${p}`,
        what: `${kind} of the register, ${ENTRIES[length]} entries, ${REGISTRARS} registrars at once, p${p}`,
        value: latency.at(p),
        unit: 'ms',
        better: 'less',
        note: `${latency.summary.count} questions, worst ${Math.round(latency.summary.max)} ms`,
      });
  }
}

/** Starts the module as its own process, for one agency. Returns its URL. */
async function startRegister(run: BenchRun, tracker: TrackerProcess, agencyCode: string): Promise<string> {
  const folder = serverFolder('vanags-bench-register-', undefined);
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const env = {
    TRACKER_URL: tracker.url,
    DEMO_AGENCIES: agencyCode,
    DATABASE_URL: tracker.sql.connectionString!,
    PORT: String(port),
  };
  const child = await startGuarded(
    [
      '/usr/bin/env',
      ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
      process.execPath,
      ...TYPESCRIPT_ARGS,
      MODULE,
    ],
    folder,
    undefined,
    'TERM',
  );
  run.ending(async () => {
    if (child.isRunning()) await killProcess(child);
    await rm(folder, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${port}`;
  const until = Date.now() + READY_MS;
  for (;;) {
    const ready = await fetch(`${url}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return url;
    if (!child.isRunning() || Date.now() > until) throw new Error(`the register is not ready: ${logTail(folder)}`);
    await sleep(50);
  }
}

/** Entries at even intervals over ten years, where people live. Indexes are made when all is there. */
async function fill(
  run: BenchRun,
  sql: pg.Client,
  agencies: readonly { id: string; code: string }[],
  seed: number,
  entries: number,
): Promise<void> {
  const places = townPlaces(createRandom(seed, 'register'), PLACES);
  await sql.query("SET maintenance_work_mem = '512MB'");
  const indexes = (
    await sql.query<{ name: string; made: string }>(
      `SELECT indexname AS name, indexdef AS made FROM pg_indexes
       WHERE schemaname = 'register' AND tablename = 'entry' AND indexdef NOT LIKE 'CREATE UNIQUE%'`,
    )
  ).rows;
  for (const { name } of indexes) await sql.query(`DROP INDEX register.${name}`);
  for (let from = 0; from < entries; from += ROWS_AT_ONCE) {
    run.progress(`writing entries, ${from} of ${entries}`);
    await sql.query(
      `INSERT INTO register.entry (agency_id, number, vek_id, vek_number, vek_version, taken_by, channel, type_code, priority, place, accuracy_m,
         address, summary, vek_status, part_status, received_at, dispatched_at, on_scene_at, closed_at, outcome_code)
       SELECT ($1::uuid[])[1 + i % ${AGENCIES}], 'BENCH-' || i, gen_random_uuid(), i, 5, ($1::uuid[])[1], 'voice', 'type_' || hash % ${TYPES}, 'P' || 1 + hash % 4,
         ST_SetSRID(ST_MakePoint(($2::float8[])[1 + hash % ${PLACES}] + (i % 97) * 1e-5, ($3::float8[])[1 + hash % ${PLACES}] + (i % 89) * 1e-5), 4326), 20,
         'Brīvības iela ' || hash % ${HOUSES}, 'called in by a passer-by, seen from the road', 'closed', 'accepted', at, at + interval '2 min',
         at + interval '11 min', CASE WHEN hash % 1000 = 0 THEN NULL ELSE at + interval '50 min' END, 'done'
       FROM generate_series($4::int, $5::int) AS i
       CROSS JOIN LATERAL (SELECT abs(hashint4(i)) AS hash, now() - interval '${YEARS} years' + i * (interval '${YEARS} years' / $6::int) AS at) AS drawn`,
      [
        agencies.map(({ id }) => id),
        places.map(({ lon }) => lon),
        places.map(({ lat }) => lat),
        from + 1,
        Math.min(entries, from + ROWS_AT_ONCE),
        entries,
      ],
    );
  }
  for (const { name, made } of indexes) {
    run.progress(`indexing, ${name}`);
    await sql.query(made);
  }
  for (const table of ['entry', 'year_cell']) await sql.query(`VACUUM ANALYZE register.${table}`);
}

/** A page of entries: the newest, or of a period, type or street, or far back, or those without an end. */
function listQuestion(random: SeededRandom, agencyId: string, fromMs: number, toMs: number): Question {
  const query = new URLSearchParams({ limit: String(LIMIT), agency: agencyId });
  const where = ['agency_id = $1'];
  const values: unknown[] = [agencyId];
  const and = (condition: (no: number) => string, value: unknown) => where.push(condition(values.push(value)));
  const narrowed = random.pick(['to a period', 'to a period', 'to a page', 'not']);
  if (narrowed === 'to a period') {
    const days = random.pick([1, 30, 365]);
    const from = random.between(fromMs, toMs - days * DAY_MS);
    const [start, end] = [new Date(from).toISOString(), new Date(from + days * DAY_MS).toISOString()];
    query.set('from', start);
    query.set('to', end);
    and((no) => `received_at >= $${no}`, start);
    and((no) => `received_at < $${no}`, end);
  } else if (narrowed === 'to a page') {
    const at = Math.floor(random.between(fromMs, toMs));
    query.set('after', `${at}.1`);
    and((no) => `(received_at, id) < ($${no}::timestamptz, 1)`, new Date(at).toISOString());
  }
  if (random.chance(0.4)) {
    const type = `type_${random.below(TYPES)}`;
    query.set('type', type);
    and((no) => `type_code = $${no}`, type);
  }
  if (random.chance(0.2)) {
    query.set('open', '1');
    where.push('closed_at IS NULL');
  }
  if (random.chance(0.2)) {
    const house = random.below(HOUSES);
    and((no) => `address = $${no}`, `Brīvības iela ${house}`);
    const search = { ...Object.fromEntries(query), limit: LIMIT, q: `brivib iela ${house}` };
    return { path: '/api/v1/entries/search', search, where: where.join(' AND '), values };
  }
  return { path: `/api/v1/entries?${query}`, where: where.join(' AND '), values };
}

/** A town, a region or the country, over a week, a month, a year or all of the time, sometimes of one type, of one agency or all. */
function mapQuestion(random: SeededRandom, agencyId: string | null, fromMs: number, toMs: number): Question {
  const halfDeg = random.pick([0.1, 0.7, 4]);
  const [lon, lat] = halfDeg > 1 ? [24.6, 56.9] : [random.between(22, 27), random.between(56.2, 57.6)];
  const box = [lon - halfDeg, lat - halfDeg / 2, lon + halfDeg, lat + halfDeg / 2];
  const days = random.pick([7, 31, 365, (toMs - fromMs) / DAY_MS]);
  const from = random.between(fromMs, toMs - days * DAY_MS);
  const [start, end] = [new Date(from).toISOString(), new Date(from + days * DAY_MS).toISOString()];
  const type = random.chance(0.3) ? `type_${random.below(TYPES)}` : undefined;
  const query = new URLSearchParams({
    ...(agencyId !== null && { agency: agencyId }),
    box: box.join(','),
    from: start,
    to: end,
    ...(type && { type }),
  });
  return {
    path: `/api/v1/map?${query}`,
    where: `($1::uuid IS NULL OR agency_id = $1) AND received_at >= $2 AND received_at < $3 AND ($4::text IS NULL OR type_code = $4)`,
    values: [agencyId, start, end, type ?? null],
  };
}

function ask(api: HttpApi, { path, search }: Question): Promise<unknown> {
  return search === undefined ? api.get(path) : api.post(path, search);
}

/** Whether the answer is what plain SQL says: of a map, the count of each cell of the box that it says it counted. */
async function isRight(api: HttpApi, sql: pg.Client, question: Question): Promise<boolean> {
  const { where, values } = question;
  const answer = (await ask(api, question)) as Partial<ListAnswer & MapAnswer>;
  if (answer.cells !== undefined) {
    const { rows } = await sql.query<{ cell: string; n: number }>(
      `SELECT (floor(ST_X(place) / $5) + 0.5) * $5 || ',' || (floor(ST_Y(place) / $5) + 0.5) * $5 AS cell, count(*)::int AS n
       FROM register.entry WHERE ${where} AND ST_X(place) >= $6 AND ST_X(place) < $8 AND ST_Y(place) >= $7 AND ST_Y(place) < $9
       GROUP BY 1`,
      [...values, answer.cellDeg, ...answer.box!],
    );
    const counted = new Map(answer.cells.map(({ lon, lat, count }) => [`${lon},${lat}`, count]));
    const total = rows.reduce((sum, { n }) => sum + n, 0);
    return (
      counted.size === rows.length && answer.total === total && rows.every(({ cell, n }) => counted.get(cell) === n)
    );
  }
  const { rows } = await sql.query<{ id: string }>(
    `SELECT id FROM register.entry WHERE ${where} ORDER BY received_at DESC, id DESC LIMIT ${LIMIT}`,
    [...values],
  );
  return JSON.stringify(answer.entries!.map(({ id }) => String(id))) === JSON.stringify(rows.map(({ id }) => id));
}
