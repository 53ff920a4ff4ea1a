/** An update that sets what is given and takes away what is given as undefined. */
export function assignment(fields: object): { $set: object; $unset: object } {
  const entries = Object.entries(fields);
  const given = entries.filter(([, value]) => value !== undefined);
  const gone = entries.filter(([, value]) => value === undefined).map(([name]) => [name, '']);
  return { $set: Object.fromEntries(given), $unset: Object.fromEntries(gone) };
}
