import { createHmac, randomBytes } from 'node:crypto';
import {
  HOSTILE_TEXT,
  type PlatformReply,
  type PlatformRequest,
  PlatformServer,
} from './platform.server.js';

export const VIBER_TOKEN = [16, 16, 16].map((n) => randomBytes(n / 2).toString('hex')).join('-');
const EVENTS = [
  'delivered',
  'seen',
  'failed',
  'subscribed',
  'unsubscribed',
  'conversation_started',
];

/** Viber's bot API: 200 whatever happens, and a call of the webhook before it is set. */
export class ViberServer extends PlatformServer {
  isDead = false;
  webhook = '';

  protected readonly refusal = { body: { status: 6, status_message: HOSTILE_TEXT } };
  protected readonly errorIn200 = { status: 12, status_message: HOSTILE_TEXT };

  get variables(): Record<string, string> {
    return { VIBER_API_BASE: `${this.base}/pa` };
  }

  endAll(): void {
    this.isDead = true;
  }

  /** Body and signature of a callback. */
  signed(event: object, token = VIBER_TOKEN): { body: string; signature: string } {
    const body = JSON.stringify(event);
    return { body, signature: createHmac('sha256', token).update(body).digest('hex') };
  }

  protected async answer({ path, headers, fields }: PlatformRequest): Promise<PlatformReply> {
    if (headers['x-viber-auth-token'] !== VIBER_TOKEN || this.isDead) {
      return { body: { status: 2, status_message: 'invalidAuthToken' } };
    }
    if (path === '/pa/get_account_info') {
      const bot = { id: 'pa:75346594275468546724', name: 'Mya Bot', uri: 'myabot' };
      return { body: { status: 0, status_message: 'ok', ...bot, webhook: this.webhook } };
    }
    if (path !== '/pa/set_webhook') return { body: { status: 3, status_message: 'badData' } };
    const url = String(fields['url']);
    if (url !== '' && !(await this.call(url)))
      return { body: { status: 1, status_message: 'invalidUrl' } };
    this.webhook = url;
    return { body: { status: 0, status_message: 'ok', event_types: EVENTS } };
  }

  private async call(url: string): Promise<boolean> {
    const event = { event: 'webhook', timestamp: Date.now(), message_token: Date.now() };
    const { body, signature } = this.signed(event);
    const response = await fetch(this.reach(url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Viber-Content-Signature': signature },
      body,
    });
    return response.status === 200;
  }
}
