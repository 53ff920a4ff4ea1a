import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { Transporter } from 'nodemailer';
import type { AppConfig } from '../config/app-config.js';
import { AppError, ERRORS } from '../http/app-error.js';

export interface Mail {
  to: string;
  subject: string;
  text: string;
}

const TIMEOUT_MS = 10_000;
/** How long a stop waits: less than an operator's patience, and a server may dribble for ever. */
const STOP_MS = 5_000;

/** Sends e-mail over SMTP; without a server, development reads it in the log. */
@Injectable()
export class Mailer implements OnApplicationShutdown {
  private readonly logger = new Logger(Mailer.name);
  private readonly sending = new Set<Promise<unknown>>();

  private constructor(
    private readonly config: AppConfig,
    private readonly transport: Transporter | undefined,
  ) {}

  /** What speaks SMTP is not even loaded without a server. */
  static async for(config: AppConfig): Promise<Mailer> {
    if (!config.smtpUrl) return new Mailer(config, undefined);
    const { createTransport } = await import('nodemailer');
    const transport = createTransport({
      url: config.smtpUrl,
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
    });
    return new Mailer(config, transport);
  }

  get isConfigured(): boolean {
    return this.transport !== undefined;
  }

  /** @throws AppError `mail_not_configured` in production without a server */
  requireConfigured(): void {
    if (this.transport || !this.config.production) return;
    throw new AppError('mail_not_configured', ERRORS.mail_not_configured.example);
  }

  /** Resolves when the server has taken the mail. */
  async send({ to, subject, text }: Mail): Promise<void> {
    this.requireConfigured();
    if (!this.transport) {
      this.logger.log({ msg: 'mail not sent, as no SMTP_URL is set', to, subject, text });
      return;
    }
    // An object is taken as one address; a text would be read as a list of them.
    const recipient = { name: '', address: to };
    await this.transport.sendMail({ from: this.config.mailFrom, to: recipient, subject, text });
  }

  /**
   * Sends behind the answer, so that its time does not tell whether there was anybody to write to;
   * hence the mail may still be in the making. A stop waits for what is on its way; a failure is
   * logged, and the person asks again.
   */
  sendLater(mail: Mail | Promise<Mail>): void {
    const work: Promise<void> = Promise.resolve(mail)
      .then((made) => this.send(made))
      .catch((error: unknown) => this.logFailure(error))
      .finally(() => this.sending.delete(work));
    this.sending.add(work);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.race([Promise.all(this.sending), delay(STOP_MS, undefined, { ref: false })]);
    if (this.sending.size > 0) {
      this.logger.error({ msg: 'stopped before all mails were sent', lost: this.sending.size });
    }
    this.transport?.close();
  }

  /** Codes only: a server's refusal may quote the mail, and with it the link. */
  private logFailure(error: unknown): void {
    const { name, code, responseCode } = error as Record<string, unknown>;
    this.logger.error({ msg: 'mail not sent', kind: String(name), code, responseCode });
  }
}
