/** What a shop calls its ways to pay, shown to customers or not. @param settings as the app keeps them */
export function paymentMethodNames(settings: unknown): string[] {
  if (!Array.isArray(settings)) return [];
  return settings.flatMap((setting: unknown) => {
    const name = typeof setting === 'string' ? setting : nameOf(setting);
    return typeof name === 'string' && name.trim() !== '' ? [name.trim()] : [];
  });
}

function nameOf(setting: unknown): unknown {
  return typeof setting === 'object' && setting && 'name' in setting ? setting.name : undefined;
}
