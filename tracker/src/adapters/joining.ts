import { createHash, randomInt } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { AuditedAs, ChangeRunner, Changes } from '../feed/record.js';
import { deviceTokenSha256, newDeviceToken } from '../rights/tokens.js';
import type { CrewDevice, CrewUnit, Directory } from '../units/directory.js';
import { registrySql } from '../units/registry.js';
import { adaptersSql as sql } from './adapters-sql.js';
import { JoinRefusal } from './errors.js';
import { RateLimit } from './rate-limit.js';

/** Crockford's base 32: no I, L, O and U, so that what is read aloud is typed right. Source: Crockford, "Base 32". */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** 50 bits. With the limits below, guessing one good code of a thousand takes thousands of years. */
const CODE_LENGTH = 10;
const MIXED_UP: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1' };
/** Wrong tries of one address (a whole station may stand behind it), and tries of all together. */
const TRIES_PER_S = 0.1;
const TRIES_AT_ONCE = 10;
const ALL_TRIES_PER_S = 20;
const ALL_TRIES_AT_ONCE = 200;

export interface JoinCodeFor {
  readonly deviceKind: string;
  readonly deviceName: string;
  readonly priority: number;
  readonly validS: number;
}

export interface Joined {
  readonly deviceId: string;
  /** Undefined: the device keeps the token it came with. */
  readonly token: string | undefined;
  readonly unitId: string;
}

/** A device joins a unit by a code that a crew types: short-lived, good once, and only its hash is kept. */
export class Joining {
  readonly #changes: Changes;
  readonly #directory: Directory;
  readonly #byAddress = new RateLimit(TRIES_PER_S, TRIES_AT_ONCE);
  readonly #all = new RateLimit(ALL_TRIES_PER_S, ALL_TRIES_AT_ONCE);

  constructor(changes: Changes, directory: Directory) {
    this.#changes = changes;
    this.#directory = directory;
  }

  /** A new code for one device of the unit, shown this once. */
  async createCode(
    changes: ChangeRunner,
    unit: CrewUnit,
    given: JoinCodeFor,
    audited: AuditedAs,
  ): Promise<{ code: string; expiresAt: number }> {
    const code = Array.from({ length: CODE_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
    const expiresAt = await changes.change([unit.id], async (tx, records) => {
      await tx.query(sql.forget_join_codes);
      const entry = audited('create_join_code', { kind: 'unit', id: unit.id }, {}, unit.agencyId);
      records.audit(entry);
      const { rows } = await tx.query<{ expires_at: number }>(sql.add_join_code, [
        codeSha256(code),
        unit.agencyId,
        unit.id,
        given.deviceKind,
        given.deviceName,
        given.priority,
        entry.actor,
        given.validS,
      ]);
      return rows[0]!.expires_at;
    });
    return { code: `${code.slice(0, CODE_LENGTH / 2)}-${code.slice(CODE_LENGTH / 2)}`, expiresAt };
  }

  /**
   * Uses a code: the device that comes with it is the unit's from now on; without one a device is made, and its token shown this once.
   * @throws JoinRefusal `too_many_tries`; `join_code_invalid` when it is unknown, used, run out, or of another agency than the device
   */
  async join(typed: string, device: CrewDevice | undefined, address: string): Promise<Joined> {
    const now = Date.now();
    if (!this.#byAddress.take(address, now) || !this.#all.take('', now))
      throw new JoinRefusal('too_many_tries', 'wait a little before the next try');
    const hash = codeSha256(
      typed
        .toUpperCase()
        .replaceAll(/[\s-]/g, '')
        .replaceAll(/[OIL]/g, (letter) => MIXED_UP[letter]!),
    );
    const deviceId = device?.id ?? uuidv7();
    const token = device === undefined ? newDeviceToken() : undefined;
    const unitId = await this.#changes.change([deviceId], async (tx, records) => {
      const code = (
        await tx.query<{
          agency_id: string;
          agency_code: string;
          unit_id: string;
          device_kind: string;
          device_name: string;
          priority: number;
        }>(sql.join_code, [hash])
      ).rows[0];
      if (code === undefined || (device !== undefined && device.agencyId !== code.agency_id))
        throw new JoinRefusal('join_code_invalid', 'this code is not known, was used, or has run out');
      const { agency_code: agencyCode, unit_id, priority } = code;
      if (token !== undefined) {
        const row = {
          id: deviceId,
          agencyCode,
          kind: code.device_kind,
          name: code.device_name,
          tokenSha256: deviceTokenSha256(token),
          reportIntervalS: NEW_DEVICE_INTERVAL_S,
        };
        await tx.query(registrySql.devices, [JSON.stringify([row])]);
      }
      const binding = { id: uuidv7(), agencyCode, deviceId, unitId: unit_id, priority };
      await tx.query(registrySql.device_bindings, [JSON.stringify([binding])]);
      await tx.query(sql.use_join_code, [hash, deviceId]);
      const { version } = (await tx.query<{ version: number }>(sql.touch_device, [deviceId])).rows[0]!;
      records.event({
        type: 'lv.vanags.device.joined.v1',
        agencyId: code.agency_id,
        aggregate: { kind: 'device', id: deviceId, version },
        data: { deviceId, unitId: unit_id },
        at: now,
      });
      records.audit({
        agencyId: code.agency_id,
        actor: `device:${deviceId}`,
        sourceIp: address,
        action: 'join_unit',
        subject: { kind: 'unit', id: unit_id },
      });
      return unit_id;
    });
    this.#byAddress.giveBack(address);
    await this.#directory.reloadDevices([deviceId]);
    return { deviceId, token, unitId };
  }
}

/** Until its administrator says otherwise. */
const NEW_DEVICE_INTERVAL_S = 30;

function codeSha256(code: string): Buffer {
  return createHash('sha256').update(code).digest();
}
