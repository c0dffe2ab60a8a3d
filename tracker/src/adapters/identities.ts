import type { AuditedAs, ChangeRunner } from '../feed/record.js';
import { Networks } from '../ip-network.js';
import { deviceTokenSha256 } from '../rights/tokens.js';
import type { Database } from '../store/database.js';
import type { CrewDevice, Directory } from '../units/directory.js';
import { adaptersSql as sql } from './adapters-sql.js';
import { JoinRefusal } from './errors.js';

interface Alias {
  readonly deviceId: string;
  readonly networks: Networks;
}

/**
 * Whose request it is. A token proves it: 256 random bits, in a header or wherever a client has room for a name. A public name proves nothing:
 * its device is believed from the networks that an administrator gave it, and is an untrusted source from anywhere else.
 */
export class Identities {
  readonly #database: Database;
  readonly #directory: Directory;
  readonly #aliases = new Map<string, Alias>();

  constructor(database: Database, directory: Directory, onError: (text: string, error: unknown) => void) {
    this.#database = database;
    this.#directory = directory;
    directory.onChange((change) => {
      if (change.kind !== 'devices' || change.devices.length === 0) return;
      this.reload(change.devices.map((device) => device.id)).catch((error) =>
        onError('aliases could not be read', error),
      );
    });
  }

  async reload(deviceIds: readonly string[] | null): Promise<void> {
    const { rows } = await this.#database.query<{ alias: string; device_id: string; networks: string[] }>(
      sql.load_aliases,
      [deviceIds],
    );
    const gone = deviceIds === null ? undefined : new Set(deviceIds);
    for (const [alias, { deviceId }] of this.#aliases)
      if (gone === undefined || gone.has(deviceId)) this.#aliases.delete(alias);
    for (const { alias, device_id, networks } of rows)
      this.#aliases.set(alias, { deviceId: device_id, networks: new Networks(networks) });
  }

  /** The device of the first of these that is one's token; else that of the first that is a public name. */
  find(
    credentials: readonly string[],
    names: readonly string[],
    address: string,
  ): { readonly device: CrewDevice; readonly trusted: boolean } | undefined {
    for (const text of [...credentials, ...names]) {
      const device = this.#directory.deviceByToken(deviceTokenSha256(text));
      if (device !== undefined) return { device, trusted: true };
    }
    for (const name of names) {
      const alias = this.#aliases.get(name);
      const device = this.#named(alias);
      if (alias === undefined || device === undefined) continue;
      return { device, trusted: alias.networks.has(address) };
    }
    return undefined;
  }

  /** The device that has this public name, for a sender that has proved itself in another way. */
  byName(name: string): CrewDevice | undefined {
    return this.#named(this.#aliases.get(name));
  }

  #named(alias: Alias | undefined): CrewDevice | undefined {
    const device = alias === undefined ? undefined : this.#directory.devices.get(alias.deviceId);
    return device?.revoked === false ? device : undefined;
  }

  /** Gives the device a public name, or the name other networks. @throws JoinRefusal `alias_taken` by another device */
  async addAlias(
    changes: ChangeRunner,
    device: CrewDevice,
    alias: string,
    networks: readonly string[],
    audited: AuditedAs,
  ): Promise<void> {
    await changes.change([device.id], async (tx, records) => {
      const { rows } = await tx.query(sql.add_alias, [alias, device.agencyId, device.id, networks]);
      if (rows.length === 0) throw new JoinRefusal('alias_taken', 'another device has this name');
      const { version } = (await tx.query<{ version: number }>(sql.touch_device, [device.id])).rows[0]!;
      records.event({
        type: 'lv.vanags.device.alias_added.v1',
        agencyId: device.agencyId,
        aggregate: { kind: 'device', id: device.id, version },
        data: { deviceId: device.id },
        at: Date.now(),
      });
      records.audit(audited('add_device_alias', { kind: 'device', id: device.id }, { networks }, device.agencyId));
    });
    await this.reload([device.id]);
  }

  /** Takes the name away. Returns false if the device had none like it. */
  async removeAlias(changes: ChangeRunner, device: CrewDevice, alias: string, audited: AuditedAs): Promise<boolean> {
    const removed = await changes.change([device.id], async (tx, records) => {
      if ((await tx.query(sql.remove_alias, [alias, device.id])).rows.length === 0) return false;
      const { version } = (await tx.query<{ version: number }>(sql.touch_device, [device.id])).rows[0]!;
      records.event({
        type: 'lv.vanags.device.alias_removed.v1',
        agencyId: device.agencyId,
        aggregate: { kind: 'device', id: device.id, version },
        data: { deviceId: device.id },
        at: Date.now(),
      });
      records.audit(audited('remove_device_alias', { kind: 'device', id: device.id }, {}, device.agencyId));
      return true;
    });
    await this.reload([device.id]);
    return removed;
  }
}
