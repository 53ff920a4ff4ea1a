import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A door that takes a socket answers it; one that no door takes would stay open for ever. */
const ANSWER_MS = 20_000;

/**
 * To be called when the doors for WebSockets listen. An offer to speak anything else, such as HTTP/2
 * without TLS, is ignored (RFC 9110, 7.8): Node would give every such request to the doors.
 */
export function ignoreOtherProtocols(server: Server): void {
  const doors = server.listeners('upgrade');
  // Node leaves out what comes after a thousand headers, the length of a body too. Their bytes are
  // bounded.
  server.maxHeadersCount = 0;
  const answers = new WeakMap<Socket, ServerResponse>();
  server.on('request', ({ socket }, response) => answers.set(socket, response));
  server.removeAllListeners('upgrade');
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() === 'websocket') {
      requireAnswer(socket);
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

function requireAnswer(socket: Socket): void {
  const before = socket.bytesWritten;
  const look = (): void => {
    if (socket.bytesWritten === before) socket.destroy();
  };
  setTimeout(look, ANSWER_MS).unref();
}

function headWithoutOffer({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (!/^upgrade$/i.test(rawHeaders[at]!)) head += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
  }
  return Buffer.from(`${head}\r\n`, 'latin1');
}
