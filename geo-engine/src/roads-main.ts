/**
 * `npm run roads -- FILE.osm.pbf [--dir DIR] [--profiles CODE,…] [--profile-file FILE] [--attribution TEXT]
 * [--replace-only SOURCE]`: imports a map, builds the hierarchies of its profiles and puts them into use. When anything fails,
 * the roads in use stay; with `--replace-only` they also stay when they were made from another file than the one named.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { RoadsError } from './roads/errors.js';
import { currentRoads, RoadsImport } from './roads/generations.js';
import { writeNetwork } from './roads/network-file.js';
import { importOsm } from './roads/osm/import-osm.js';
import type { NetworkInfo } from './roads/road-network.js';
import { standardProfiles } from './roads/standard-profiles.js';
import { parseProfiles, type VehicleProfile } from './roads/vehicle-profile.js';
import type { ProfilesOrder, ProfilesReport } from './roads-order.js';
import { startThread } from './routing/typescript-thread.js';

/** Progress is told at most this often. */
const TELL_EVERY_MS = 2000;
const MIB = 1024 * 1024;

const startedAt = performance.now();

function say(line: string): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${seconds.padStart(6)} s  ${line}`);
}

function usage(why: string): never {
  console.error(`roads: ${why}`);
  console.error(
    'usage: npm run roads -- FILE.osm.pbf [--dir DIR] [--profiles CODE,…] [--profile-file FILE] [--attribution TEXT] [--replace-only SOURCE]',
  );
  process.exit(2);
}

function options() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        dir: { type: 'string', default: process.env.ROADS_DIR ?? join(process.env.DATA_DIR ?? './data', 'roads') },
        profiles: { type: 'string' },
        'profile-file': { type: 'string' },
        attribution: { type: 'string' },
        'replace-only': { type: 'string' },
      },
    });
  } catch (error) {
    usage((error as Error).message);
  }
}

/** The profiles to build: those named, else all of the file, else the standard ones. The file goes before the standard. */
function chooseProfiles(file: string | undefined, codes: string | undefined): readonly VehicleProfile[] {
  let own: readonly VehicleProfile[] = [];
  if (file !== undefined) {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (cause) {
      throw new RoadsError('profile_invalid', `cannot read ${file}: ${(cause as Error).message}`, cause);
    }
    own = parseProfiles(text, file);
  }
  if (codes === undefined) return own.length > 0 ? own : standardProfiles;
  const known = new Map([...standardProfiles, ...own].map((profile) => [profile.code, profile]));
  return [...new Set(codes.split(','))].map((code) => {
    const profile = known.get(code);
    if (!profile)
      throw new RoadsError(
        'profile_unknown',
        `no profile ${JSON.stringify(code)}; there are ${[...known.keys()].join(', ')}`,
      );
    return profile;
  });
}

/** Tells how far something is, but not more often than somebody wants to read. */
function progressTeller(): (what: string, share: number) => void {
  let toldAt = performance.now();
  return (what, share) => {
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    say(`${what}: ${Math.floor(share * 100)} %`);
  };
}

function sayNetwork({ counts, generated, bounds, id }: NetworkInfo): void {
  const { nodes, segments, lengthKm, restrictions, leftOut } = counts;
  say(
    `roads${generated ? ' (generated)' : ''}: ${nodes} nodes, ${segments} segments, ${Math.round(lengthKm)} km, ${restrictions} restrictions`,
  );
  say(`bounds ${bounds.join(' ')}, network ${id.slice(0, 12)}`);
  for (const [reason, count] of Object.entries(leftOut)) say(`left out: ${reason} ${count}`);
}

/** Graphs and hierarchies of all profiles, one after another, in a thread beside this one. */
function buildProfiles(order: ProfilesOrder): Promise<void> {
  const worker = startThread(new URL('./roads-worker.ts', import.meta.url), order);
  const tell = progressTeller();
  return new Promise((done, failed) => {
    worker.on('message', (report: ProfilesReport) => {
      if (report.kind === 'graph') say(`${report.profile}: graph of ${report.nodes} nodes, ${report.arcs} arcs`);
      else if (report.kind === 'progress') tell(report.profile, report.share);
      else if (report.kind === 'built') say(`${report.profile}: built`);
      else if (report.kind === 'done') done();
      else failed(new RoadsError(report.code, `profile ${report.profile}: ${report.message}`));
    });
    worker.on('error', (cause) => failed(new RoadsError('profile_failed', `profiles: ${cause.message}`, cause)));
    worker.on('exit', () => failed(new RoadsError('profile_failed', 'profiles: their thread ended')));
  });
}

const { values, positionals } = options();
if (positionals.length !== 1) usage(positionals.length === 0 ? 'no map' : 'one map at a time');
const [file] = positionals;
const dir = resolve(values.dir);
let running: RoadsImport | undefined;
try {
  const profiles = chooseProfiles(values['profile-file'], values.profiles);
  running = RoadsImport.begin(dir);
  const replaced = values['replace-only'];
  const inUse = replaced === undefined ? undefined : currentRoads(dir);
  if (inUse !== undefined && inUse.source !== replaced)
    throw new RoadsError('import_refused', `roads of ${inUse.source} are in use, and stay`);
  say(`reading ${file}`);
  const network = importOsm(file, { attribution: values.attribution, progress: progressTeller() });
  sayNetwork(network.info);
  writeNetwork(running.networkPath, network);
  const paths = running;
  const wanted = profiles.map((profile) => ({ profile, path: paths.hierarchyPath(profile.code) }));
  await buildProfiles({ network, wanted });
  const { id, source } = network.info;
  const { generation } = running.commit({ networkId: id, source, importedAt: Date.now(), profiles });
  running = undefined;
  say(
    `in use: ${join(dir, generation)} (peak memory ${Math.round((process.resourceUsage().maxRSS * 1024) / MIB)} MiB)`,
  );
} catch (error) {
  const code = error instanceof RoadsError ? error.code : 'failed';
  console.error(`roads: ${code}: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  running?.abandon();
}
