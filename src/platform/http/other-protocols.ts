import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * To be called when the doors for WebSockets listen. An offer to speak anything else, such as HTTP/2
 * without TLS, is ignored (RFC 9110, 7.8): Node would give every such request to the doors.
 */
export function ignoreOtherProtocols(server: Server): void {
  const doors = server.listeners('upgrade');
  const answers = new WeakMap<Duplex, ServerResponse>();
  server.on('request', ({ socket }, response) => answers.set(socket, response));
  server.removeAllListeners('upgrade');
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() === 'websocket') {
      for (const open of doors) open.call(server, request, socket, head);
    } else if (answers.get(socket)?.writableFinished === false) {
      // It did not wait for the answer before, which Node cannot bring into order any more.
      socket.destroy();
    } else {
      socket.unshift(Buffer.concat([headWithoutOffer(request), head]));
      // As a connection that has just begun with this request.
      server.emit('connection', socket);
    }
  });
}

function headWithoutOffer({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (!/^upgrade$/i.test(rawHeaders[at]!)) head += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
  }
  return Buffer.from(`${head}\r\n`, 'latin1');
}
