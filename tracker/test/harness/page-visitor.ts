/** What a page answered: its status and text, or where it leads to. */
export interface Shown {
  readonly status: number;
  readonly text: string;
  readonly to: string | null;
}

/** A browser without scripts: keeps cookies, sends forms as of the page's own origin. */
export class PageVisitor {
  readonly #url: string;
  readonly #cookies = new Map<string, string>();
  /** As the server set it last. */
  setCookie = '';

  constructor(url: string) {
    this.#url = url;
  }

  get(path: string): Promise<Shown> {
    return this.#ask(path, {});
  }

  submit(path: string, fields: Readonly<Record<string, string>>, origin = this.#url): Promise<Shown> {
    return this.#ask(path, { method: 'POST', body: new URLSearchParams(fields), headers: { origin } });
  }

  async #ask(path: string, { headers, ...init }: RequestInit): Promise<Shown> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(`${this.#url}${path}`, {
      ...init,
      headers: { ...(headers as Record<string, string>), cookie },
      redirect: 'manual',
    });
    for (const set of answer.headers.getSetCookie()) {
      this.setCookie = set;
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set)!;
      this.#cookies.set(name!, value!);
    }
    return { status: answer.status, text: await answer.text(), to: answer.headers.get('location') };
  }
}

/** The value of a field of a form. @throws Error when there is no such field */
export function fieldOf({ text }: Shown, name: string): string {
  const [, value] = new RegExp(`<input[^>]* name="${name}"[^>]* value="([^"]*)"`).exec(text) ?? [];
  if (value === undefined) throw new Error(`no field ${name} in ${text}`);
  return value;
}
