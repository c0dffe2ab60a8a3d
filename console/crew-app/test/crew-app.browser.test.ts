import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import chromium from '@sparticuz/chromium';
import { type Browser, type BrowserContext, type Page, chromium as playwright } from 'playwright-core';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SHOTS = process.env.CREW_APP_SHOTS ?? join(tmpdir(), 'vanags-crew-app-shots');
const STATION = { longitude: 24.1386, latitude: 56.9632, accuracy: 6 };
const FIRE = { lon: 24.1059, lat: 56.946 };

interface Milestone {
  readonly at: number;
  readonly receivedAt: number;
  readonly source: string;
}
interface FeedEvent {
  readonly type: string;
  readonly data: {
    readonly unitId?: string;
    readonly at?: number;
    readonly place?: { readonly source: string } | null;
  };
}

/** The crew page as a crew meets it: a whole tracker, a phone-sized Chromium, a network that goes away. */
describe('the crew page', () => {
  let dataDir: string;
  let tracker: ChildProcess;
  let url: string;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let dispatcher: string;
  let admin: string;
  let token: string;
  let unitId: string;
  const problems: string[] = [];

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    dataDir = await mkdtemp(join(tmpdir(), 'vanags-crew-app-'));
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    tracker = spawn(process.execPath, ['--import', 'tsx', 'tracker/src/main.ts'], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, DATA_DIR: dataDir, PORT: String(port), DEMO_WORLD: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    await new Promise<void>((resolve, reject) => {
      for (const stream of [tracker.stdout!, tracker.stderr!])
        stream.on('data', (chunk: Buffer) => {
          output += chunk.toString();
          if (/ready: http/.test(output)) resolve();
        });
      tracker.once('exit', (code) => reject(new Error(`the tracker ended with ${code}: ${output}`)));
    });
    url = `http://127.0.0.1:${port}`;
    await register();
    browser = await playwright.launch({
      executablePath: await chromium.executablePath(),
      args: [
        '--no-sandbox',
        '--use-angle=swiftshader',
        '--enable-unsafe-swiftshader',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--disable-quic',
        '--no-first-run',
      ],
    });
    context = await browser.newContext({
      viewport: { width: 390, height: 844 },
      deviceScaleFactor: 2,
      hasTouch: true,
      isMobile: true,
      geolocation: STATION,
      permissions: ['geolocation'],
    });
    context.on('weberror', (error) => problems.push(String(error.error())));
    page = await context.newPage();
  }, 180_000); // a first start makes its database and builds the console

  afterAll(async () => {
    await browser?.close();
    if (tracker?.exitCode === null) {
      const ended = new Promise((resolve) => tracker.once('exit', resolve));
      tracker.kill('SIGINT'); // as Ctrl-C: its database writes until it has stopped
      await ended;
    }
    await rm(dataDir, { recursive: true, force: true });
  });

  async function call<Body>(method: string, path: string, body?: unknown, bearer?: string): Promise<Body> {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as Body;
  }

  async function register(): Promise<void> {
    const tokenFor = async (agency: string, ...roles: string[]) =>
      (await call<{ token: string }>('POST', '/api/v1/demo/token', { agency, roles, subject: `${agency}-${roles[0]}` }))
        .token;
    admin = await tokenFor('IEMIC', 'admin');
    const { agencies } = await call<{ agencies: { code: string }[] }>('GET', '/api/v1/agencies', undefined, admin);
    if (!agencies.some(({ code }) => code === 'VUGD')) {
      const agency = { id: uuidv7(), code: 'VUGD', kind: 'fire_rescue', nameLv: 'VUGD', nameEn: 'VUGD' };
      await call('POST', '/api/v1/agencies', agency, admin);
    }
    dispatcher = await tokenFor('VUGD', 'dispatcher', 'call_taker');
    unitId = uuidv7();
    const deviceId = uuidv7();
    const unit = { id: unitId, agencyCode: 'VUGD', callsign: 'R-101', kind: 'pumper' };
    await call(
      'POST',
      '/api/v1/units',
      { ...unit, statusAtRest: 'available_at_station', capabilities: [{ code: 'extinguish', quantity: 1 }] },
      admin,
    );
    const device = { id: deviceId, agencyCode: 'VUGD', kind: 'phone', name: 'crew page', reportIntervalS: 1 };
    token = (await call<{ token: string }>('POST', '/api/v1/devices', device, admin)).token;
    await call('POST', '/api/v1/device-bindings', { id: uuidv7(), agencyCode: 'VUGD', deviceId, unitId }, admin);
  }

  async function assign(fields: Record<string, unknown>): Promise<{ vekId: string; assignmentId: string }> {
    const vekId = uuidv7();
    const assignmentId = uuidv7();
    await call('POST', '/api/v1/veks', { id: vekId, channel: 'voice', ...FIRE, ...fields }, dispatcher);
    await call('POST', `/api/v1/veks/${vekId}/assignments`, { id: assignmentId, unitId }, dispatcher);
    return { vekId, assignmentId };
  }

  const milestones = async (vekId: string) =>
    (
      await call<{ assignments: { milestones: Record<string, Milestone> }[] }>(
        'GET',
        `/api/v1/veks/${vekId}`,
        undefined,
        dispatcher,
      )
    ).assignments[0]!.milestones;
  const unitStatus = async () =>
    (await call<{ status: string }>('GET', `/api/v1/units/${unitId}`, undefined, dispatcher)).status;
  /** The outcome reaches the phone some milliseconds before the API shows it. */
  const unitBecomes = (status: string) =>
    eventually(`unit ${status}`, async () => ((await unitStatus()) === status ? true : undefined));
  const feed = async (type: string) =>
    (await call<{ events: FeedEvent[] }>('GET', '/api/v1/feed?limit=1000', undefined, dispatcher)).events.filter(
      (event) => event.type === type && event.data.unitId === unitId,
    );

  const shot = (name: string) => page.screenshot({ path: join(SHOTS, `${name}.png`) });
  const status = (name: string) => page.locator(`button[data-status="${name}"]`);
  const latest = () => page.locator('.presses li').first();
  const drive = async (longitude: number, latitude: number) => {
    await context.setGeolocation({ longitude, latitude, accuracy: 5 });
  };
  const holdSos = async (ms: number) => {
    const button = page.locator('button.sos');
    const box = (await button.boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.waitForTimeout(ms);
    await page.mouse.up();
  };
  const speak = async (language: 'Latviešu' | 'English') => {
    await page.locator('nav button').nth(2).click();
    await page.getByRole('button', { name: language }).click();
    await page.locator('nav button').first().click();
  };
  /** Screenshots in both languages; the page ends in Latvian. */
  const shots = async (name: string) => {
    await shot(`${name}-lv`);
    await speak('English');
    await shot(`${name}-en`);
    await speak('Latviešu');
  };

  it('takes the token from the fragment, and away from the address', async () => {
    await page.goto(`${url}/crew-app/`);
    await page.getByText('Ierīces atslēga', { exact: true }).waitFor();
    await shot('sign-on-lv');
    await page.getByLabel('Ierīces atslēga').fill('nav atslēga');
    await page.getByRole('button', { name: 'Pierakstīties' }).click();
    await page.getByRole('alert').getByText('Tā nav ierīces atslēga').waitFor();
    await page.goto('about:blank');
    await page.goto(`${url}/crew-app/#token=${token}`);
    await page.getByRole('heading', { name: 'R-101' }).waitFor();
    expect(page.url()).toBe(`${url}/crew-app/`);
    await page.getByText('Savienots ar centru').waitFor();
    await page.locator('header').getByText('depo').waitFor();
    // the service worker must have the page before the network may go
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await shots('idle');
  });

  it('reports what the sensor says, each fix once', async () => {
    await drive(24.1387, 56.9633);
    const live = await eventually('the unit in the live picture', async () => {
      const { units } = await call<{ units: { unitId: string; lon: number; lat: number }[] }>(
        'GET',
        '/api/v1/live',
        undefined,
        dispatcher,
      ).catch(() => ({ units: [] }));
      return units.find((each) => Math.abs(each.lon - 24.1387) < 1e-6);
    });
    expect(live.lat).toBeCloseTo(56.9633, 6);
  });

  let vekId: string;
  let onSceneAt: number;

  it('shows an assignment with distance and direction, and accepts it', async () => {
    ({ vekId } = await assign({
      typeCode: 'fire.building',
      priority: 'P1',
      address: 'Brīvības iela 1, Rīga',
      summary: '5. stāvā pa logu nāk dūmi, iespējams, iekšā cilvēks',
    }));
    await page.getByText('Jauns norīkojums', { exact: true }).waitFor();
    await page
      .locator('.where strong')
      .getByText(/km uz dienvidrietumiem/)
      .waitFor();
    expect(await page.locator('a.navigate').getAttribute('href')).toMatch(/^geo:56\.946000,24\.105900\?q=/);
    await shots('assignment-new');
    await page.getByRole('button', { name: 'Pieņemts' }).click();
    await latest().getByText('saņemts centrā – dispečers to redz').waitFor();
    expect((await milestones(vekId)).acknowledged!.source).toBe('crew');
    await status('en_route').click();
    await page.locator('.presses li').first().getByText('ceļā', { exact: true }).waitFor();
    await latest().getByText('saņemts centrā – izpildīts').waitFor();
    await unitBecomes('en_route');
    await shots('assignment-en-route');
  });

  it('asks before it sends a status that is not possible now, and shows the hub’s refusal', async () => {
    await page.locator('.statuses summary').click();
    await status('off_duty').click();
    await page.getByText('Lemj centrs').waitFor();
    await shot('status-doubt-lv');
    await page.getByRole('button', { name: 'Sūtīt tomēr' }).click();
    await latest()
      .getByText(/netika pieņemts.*Var: notikuma vietā/)
      .waitFor();
    await shot('status-refused-lv');
    await page.locator('header').getByText('ceļā').waitFor();
  });

  it('keeps what is pressed without a network, over a reload, and says that it is only here', async () => {
    await context.setOffline(true);
    await page.getByText('Nav savienojuma').waitFor();
    onSceneAt = Date.now();
    await status('on_scene').click();
    await latest().getByText('glabājas telefonā').waitFor();
    await drive(24.12, 56.95);
    await page.waitForTimeout(1500);
    await drive(24.106, 56.9461);
    await holdSos(700); // let go too early: nothing
    await page.waitForTimeout(300);
    expect(await page.locator('.sos-state').count()).toBe(0);
    await holdSos(1700);
    await page.locator('.sos-state').getByText('Vēl NAV nosūtīts').waitFor();
    await shots('offline-sos');
    await page.locator('.presses').scrollIntoViewIfNeeded();
    await shot('offline-queue-lv');
    await page.reload();
    await page.getByRole('heading', { name: 'R-101' }).waitFor();
    await page.locator('.sos-state').getByText('Vēl NAV nosūtīts').waitFor();
    await page.getByText('Brīvības iela 1, Rīga').waitFor();
    await page.waitForTimeout(3000);
    expect(await unitStatus()).toBe('en_route');
    expect(await feed('lv.vanags.unit.sos.v1')).toHaveLength(0);
  });

  it('sends it when the network is back: each once, with the time of the press', async () => {
    const backAt = Date.now();
    await context.setOffline(false);
    await page.locator('.sos-state').getByText('Trauksme pacelta centrā').waitFor({ timeout: 40_000 });
    await page.getByText('Savienots ar centru').waitFor();
    await shots('sos-raised');
    const [sos, ...more] = await feed('lv.vanags.unit.sos.v1');
    expect(more).toEqual([]);
    expect(sos!.data.at).toBeGreaterThan(onSceneAt);
    expect(sos!.data.at).toBeLessThan(backAt);
    expect(sos!.data.place!.source).toBe('device');
    await unitBecomes('on_scene');
    const { on_scene } = await milestones(vekId);
    expect(Math.abs(on_scene!.at - onSceneAt)).toBeLessThan(2000);
    expect(on_scene!.receivedAt).toBeGreaterThanOrEqual(backAt);
    const changes = await feed('lv.vanags.unit.status_changed.v1');
    expect(changes.filter((event) => (event.data as { to?: string }).to === 'on_scene')).toHaveLength(1);
    await page.getByRole('button', { name: 'Aizvērt' }).click();
    await page.locator('.sos-state').waitFor({ state: 'detached' });
  });

  it('writes to the dispatcher', async () => {
    await page.getByRole('button', { name: 'Ziņas' }).click();
    await page.getByLabel('Ziņa dispečeram').fill('Vajag vēl vienu cisternu');
    await page.getByRole('button', { name: 'Sūtīt' }).click();
    await page.locator('.messages li').getByText('saņemts centrā – nodota dispečeriem').waitFor();
    await shot('messages-lv');
    expect(await feed('lv.vanags.unit.message.v1')).toHaveLength(1);
    await page.getByRole('button', { name: 'Darbs' }).click();
  });

  it('says that an assignment was cancelled', async () => {
    await status('returning').click();
    await latest().getByText('saņemts centrā – izpildīts').waitFor();
    const { assignmentId } = await assign({ typeCode: 'rescue.animal', priority: 'P4', address: 'Ganību dambis 3' });
    await page.getByText('Jauns norīkojums', { exact: true }).waitFor();
    await call('DELETE', `/api/v1/assignments/${assignmentId}`, undefined, dispatcher);
    await page.getByText('Norīkojums atcelts').waitFor();
    await shot('cancelled-lv');
    await page.getByRole('button', { name: 'Sapratu' }).click();
    await page.getByText('Norīkojuma nav').waitFor();
    await page.locator('header').getByText('brīvs').waitFor();
  });

  it('lets one tab talk', async () => {
    const other = await context.newPage();
    await other.goto(`${url}/crew-app/`);
    await other.getByText('Lapa jau ir atvērta citā cilnē').waitFor();
    await page.close();
    await other.getByRole('heading', { name: 'R-101' }).waitFor();
    page = other;
  });

  it('stops when another phone uses its token, and goes on when a person says so', async () => {
    const other = new WebSocket(`${url.replace('http', 'ws')}/crew`, ['vanags.crew.v1', `bearer.${token}`]);
    await new Promise((resolve) => other.once('open', resolve));
    await page.getByText('Šo atslēgu tagad lieto cits tālrunis').waitFor();
    await shot('fenced-lv');
    await page.getByRole('button', { name: 'Strādāt ar šo tālruni' }).click();
    await page.getByText('Savienots ar centru').waitFor();
    other.close();
  });

  it('fits a narrow phone, by day, with targets for gloves', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.getByRole('button', { name: 'Ierīce' }).click();
    await shot('device-lv');
    await page.getByRole('button', { name: 'Diena' }).click();
    await page.getByRole('button', { name: 'Darbs' }).click();
    await shot('day-360-lv');
    const { wide, small } = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth > window.innerWidth,
      small: [...document.querySelectorAll('button, a, summary')]
        .filter((each) => each.getBoundingClientRect().height > 0 && each.getBoundingClientRect().height < 56)
        .map((each) => each.textContent),
    }));
    expect(wide).toBe(false);
    expect(small).toEqual([]);
  });

  it('signs off and forgets', async () => {
    await page.getByRole('button', { name: 'Ierīce' }).click();
    await page.getByRole('button', { name: 'Izrakstīties no šī tālruņa' }).click();
    await page.getByRole('button', { name: 'Jā, izrakstīties' }).click();
    await page.getByText('Ierīces atslēga', { exact: true }).waitFor();
    const left = await page.evaluate(async () => ({
      token: localStorage.getItem('vanags.crew.token'),
      stores: (await indexedDB.databases()).map(({ name }) => name),
    }));
    expect(left).toEqual({ token: null, stores: [] });
    expect(problems).toEqual([]);
  });
});

async function eventually<T>(what: string, ask: () => Promise<T | undefined>, limitMs = 15_000): Promise<T> {
  const until = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > until) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
