import type { lv } from './lv.js';

export type TextKey = keyof typeof lv;
export type Texts = Readonly<Record<TextKey, string>>;
export type Language = 'lv' | 'en';
