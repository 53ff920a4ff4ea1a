import { Injectable, Logger } from '@nestjs/common';
import { AppConfig } from '../platform/config/app-config.js';
import { RetryLater } from '../platform/jobs/retry-later.js';
import { guardedPost, type PostAnswer } from '../platform/outbound/guarded-post.js';
import { listsHost } from '../platform/outbound/host-list.js';
import type { PushDevice } from './push-device.schema.js';
import { PushDevicesService } from './push-devices.service.js';
import { isPushEndpoint } from './push-endpoint.js';

/** What the service worker of the app is sent: see docs/notifications.md. */
export type PushPayload =
  | {
      kind: string;
      type: string;
      title: string;
      body: string;
      /** One that is shown again replaces the one before. */
      tag: string;
      url: string;
      timestamp: number;
    }
  | { kind: 'clear'; tags: string[] };

interface PushOptions {
  urgency: 'low' | 'normal' | 'high';
  /** At the push service only the last one of a topic waits; at most 32 base64url characters. */
  topic?: string;
}

export type PushOutcome = 'shown' | 'gone' | 'refused';

const TIMEOUT_MS = 10_000;
/** After a day without its device a notification is no news. */
const TTL_SECONDS = 86_400;
/** Well below what every push service takes, so that a longer text is cut before it is refused. */
const MAX_BYTES = 3_000;
const SHORT_BYTES = 500;
const MAX_DELAY_MS = TTL_SECONDS * 1_000;

/** Sends a browser an encrypted push (RFC 8030, 8291, 8292). */
@Injectable()
export class PushSender {
  private readonly logger = new Logger(PushSender.name);

  constructor(
    private readonly config: AppConfig,
    private readonly devices: PushDevicesService,
  ) {}

  /**
   * @returns `gone` when the device is no more, `refused` when its service will never take it
   * @throws RetryLater when it may take it later
   */
  async send(device: PushDevice, payload: PushPayload, options: PushOptions): Promise<PushOutcome> {
    const answer = await this.post(device, shortened(payload, MAX_BYTES), options);
    if (answer.status !== 413) return this.outcome(device, answer);
    return this.outcome(device, await this.post(device, shortened(payload, SHORT_BYTES), options));
  }

  private async post(
    { endpoint, p256dh, auth }: PushDevice,
    payload: PushPayload,
    { urgency, topic }: PushOptions,
  ): Promise<PostAnswer> {
    const { push, pushAllowedHosts } = this.config;
    if (!push) throw new Error('web push is not configured');
    // The list may have been changed since.
    if (!isPushEndpoint(endpoint, pushAllowedHosts)) return { status: 410, headers: {}, body: '' };
    // Loaded with the first push: a start has no use for it.
    const { default: webPush } = await import('web-push');
    const { headers, body } = webPush.generateRequestDetails(
      { endpoint, keys: { p256dh, auth } },
      JSON.stringify(payload),
      {
        TTL: TTL_SECONDS,
        urgency,
        ...(topic ? { topic } : {}),
        vapidDetails: push,
        contentEncoding: 'aes128gcm',
      },
    );
    const url = new URL(endpoint);
    const isTrusted = listsHost(pushAllowedHosts, url);
    const sent = headers as Record<string, string | number>;
    return guardedPost({ url, headers: sent, body, timeoutMs: TIMEOUT_MS, isTrusted }).catch(
      ({ message }: Error) => {
        throw new RetryLater(message);
      },
    );
  }

  private async outcome(
    device: PushDevice,
    { status, headers, body }: PostAnswer,
  ): Promise<PushOutcome> {
    if (status >= 200 && status < 300) return 'shown';
    if (status === 404 || status === 410) {
      await this.devices.remove(device);
      return 'gone';
    }
    const { host } = new URL(device.endpoint);
    if (status === 429 || status >= 500) {
      const delayMs = delayOf(headers['retry-after'], Date.now());
      const message = `${host} answered ${status}`;
      throw new RetryLater(message, delayMs);
    }
    // Our keys or our request are wrong, which no repetition mends.
    this.logger.error({ msg: 'push refused', host, status, answer: body.slice(0, 200) });
    return 'refused';
  }
}

/** Of `Retry-After`: seconds, or a date (RFC 9110, 10.2.3). */
function delayOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_DELAY_MS);
}

function shortened(payload: PushPayload, maxBytes: number): PushPayload {
  const surplus = Buffer.byteLength(JSON.stringify(payload)) - maxBytes;
  if (surplus <= 0 || !('body' in payload)) return payload;
  const kept = Math.max(0, payload.body.length - surplus);
  return { ...payload, body: payload.body.slice(0, kept).replace(/[\uD800-\uDBFF]$/, '') };
}
