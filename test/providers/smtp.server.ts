import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** It takes any; this one must be found in no log and no answer. */
export const SMTP_PASSWORD = 'smtp-password-0123456789';

export interface ReceivedMail {
  from: string;
  to: string[];
  /** Headers and body as they came. */
  data: string;
}

/** A local mail server: enough of RFC 5321 to take what a client sends, or to hang. */
export class SmtpServer {
  readonly mails: ReceivedMail[] = [];
  /** Takes connections and says nothing. */
  hangs = false;
  /** Refuses each mail with its own text, as some filters do. */
  quotes = false;
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((socket) => this.serve(socket));

  static async start(): Promise<SmtpServer> {
    const smtp = new SmtpServer();
    smtp.server.listen(0, '127.0.0.1');
    await once(smtp.server, 'listening');
    return smtp;
  }

  get url(): string {
    return `smtp://mailer:${SMTP_PASSWORD}@127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get connections(): number {
    return this.sockets.size;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => {});
    if (this.hangs) return;
    let mail: ReceivedMail = { from: '', to: [], data: '' };
    let buffered = '';
    let inData = false;
    const say = (line: string): void => void socket.write(`${line}\r\n`);
    const take = (line: string): void => {
      if (inData) {
        if (line !== '.') mail.data += `${line}\n`;
        else {
          if (this.quotes) say(`554 refused: ${mail.data.replaceAll('\n', ' ')}`);
          else say((this.mails.push(mail), '250 taken'));
          mail = { from: '', to: [], data: '' };
          inData = false;
        }
      } else if (/^EHLO/i.test(line)) say('250-localhost\r\n250 AUTH PLAIN');
      else if (/^AUTH PLAIN /i.test(line)) say('235 welcome');
      else if (/^MAIL FROM:/i.test(line)) say(((mail.from = line.slice(10)), '250 ok'));
      else if (/^RCPT TO:/i.test(line)) say((mail.to.push(line.slice(8)), '250 ok'));
      else if (/^DATA/i.test(line)) say(((inData = true), '354 go on'));
      else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n');
      else say('502 unknown');
    };
    socket.setEncoding('utf8').on('data', (text: string) => {
      buffered += text;
      const lines = buffered.split('\r\n');
      buffered = lines.pop() ?? '';
      for (const line of lines) take(line);
    });
    say('220 localhost');
  }
}
