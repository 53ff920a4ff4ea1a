import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type NginxProcess, startNginx } from '../support/nginx.js';
import { findProgram } from '../support/programs.js';

const nginx = findProgram('nginx');

type Behaviour = 'answers' | 'dies';

/** In place of an API process: notes what it is sent, and answers it or breaks its line. */
interface Upstream {
  host: string;
  server: Server;
  heard: IncomingMessage[];
}

describe.skipIf(!nginx)('nginx', () => {
  const upstreams: Upstream[] = [];
  let proxy: NginxProcess;

  afterEach(async () => {
    await proxy.stop();
    for (const upstream of upstreams.splice(0)) stop(upstream);
  });

  async function startUpstream(behaviour: Behaviour): Promise<Upstream> {
    const heard: IncomingMessage[] = [];
    const server = createServer((asked, response) => {
      const isCheck = asked.url === '/health/live';
      if (!isCheck) heard.push(asked);
      if (isCheck || behaviour === 'answers') response.end('{}');
      else asked.socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const upstream = { host: `127.0.0.1:${port}`, server, heard };
    upstreams.push(upstream);
    return upstream;
  }

  function stop({ server }: Upstream): void {
    server.close();
    server.closeAllConnections();
  }

  async function start(behaviour: Behaviour): Promise<void> {
    const [one, other] = [await startUpstream(behaviour), await startUpstream(behaviour)];
    proxy = await startNginx(nginx!, [one.host, other.host]);
  }

  const heard = () => upstreams.flatMap((upstream) => upstream.heard);

  it.each([
    ['POST', undefined],
    ['POST', '{}'],
    ['PATCH', undefined],
    ['PATCH', '{}'],
  ])('sends a %s with the body %s once, though who was sent it dies', async (method, body) => {
    await start('dies');
    const { status } = await fetch(`${proxy.url}/api/shops`, { method, body });
    expect(status).toBe(502);
    expect(heard()).toHaveLength(1);
  });

  it('passes over who cannot be reached, and writes no query of a request', async () => {
    await start('answers');
    stop(upstreams[0]!);
    const code = randomBytes(8).toString('hex');
    for (let turn = 0; turn < 4; turn++) {
      const path = `/oauth/facebook/callback?code=${code}`;
      expect((await fetch(`${proxy.url}${path}`)).status).toBe(200);
    }
    stop(upstreams[1]!);
    for (const path of [`/oauth/facebook/callback?code=${code}`, `/ws?token=${code}`]) {
      expect((await fetch(`${proxy.url}${path}`)).status).toBe(502);
    }
    const output = await proxy.output();
    expect(output).toContain(`"GET /oauth/facebook/callback" 200`);
    expect(output).toContain(`"${upstreams[0]!.host}, ${upstreams[1]!.host}" "502, 200"`);
    expect(output).not.toContain(code);
  });

  it.each([
    ['GET', 'h2c', undefined, undefined],
    ['POST', 'h2c', undefined, undefined],
    ['GET', 'WebSocket', 'websocket', 'upgrade'],
  ])(
    'passes a %s that offers %s on with the offer %s',
    async (method, offer, upgrade, connection) => {
      await start('answers');
      const headers = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: offer };
      const sent = request(`${proxy.url}/api/shops`, { method, headers }).end('{}');
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      expect(answer.resume().statusCode).toBe(200);
      const [one] = heard();
      expect(one!.headers.upgrade).toBe(upgrade);
      expect(one!.headers.connection).toBe(connection);
    },
  );
});
