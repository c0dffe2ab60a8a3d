/**
 * Growable columns in the binary array format of PostgreSQL, so that a batch is encoded while it fills and handed to the
 * driver without another pass. Format: int32 dimensions, int32 has-null, int32 element OID, int32 length, int32 lower bound,
 * then per element int32 byte length and the big-endian value (PostgreSQL source, `array_recv` and `int4recv`/`int8recv`).
 */
const HEADER_BYTES = 20;
const OID_INT8 = 20;
const OID_INT4 = 23;

abstract class BinaryColumn {
  protected view: DataView<ArrayBuffer>; // which writes a number in a fraction of the time that a Buffer takes
  protected end = HEADER_BYTES;
  #room: number; // bytes of the view; to ask it of the view is a call for each number
  readonly #oid: number;
  readonly #stride: number;

  constructor(oid: number, elementBytes: number, capacity: number) {
    this.#oid = oid;
    this.#stride = 4 + elementBytes;
    this.#room = HEADER_BYTES + capacity * this.#stride;
    this.view = new DataView(new ArrayBuffer(this.#room));
  }

  get length(): number {
    return (this.end - HEADER_BYTES) / this.#stride;
  }

  protected makeRoom(): void {
    if (this.end + this.#stride > this.#room) this.#grow();
  }

  #grow(): void {
    this.#room *= 2;
    const wider = new Uint8Array(this.#room);
    wider.set(new Uint8Array(this.view.buffer, 0, this.end));
    this.view = new DataView(wider.buffer);
  }

  /** The parameter for the driver: a view that is valid until the next push or clear. */
  param(): Buffer {
    const { view, end } = this;
    const empty = end === HEADER_BYTES;
    view.setInt32(0, empty ? 0 : 1);
    view.setInt32(4, 0);
    view.setInt32(8, this.#oid);
    if (empty) return Buffer.from(view.buffer, 0, 12);
    view.setInt32(12, this.length);
    view.setInt32(16, 1);
    return Buffer.from(view.buffer, 0, end);
  }

  clear(): void {
    this.end = HEADER_BYTES;
  }
}

export class Int4Column extends BinaryColumn {
  constructor(capacity: number) {
    super(OID_INT4, 4, capacity);
  }

  /** @throws RangeError for what is no int4 */
  push(value: number): void {
    if ((value | 0) !== value) throw new RangeError(`${value} is no int4`);
    this.makeRoom();
    const { view, end } = this;
    view.setInt32(end, 4);
    view.setInt32(end + 4, value);
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
    const { view, end } = this;
    view.setInt32(end, 8);
    view.setInt32(end + 4, Math.floor(value / 0x1_0000_0000));
    view.setInt32(end + 8, value); // the lower half: what does not fit is cut off
    this.end = end + 12;
  }
}
