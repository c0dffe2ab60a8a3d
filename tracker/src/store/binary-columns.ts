/**
 * Growable columns in the binary array format of PostgreSQL, so that a batch is encoded while it fills and handed to the
 * driver without another pass. Format: int32 dimensions, int32 has-null, int32 element OID, int32 length, int32 lower bound,
 * then per element int32 byte length and the big-endian value (PostgreSQL source, `array_recv` and `int4recv`/`int8recv`).
 */
const HEADER_BYTES = 20;
const OID_INT8 = 20;
const OID_INT4 = 23;

abstract class BinaryColumn {
  protected bytes: Buffer;
  protected end = HEADER_BYTES;
  readonly #oid: number;
  readonly #stride: number;

  constructor(oid: number, elementBytes: number, capacity: number) {
    this.#oid = oid;
    this.#stride = 4 + elementBytes;
    this.bytes = Buffer.allocUnsafe(HEADER_BYTES + capacity * this.#stride);
  }

  get length(): number {
    return (this.end - HEADER_BYTES) / this.#stride;
  }

  protected makeRoom(): void {
    if (this.end + this.#stride <= this.bytes.length) return;
    const wider = Buffer.allocUnsafe(this.bytes.length * 2);
    this.bytes.copy(wider, 0, 0, this.end);
    this.bytes = wider;
  }

  /** The parameter for the driver: a view that is valid until the next push or clear. */
  param(): Buffer {
    const bytes = this.bytes;
    const empty = this.end === HEADER_BYTES;
    bytes.writeInt32BE(empty ? 0 : 1, 0);
    bytes.writeInt32BE(0, 4);
    bytes.writeInt32BE(this.#oid, 8);
    if (empty) return bytes.subarray(0, 12);
    bytes.writeInt32BE(this.length, 12);
    bytes.writeInt32BE(1, 16);
    return bytes.subarray(0, this.end);
  }

  clear(): void {
    this.end = HEADER_BYTES;
  }
}

export class Int4Column extends BinaryColumn {
  constructor(capacity: number) {
    super(OID_INT4, 4, capacity);
  }

  push(value: number): void {
    this.makeRoom();
    const { bytes, end } = this;
    bytes.writeInt32BE(4, end);
    bytes.writeInt32BE(value, end + 4);
    this.end = end + 8;
  }
}

/** Whole numbers up to 2⁵³, negative ones included. */
export class Int8Column extends BinaryColumn {
  constructor(capacity: number) {
    super(OID_INT8, 8, capacity);
  }

  push(value: number): void {
    this.makeRoom();
    const { bytes, end } = this;
    bytes.writeInt32BE(8, end);
    bytes.writeInt32BE(Math.floor(value / 0x1_0000_0000), end + 4);
    bytes.writeUInt32BE(value >>> 0, end + 8);
    this.end = end + 12;
  }
}
