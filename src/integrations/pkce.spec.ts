import { describe, expect, it } from 'vitest';
import { challengeOf, verifierOf } from './pkce.js';

const SHAPE = /^[A-Za-z0-9_-]{43}$/;

describe('the verifier of a visit', () => {
  it('is of one state in one browser', () => {
    const all = [
      verifierOf('state', 'browser'),
      verifierOf('other', 'browser'),
      verifierOf('state', 'other'),
    ];
    expect(new Set(all).size).toBe(3);
    for (const one of all) expect(one).toMatch(SHAPE);
    expect(verifierOf('state', 'browser')).toBe(all[0]);
  });

  it('gives the challenge of RFC 7636, appendix B', () => {
    expect(challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
      'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    );
  });
});
