import { describe, expect, it } from 'vitest';
import { momentOf, parseObject, scopesOf } from './platform-json.js';

describe('parseObject', () => {
  it('keeps ids that JavaScript would round, and every text as it is', () => {
    const text =
      '{"user_id":17841405793187219,"n":[4912661846655238145],"expires_in":5184000,' +
      '"text":"say \\"17841405793187219\\" 4912661846655238145","price":1.2345678901234567}';
    expect(parseObject(text)).toEqual({
      user_id: '17841405793187219',
      n: ['4912661846655238145'],
      expires_in: 5_184_000,
      text: 'say "17841405793187219" 4912661846655238145',
      price: 1.2345678901234567,
    });
  });

  it.each(['', '<p>Sorry', 'null', '[]', '42', '"text"', '{"a":', '{} {}'])(
    'takes %j for no object',
    (text) => {
      expect(parseObject(text)).toBeUndefined();
    },
  );
});

describe('scopesOf', () => {
  it('reads lists and texts, and leaves out what is no scope', () => {
    expect(scopesOf(['a', 1, '<b>'])).toEqual(['a']);
    expect(scopesOf('user.info.basic,video.list')).toEqual(['user.info.basic', 'video.list']);
    expect(scopesOf('openid profile')).toEqual(['openid', 'profile']);
    expect(scopesOf(undefined)).toEqual([]);
  });
});

describe('momentOf', () => {
  it('takes 0 for never', () => {
    expect(momentOf(1_700_000_000)).toEqual(new Date(1_700_000_000_000));
    expect(momentOf(0)).toBeUndefined();
    expect(momentOf('soon')).toBeUndefined();
  });
});
