/** The names only: an offset such as +06:30 knows no daylight saving. */
const SHAPE = /^[A-Za-z][\w+/-]{0,49}$/;
/** A place as the IANA time zone database spells nearly all of them. */
const PLACE =
  /^(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Europe|Indian|Pacific)(?:[/_-](?:[A-Z][a-z]+|of|es|au))+$/;

/**
 * The IANA spelling of a time zone, which may be written in any case; undefined for none. A second
 * name of a zone stays as long as it is spelt as IANA spells names, and else is the zone's own name:
 * this Node knows no list of second names.
 */
export function asTimeZone(name: string): string | undefined {
  if (!SHAPE.test(name)) return undefined;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    return PLACE.test(name) ? name : timeZone;
  } catch {
    return undefined;
  }
}
