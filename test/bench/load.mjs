// A closed loop of clients on kept connections, in the process of the bench.
import { Agent, request } from 'node:http';

/**
 * Runs `clients` at once for `seconds`, each sending its next request when it has its answer.
 * @returns requests per second, and latencies in milliseconds
 */
export async function load(url, { clients, seconds, method = 'GET', headers = {}, body }) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const latencies = [];
  const end = performance.now() + seconds * 1_000;
  const failures = new Map();
  const client = async () => {
    while (performance.now() < end) {
      const startedAt = performance.now();
      const status = await send(url, { agent, method, headers, body });
      latencies.push(performance.now() - startedAt);
      if (status >= 400) failures.set(status, (failures.get(status) ?? 0) + 1);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: clients }, client));
  const elapsed = (performance.now() - startedAt) / 1_000;
  agent.destroy();
  if (failures.size > 0) {
    throw new Error(`${method} ${url} answered ${JSON.stringify([...failures])}`);
  }
  latencies.sort((a, b) => a - b);
  return {
    perSecond: latencies.length / elapsed,
    p50: quantile(latencies, 0.5),
    p95: quantile(latencies, 0.95),
    p99: quantile(latencies, 0.99),
  };
}

export function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export function median(values) {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

function send(url, { agent, method, headers, body }) {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, method, headers }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode));
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
