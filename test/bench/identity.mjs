import { CLIENTS, compare, JSON_TYPE, ratio, seconds, send } from './harness.mjs';
import { load } from './load.mjs';

/** Sign-ins, what they cost everybody else, and what knowing the caller costs a request. */
export async function identity({ api, bare, world }) {
  // Another person: of a hundred sessions the oldest ends for a new one.
  const account = { ...world.account, email: 'signs-in@example.com', username: 'signs-in' };
  await send('POST', `${api.url}/api/auth/register`, account);
  const login = {
    method: 'POST',
    headers: JSON_TYPE,
    body: JSON.stringify({ email: account.email, password: account.password }),
  };
  const authorised = { Authorization: `Bearer ${world.token}` };
  const figures = await compare({
    'sign-ins, 100 at once': () =>
      load(`${api.url}/api/auth/login`, { ...login, clients: 100, seconds }),
    '/health/live, quiet': () => load(`${api.url}/health/live`, { clients: 1, seconds }),
    '/health/live during 100 sign-ins at once': async () => {
      const logins = load(`${api.url}/api/auth/login`, { ...login, clients: 100, seconds });
      const live = await load(`${api.url}/health/live`, { clients: 1, seconds });
      await logins;
      return live;
    },
    'bare /live': () => load(`${bare.url}/live`, { clients: CLIENTS, seconds }),
    'API /health/live': () => load(`${api.url}/health/live`, { clients: CLIENTS, seconds }),
    'who am I (token, session, user)': () =>
      load(`${api.url}/api/auth/me`, { clients: CLIENTS, seconds, headers: authorised }),
  });
  const perSecond = (name) => figures[name].perSecond;
  ratio('API /health/live / bare', perSecond('API /health/live') / perSecond('bare /live'));
  return figures;
}
