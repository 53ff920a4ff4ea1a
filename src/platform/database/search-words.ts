/** Beyond this a word is found by its beginning. */
const MAX_WORD_CHARACTERS = 12;
/** What one document may add to its index. */
const MAX_WORDS = 150;
const MAX_WHOLE_WORDS = 30;
const MAX_QUERY_WORDS = 5;
const PHONE_TAIL = { min: 4, max: 10 };
/** More digits than this begin with the code of a country or a network, written in several ways. */
const LOCAL_DIGITS = 7;

/** Knows the words of scripts that write no spaces, such as Burmese or Thai. */
const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

/**
 * What a document is found by: every beginning of every word of `texts`, so that what somebody has
 * typed so far is an exact key of an index `{ shopId, searchWords, … }`, in the order of that index.
 * @param phones are also found by their last digits, as people remember them
 */
export function searchWordsOf(texts: (string | undefined)[], phones: string[] = []): string[] {
  const words = new Set<string>();
  for (const word of texts.flatMap((text) => wordsOf(text ?? ''))) {
    for (const beginning of beginningsOf(word)) words.add(beginning);
  }
  for (const digits of phones.map(phoneDigits)) {
    for (const beginning of beginningsOf(digits)) words.add(beginning);
    for (let tail = PHONE_TAIL.min; tail <= Math.min(PHONE_TAIL.max, digits.length); tail++) {
      words.add(digits.slice(-tail));
    }
  }
  return [...words].slice(0, MAX_WORDS);
}

/** The words of a text as they are, for a field that changes too often to hold their beginnings. */
export function wholeWordsOf(text: string): string[] {
  return [...new Set(wordsOf(text).map(shorten))].slice(0, MAX_WHOLE_WORDS);
}

/**
 * The documents that hold every word of `query`, the last of which may still be unfinished. Undefined
 * when the query has no word: then nothing can match.
 */
export function searchFilter(query: string): { searchWords: { $all: string[] } } | undefined {
  const words = isPhone(query) ? [phoneKey(query)] : wordsOf(query);
  if (words.length === 0) return undefined;
  // The longest first: the index is read for that one.
  const wanted = words.slice(0, MAX_QUERY_WORDS).sort((a, b) => b.length - a.length);
  return { searchWords: { $all: wanted.map(shorten) } };
}

function isPhone(query: string): boolean {
  const hasPhoneShape = /^[\p{Nd}\s+().\-/]+$/u.test(query.trim());
  return hasPhoneShape && phoneDigits(query).length >= PHONE_TAIL.min;
}

function phoneKey(query: string): string {
  const digits = phoneDigits(query);
  return digits.length > LOCAL_DIGITS + 1 ? digits.slice(-LOCAL_DIGITS) : digits;
}

/** Without the zeros that are dialled within a country only. */
function phoneDigits(text: string): string {
  return digitsOf(text).replace(/^0+/, '');
}

function wordsOf(text: string): string[] {
  const plain = text.normalize('NFKC').toLowerCase();
  return [...segmenter.segment(plain)]
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment }) => segment);
}

function beginningsOf(word: string): string[] {
  const characters = [...word].slice(0, MAX_WORD_CHARACTERS);
  return characters.map((_, index) => characters.slice(0, index + 1).join(''));
}

function shorten(word: string): string {
  return [...word].slice(0, MAX_WORD_CHARACTERS).join('');
}

/** The digits of `text`, of any script, as 0 to 9. */
export function digitsOf(text: string): string {
  return [...text.normalize('NFKC')]
    .map((character) => (/\p{Nd}/u.test(character) ? String(digitValue(character)) : ''))
    .join('');
}

/** Decimal digits of a script stand in a run of ten that begins at a zero (Unicode, Nd). */
function digitValue(character: string): number {
  let code = character.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - 1))) {
    code--;
    value++;
  }
  return value;
}
