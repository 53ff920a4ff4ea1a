import { describe, expect, it } from 'vitest';
import { fileOfUrl, isKey, keyOfRequest, nameOf, pathOf, thumbnailOf } from './media-paths.js';

const BASE = 'https://api.example';
const fileId = '6741c0c0a5f2d13b8c9e0041';
const digest = '0f343b0931126a20f133d67c2b018a3b';
const name = nameOf(digest, 'image/jpeg');

describe('the address of a stored file', () => {
  it.each(['public', 'private'] as const)('names it again: %s', (visibility) => {
    const url = `${BASE}${pathOf({ visibility, fileId }, name)}`;
    expect(fileOfUrl(url, BASE)).toEqual({ visibility, fileId });
    expect(fileOfUrl(`${url}?expires=1&signature=2`, BASE)).toEqual({ visibility, fileId });
    expect(isKey(keyOfRequest({ visibility, fileId }, name)!)).toBe(true);
  });

  it.each([
    `https://elsewhere.example/media/${fileId}/${name}`,
    `${BASE}.evil.example/media/${fileId}/${name}`,
    `${BASE}/media/${fileId}/../${name}`,
    `${BASE}/media/${fileId}/${name}/x`,
    `${BASE}/media/${fileId}`,
    `${BASE}/media/${fileId.toUpperCase()}/${name}`,
    '',
  ])('is none of ours: %s', (url) => {
    expect(fileOfUrl(url, BASE)).toBeUndefined();
  });

  it.each([
    ['../../../../etc/pass', name],
    [fileId, '../../../secret.jpg'],
    [fileId, `${name}\n`],
    [fileId, `${digest}-999.webp`],
    [`${fileId}\n`, name],
    [fileId, ''],
  ])('makes no key of %j and %j', (id, file) => {
    expect(keyOfRequest({ visibility: 'public', fileId: id }, file)).toBeUndefined();
  });

  it('has a thumbnail when it is a public picture of ours', () => {
    expect(thumbnailOf(`${BASE}/media/${fileId}/${name}`)).toBe(
      `${BASE}/media/${fileId}/${digest}-240.webp`,
    );
    for (const url of ['', `${BASE}/media/private/${fileId}/${name}`, `${BASE}/a.jpg`]) {
      expect(thumbnailOf(url)).toBe(url);
    }
  });
});
