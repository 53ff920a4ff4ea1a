import { replaceDataUrls } from '../platform/files/data-url-values.js';

/** What a group of settings holds, so that a screen never meets another kind of thing. */
export type SettingsKind = 'object' | 'list' | 'text';

/**
 * THE table: the settings that the app keeps in a shop for itself, under its own names, and what a
 * shop without them shows. They are kept as they are sent, and understood by the app alone.
 */
export const SETTINGS_DEFAULTS = {
  assistantConfig: { responseDelay: 0 },
  knowledgeBase: { userDefined: '', productData: '' },
  keywordRules: [],
  quickReplies: [],
  savedReplies: [],
  menus: [],
  paymentMethods: [],
  orderManagementFlowConfig: { strings: {} },
  offlineSaleConfig: { defaultFormId: '' },
  onlineSaleConfig: {},
  bookingConfig: {},
  receiptConfig: {},
  onboarding: {},
  customerEntryPoint: {},
  notificationSettings: {},
  expenses: [],
  todos: [],
  calendarEvents: [],
  quickNote: '',
  widgets: [],
} as const satisfies Record<string, object | string>;

export type SettingsGroup = keyof typeof SETTINGS_DEFAULTS;
export type Settings = Record<SettingsGroup, unknown>;

export const SETTINGS_GROUPS = Object.keys(SETTINGS_DEFAULTS) as SettingsGroup[];

/**
 * Of each group, as JSON. The app sends the whole shop after almost every edit, so that all groups
 * together, when they are full, must still be well under the 1 MB of a body.
 */
export const MAX_SETTINGS_KB: Record<SettingsGroup, number> = {
  assistantConfig: 16,
  knowledgeBase: 256,
  keywordRules: 96,
  quickReplies: 16,
  savedReplies: 32,
  menus: 16,
  paymentMethods: 32,
  orderManagementFlowConfig: 16,
  offlineSaleConfig: 8,
  onlineSaleConfig: 16,
  bookingConfig: 8,
  receiptConfig: 16,
  onboarding: 4,
  customerEntryPoint: 4,
  notificationSettings: 4,
  expenses: 128,
  todos: 32,
  calendarEvents: 48,
  quickNote: 16,
  widgets: 8,
};
export const MAX_SETTINGS_ITEMS = 10_000;

/** As long as the address of a stored picture. */
const ADDRESS = 'x'.repeat(150);
/** A picture written out instead of named, anywhere in a text; `\n` and its like are JSON's. */
const PICTURE = /(?:\b|\\[bfnrt])data:(?:[a-z]+\/[\w.+-]+|;base64)[;,]/i;

export function kindOf(group: SettingsGroup): SettingsKind {
  const value: unknown = SETTINGS_DEFAULTS[group];
  if (Array.isArray(value)) return 'list';
  return typeof value === 'string' ? 'text' : 'object';
}

/** Why `value` cannot be that group's; undefined when it can. */
export function settingsProblem(group: SettingsGroup, value: unknown): string | undefined {
  const kind = kindOf(group);
  const isKind = {
    list: Array.isArray(value),
    text: typeof value === 'string',
    object: typeof value === 'object' && value !== null && !Array.isArray(value),
  };
  if (!isKind[kind]) return `${group} must be ${kind === 'object' ? 'an object' : `a ${kind}`}`;
  // A picture that is a whole value is stored, and its address written in its place.
  const json = replaceDataUrls(JSON.stringify(value), () => ADDRESS);
  if (Buffer.byteLength(json) > MAX_SETTINGS_KB[group] * 1024) {
    return `${group} must have at most ${MAX_SETTINGS_KB[group]} KB`;
  }
  if (Array.isArray(value) && value.length > MAX_SETTINGS_ITEMS) {
    return `${group} must have at most ${MAX_SETTINGS_ITEMS} entries`;
  }
  return PICTURE.test(json)
    ? `${group} must hold addresses of pictures, not the pictures`
    : undefined;
}
