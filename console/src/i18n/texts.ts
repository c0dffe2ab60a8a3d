import type { lv } from './lv.js';

export type TextKey = keyof typeof lv;
export type Texts = Readonly<Record<TextKey, string>>;
export const LANGUAGES = ['lv', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
