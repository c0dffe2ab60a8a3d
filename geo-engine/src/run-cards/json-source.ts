/** A place in a text as editors count: the first character of a file is line 1, column 1. */
export interface SourcePlace {
  readonly line: number;
  readonly column: number;
}

export type JsonSource =
  | {
      readonly kind: 'value';
      readonly value: unknown;
      /** Where the value at a path begins; of a path that is not there, where the nearest value above it begins. */
      placeOf(path: readonly PropertyKey[]): SourcePlace;
    }
  | {
      readonly kind: 'broken';
      readonly code: 'json_syntax' | 'duplicate_key';
      readonly place: SourcePlace;
      readonly detail: string;
    };

/** Deeper nesting than any file of ours has; recursion stays bounded. */
const MAX_DEPTH = 64;

/** Reads JSON (RFC 8259) and remembers where every value stands. A key that comes twice in one object is refused. */
export function readJsonSource(text: string): JsonSource {
  const reader = new JsonReader(text);
  const placeAt = placesIn(text);
  try {
    const value = reader.readDocument();
    return { kind: 'value', value, placeOf: (path) => placeAt(reader.offsetOf(path)) };
  } catch (error) {
    if (!(error instanceof BrokenJson)) throw error;
    return { kind: 'broken', code: error.code, place: placeAt(error.offset), detail: error.message };
  }
}

/** Tells line and column of offsets; a line ends with LF, CR LF or CR. The text is looked through once, however many are asked for. */
export function placesIn(text: string): (offset: number) => SourcePlace {
  let begins: readonly number[] | undefined; // of the lines
  return (offset) => {
    begins ??= [0, ...Array.from(text.matchAll(/\r\n|\n|\r/g), ({ 0: end, index }) => index + end.length)];
    // the last line that begins no later
    let line = 0;
    let above = begins.length;
    while (above - line > 1) {
      const middle = (line + above) >> 1;
      if (begins[middle]! <= offset) line = middle;
      else above = middle;
    }
    return { line: line + 1, column: offset - begins[line]! + 1 };
  };
}

class BrokenJson extends Error {
  readonly code: 'json_syntax' | 'duplicate_key';
  readonly offset: number;
  constructor(code: 'json_syntax' | 'duplicate_key', offset: number, message: string) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}

/** Where a value begins, and the same of what is inside it. */
interface Mark {
  readonly offset: number;
  readonly inside: Map<PropertyKey, Mark>;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Where a string ends; what stands in it, JSON.parse judges. */
const STRING = /"(?:[^"\\]|\\.)*"/sy;
const WORDS = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const;

class JsonReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #root: Mark = { offset: 0, inside: new Map() };

  constructor(text: string) {
    this.#text = text;
  }

  readDocument(): unknown {
    if (this.#text.startsWith('\ufeff')) this.#at = 1;
    this.#skipSpace();
    this.#root = this.#mark();
    const value = this.#value(this.#root);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#broken('nothing may follow the value');
    return value;
  }

  offsetOf(path: readonly PropertyKey[]): number {
    let mark = this.#root;
    for (const key of path) {
      const inner = mark.inside.get(key);
      if (inner === undefined) break;
      mark = inner;
    }
    return mark.offset;
  }

  #value(mark: Mark): unknown {
    const next = this.#text[this.#at];
    if (next === '{') return this.#object(mark);
    if (next === '[') return this.#array(mark);
    if (next === '"') return this.#string();
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    return Number(this.#match(NUMBER, 'a value'));
  }

  #object(mark: Mark): unknown {
    const entries = new Map<string, unknown>();
    this.#items('}', () => {
      const at = this.#at;
      const key = this.#string();
      if (entries.has(key)) throw new BrokenJson('duplicate_key', at, `${key} comes twice`);
      this.#skipSpace();
      this.#expect(':');
      this.#skipSpace();
      const inner = this.#mark();
      mark.inside.set(key, inner);
      entries.set(key, this.#value(inner));
    });
    return Object.fromEntries(entries);
  }

  #array(mark: Mark): unknown {
    const items: unknown[] = [];
    this.#items(']', () => {
      const inner = this.#mark();
      mark.inside.set(items.length, inner);
      items.push(this.#value(inner));
    });
    return items;
  }

  /** What stands between brackets, separated by commas. */
  #items(close: string, readItem: () => void): void {
    if (++this.#depth > MAX_DEPTH) throw this.#broken(`nested deeper than ${MAX_DEPTH}`);
    this.#at++;
    this.#skipSpace();
    if (this.#text[this.#at] !== close) {
      for (;;) {
        readItem();
        this.#skipSpace();
        if (this.#text[this.#at] === close) break;
        this.#expect(',');
        this.#skipSpace();
      }
    }
    this.#at++;
    this.#depth--;
  }

  #string(): string {
    const begins = this.#at;
    const literal = this.#match(STRING, 'a string');
    try {
      return JSON.parse(literal) as string;
    } catch {
      throw new BrokenJson('json_syntax', begins, 'this string is no JSON string');
    }
  }

  #match(pattern: RegExp, what: string): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) throw this.#broken(`expected ${what}`);
    this.#at += found.length;
    return found;
  }

  #expect(sign: string): void {
    if (this.#text[this.#at] !== sign) throw this.#broken(`expected ${sign}`);
    this.#at++;
  }

  #skipSpace(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at++;
  }

  #mark(): Mark {
    return { offset: this.#at, inside: new Map() };
  }

  #broken(message: string): BrokenJson {
    return new BrokenJson('json_syntax', this.#at, message);
  }
}
