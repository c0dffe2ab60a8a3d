/** The database a project's global setup has made ready. */
export type ProvidedDatabase =
  | { readonly kind: 'embedded'; readonly template: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly template: string }
  | { readonly kind: 'missing'; readonly why: string };

declare module 'vitest' {
  export interface ProvidedContext {
    database: ProvidedDatabase;
  }
}
