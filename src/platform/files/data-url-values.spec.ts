import { describe, expect, it } from 'vitest';
import { listDataUrls, replaceDataUrls } from './data-url-values.js';

const PNG = 'data:image/png;base64,iVBORw0KGgo=';
const replaced = (value: unknown) =>
  JSON.parse(replaceDataUrls(JSON.stringify(value), () => 'stored')) as unknown;

describe('data URLs in a JSON text', () => {
  it('are replaced where they are whole values, however deep, and nothing else is', () => {
    const value = JSON.parse(
      `{"a":"${PNG}","b":[{"c":"${PNG}","__proto__":"${PNG}"}],"d":"see ${PNG}","${PNG}":1}`,
    ) as unknown;
    expect(JSON.stringify(replaced(value))).toBe(
      `{"a":"stored","b":[{"c":"stored","__proto__":"stored"}],"d":"see ${PNG}","${PNG}":1}`,
    );
  });

  it.each([
    [`\\"${PNG}\\"`],
    [`"${PNG}`],
    [' data:image/png;base64,AA'],
    ['data:image/png,AA'],
    ['data:image/svg+xml;utf8,<svg>'],
    ['DATA:image/png;base64,AA'],
    ['data:image/png;base64,A"A'],
    ['data:image/png;base64,A\nA'],
  ])('stay in a text that is not one from end to end: %s', (text) => {
    expect(replaced({ text, list: [text] })).toEqual({ text, list: [text] });
  });

  it('are listed once each, also those of millions of characters', () => {
    const long = `data:image/jpeg;base64,${'A'.repeat(4_000_000)}`;
    expect(listDataUrls(JSON.stringify([long, PNG, { x: long }]))).toEqual([long, PNG]);
    expect(listDataUrls('"data:')).toEqual([]);
  });
});
