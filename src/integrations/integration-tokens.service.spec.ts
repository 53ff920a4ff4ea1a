import { randomBytes } from 'node:crypto';
import { Types } from 'mongoose';
import { describe, expect, it } from 'vitest';
import type { AppConfig } from '../platform/config/app-config.js';
import { TokenCipher } from '../platform/security/token-cipher.js';
import { IntegrationTokensService } from './integration-tokens.service.js';

const config = { encryptionKeys: [{ id: 'k1', key: randomBytes(32) }] };
const tokens = new IntegrationTokensService(new TokenCipher(config as AppConfig));
const shopId = new Types.ObjectId();
const DAMAGED = { problem: 'damaged' };

describe('the tokens of a connection', () => {
  const sealed = tokens.seal(shopId.toHexString(), 'facebook', {
    accessToken: 'EAA-page',
    refreshToken: 'EAA-person',
  });

  it('open where they were sealed', () => {
    expect(tokens.open({ shopId, platform: 'facebook' }, sealed)).toEqual({
      tokens: { accessToken: 'EAA-page', refreshToken: 'EAA-person' },
    });
  });

  it('do not open in another shop, at another platform or in another field', () => {
    const { accessToken, refreshToken } = sealed;
    const other = new Types.ObjectId();
    expect(tokens.open({ shopId: other, platform: 'facebook' }, sealed)).toEqual(DAMAGED);
    expect(tokens.open({ shopId, platform: 'instagram' }, sealed)).toEqual(DAMAGED);
    const here = { shopId, platform: 'facebook' } as const;
    expect(tokens.open(here, { accessToken: refreshToken })).toEqual(DAMAGED);
    expect(tokens.open(here, { refreshToken: accessToken })).toEqual(DAMAGED);
  });

  it('that were pasted open in their visit alone', () => {
    const pasted = tokens.sealPasted(shopId.toHexString(), 'viber', 'bot');
    const other = new Types.ObjectId().toHexString();
    expect(tokens.openPasted(shopId.toHexString(), 'viber', pasted)).toBe('bot');
    expect(tokens.openPasted(other, 'viber', pasted)).toBeUndefined();
    expect(tokens.openPasted(shopId.toHexString(), 'telegram', pasted)).toBeUndefined();
    expect(tokens.open({ shopId, platform: 'viber' }, { accessToken: pasted })).toEqual(DAMAGED);
  });
});
