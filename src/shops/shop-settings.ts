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
/** Of one group, as JSON. */
export const MAX_SETTINGS_BYTES = 256 * 1024;

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
  const json = JSON.stringify(value);
  if (Buffer.byteLength(json) > MAX_SETTINGS_BYTES) {
    return `${group} must have at most ${MAX_SETTINGS_BYTES / 1024} KB`;
  }
  const picture = /"data:[a-z]+\/[\w.+-]+[;,]/i.test(json);
  return picture ? `${group} must hold addresses of pictures, not the pictures` : undefined;
}
