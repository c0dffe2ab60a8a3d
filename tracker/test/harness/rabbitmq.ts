import { existsSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { connect } from 'amqplib';
import {
  endProcess,
  eventually,
  type GuardedProcess,
  logTail,
  ServerError,
  serverFolder,
  serverUser,
  startGuarded,
} from '../../../fixtures/servers/guarded-process.js';
import { lowPort } from './low-port.js';

/** Debian's: the wrapper in /usr/sbin insists on the system's own node. */
const PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const READY_MS = 120_000; // a start is five seconds of one core
const STOP_MS = 20_000;

/** False where RabbitMQ is not installed: the tests say so loudly, and are skipped. */
export const rabbitIsThere = existsSync(PROGRAM);
if (!rabbitIsThere)
  console.warn('\n!!! the tests on a RabbitMQ are SKIPPED: no rabbitmq-server here: apt-get install rabbitmq-server\n');

/** A broker of our own, on the loopback, with its own node name, data and port mapper. Dies with this process. */
export interface RabbitServer {
  readonly url: string;
  /** Ends it where it stands. */
  kill(): Promise<void>;
  /** Starts it again with the data it had. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRabbit(): Promise<RabbitServer> {
  const user = serverUser('rabbitmq');
  const folder = serverFolder('rabbitmq-', user);
  const mapperFolder = serverFolder('epmd-', user);
  const [port, nodePort, mapperPort] = [await lowPort(), await lowPort(), await lowPort()];
  const url = `amqp://127.0.0.1:${port}`;
  const file = (name: string) => path.join(folder, name);
  writeFileSync(file('rabbitmq.conf'), `listeners.tcp.1 = 127.0.0.1:${port}\nloopback_users.guest = true\n`);
  writeFileSync(file('enabled_plugins'), '[].');
  const env = {
    HOME: folder, // of the node's cookie
    RUNNING_UNDER_SYSTEMD: '1', // the server itself, without a shell that waits for it
    RABBITMQ_NODENAME: `vanags-${port}@localhost`,
    RABBITMQ_DIST_PORT: String(nodePort),
    ERL_EPMD_PORT: String(mapperPort),
    RABBITMQ_MNESIA_BASE: file('mnesia'),
    RABBITMQ_LOG_BASE: file('log'),
    RABBITMQ_CONFIG_FILE: file('rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}',
  };
  const command = ['env', ...Object.entries(env).map(([name, value]) => `${name}=${value}`), PROGRAM];
  // without one of ours the broker starts a port mapper that outlives it
  const mapper = await startGuarded(
    ['epmd', '-port', String(mapperPort), '-address', '127.0.0.1'],
    mapperFolder,
    user,
    'TERM',
  );
  let server: GuardedProcess;
  const start = async () => {
    server = await startGuarded(command, folder, user, 'TERM');
    const isReady = async () => !server.isRunning() || (await answers(url));
    if (!(await eventually(isReady, READY_MS)) || !server.isRunning())
      throw new ServerError('start_failed', `RabbitMQ did not start:\n${logTail(folder)}`);
  };
  await start();
  return {
    url,
    kill: () => endProcess(server, 'SIGKILL', STOP_MS),
    start,
    async stop() {
      await endProcess(server, 'SIGKILL', STOP_MS); // its data go anyway, and an orderly end takes seconds
      await endProcess(mapper, 'SIGTERM', STOP_MS);
      for (const each of [folder, mapperFolder])
        await rm(each, { recursive: true, force: true, maxRetries: 40, retryDelay: 250 });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    const connection = await connect(url, { timeout: 2000 });
    connection.on('error', () => {});
    await connection.close();
    return true;
  } catch {
    return false;
  }
}
