// The page of the web push test: what the app would do, in the browser.

/** Starts the worker, and makes the keys of a subscription in the browser's place. */
async function makeKeys() {
  await navigator.serviceWorker.register('/worker.js');
  await navigator.serviceWorker.ready;
  const algorithm = { name: 'ECDH', namedCurve: 'P-256' };
  const pair = await crypto.subtle.generateKey(algorithm, true, ['deriveBits']);
  const { d } = await crypto.subtle.exportKey('jwk', pair.privateKey);
  const secret = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
  return { privateKey: d, auth: secret.replaceAll('+', '-').replaceAll('/', '_').slice(0, 22) };
}

async function subscribe({ api, token, body }) {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
  const init = { method: 'POST', headers, body: JSON.stringify(body) };
  return (await fetch(`${api}/api/notifications/subscribe`, init)).status;
}

async function shown() {
  const registration = await navigator.serviceWorker.ready;
  const all = await registration.getNotifications();
  return all.map(({ title, body, tag, data }) => ({ title, body, tag, data }));
}

Object.assign(globalThis, { makeKeys, subscribe, shown });
