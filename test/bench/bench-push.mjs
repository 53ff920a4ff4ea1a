// As much of a push service as the bench of notifications needs: it takes pushes, or takes them and hangs.
import { createECDH, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

export async function startPush() {
  const push = { hangs: false, received: 0, onPush() {} };
  const open = new Set();
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (push.hangs) return;
      push.received++;
      push.onPush();
      response.writeHead(201).end();
    });
  });
  server.on('connection', (socket) => open.add(socket.on('close', () => open.delete(socket))));
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  const host = `localhost:${server.address().port}`;
  return Object.assign(push, {
    variables: { PUSH_ALLOWED_HOSTS: host },
    /** What a browser would give. */
    subscription(device) {
      const p256dh = createECDH('prime256v1').generateKeys('base64url');
      const auth = randomBytes(16).toString('base64url');
      return { endpoint: `http://${host}/send/${device}`, keys: { p256dh, auth } };
    },
    /** Resolves when so many more have come. */
    arrival(count) {
      const expected = push.received + count;
      return new Promise((resolve) => {
        push.onPush = () => push.received >= expected && resolve(undefined);
      });
    },
    drop: () => open.forEach((socket) => socket.destroy()),
    stop: () => server.close(),
  });
}
