import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { guardedPost, isPublicHost } from './guarded-post.js';

let server: Server | undefined;

afterEach(() => {
  vi.restoreAllMocks();
  server?.closeAllConnections();
  server?.close();
});

async function listen(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0);
  await once(server, 'listening');
  return `localhost:${(server.address() as AddressInfo).port}`;
}

const post = (address: string, isTrusted = true, timeoutMs = 2_000) =>
  guardedPost({ url: new URL(address), headers: { A: 'b' }, body: 'text', timeoutMs, isTrusted });

describe('guardedPost', () => {
  it('reaches no private address, by name or by number, unless an operator has named it', async () => {
    let calls = 0;
    const host = await listen((_, response) => response.end(String(++calls)));
    const port = host.split(':')[1];
    for (const name of ['localhost', '127.0.0.1', '[::1]', '2130706433', '[::ffff:127.0.0.1]']) {
      await expect(post(`http://${name}:${port}/`, false), name).rejects.toThrow(/private address/);
    }
    expect(calls).toBe(0);
    expect(await post(`http://${host}/`)).toMatchObject({ status: 200, body: '1' });
  });

  it('goes where the name led when it was checked, and nowhere if that is private too', async () => {
    let calls = 0;
    const host = await listen((_, response) => response.end(String(++calls)));
    // One of several is enough, and so is none.
    const answers = [['192.0.2.1'], ['127.0.0.1', '8.8.8.8'], []];
    const v4 = vi.spyOn(Resolver.prototype, 'resolve4');
    v4.mockImplementation(() => Promise.resolve(answers.shift() ?? []));
    vi.spyOn(Resolver.prototype, 'resolve6').mockResolvedValue([]);
    for (let turn = 1; turn <= 3; turn++) {
      await expect(post(`http://two-faced.example:${host.split(':')[1]}/`, false)).rejects.toThrow(
        'two-faced.example is at a private address',
      );
    }
    expect(answers).toEqual([]);
    expect(calls).toBe(0);
  });

  it('waits for no other name: one whose servers never answer holds up itself alone', async () => {
    const never = new Promise<string[]>(() => {});
    const v4 = vi.spyOn(Resolver.prototype, 'resolve4');
    v4.mockImplementation((host: string) =>
      host.startsWith('hangs') ? never : Promise.resolve(['192.0.2.1']),
    );
    vi.spyOn(Resolver.prototype, 'resolve6').mockResolvedValue([]);
    const hanging = Array.from({ length: 20 }, (_, turn) =>
      post(`http://hangs${turn}.example/`, false, 1_000).catch((error: Error) => error.message),
    );
    await expect(post('http://answers.example/', false, 900)).rejects.toThrow(/private address/);
    expect(new Set(await Promise.all(hanging))).toEqual(new Set(['no answer within 1000 ms']));
  });

  it('follows no redirect', async () => {
    const paths: (string | undefined)[] = [];
    const host = await listen(({ url }, response) => {
      paths.push(url);
      response.writeHead(307, { Location: '/elsewhere' }).end();
    });
    expect(await post(`http://${host}/`)).toMatchObject({ status: 307 });
    expect(paths).toEqual(['/']);
  });

  it('waits no longer than it may, for a head or for the rest', async () => {
    const host = await listen(({ url }, response) => {
      if (url === '/drips') response.writeHead(200).write('x');
    });
    await expect(post(`http://${host}/hangs`, true, 100)).rejects.toThrow(
      'no answer within 100 ms',
    );
    await expect(post(`http://${host}/drips`, true, 100)).rejects.toThrow(
      'no answer within 100 ms',
    );
  });

  it('reads the beginning of an endless answer, and no more', async () => {
    const host = await listen((_, response) => {
      const flood = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', flood).on('error', () => {});
      flood();
    });
    expect((await post(`http://${host}/`)).body).toHaveLength(2_048);
  });
});

describe('isPublicHost', () => {
  it('asks where a name leads', async () => {
    expect(await isPublicHost(new URL('https://localhost/'))).toBe(false);
    expect(await isPublicHost(new URL('https://8.8.8.8/'))).toBe(true);
  });
});
