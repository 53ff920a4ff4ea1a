// As much of Stripe as the bench of webhooks needs: payments that exist, and signed events of them.
import { createHmac, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

const SECRET = 'whsec_bench';

export async function startStripe() {
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      const id = /payment_intents\/(\w+)/.exec(request.url)?.[1];
      const answer = intentOf(id ?? `pi_${randomUUID().replaceAll('-', '')}`, form);
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(answer));
    });
  });
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  return {
    variables: {
      STRIPE_SECRET_KEY: 'sk_test_bench',
      STRIPE_WEBHOOK_SECRET: SECRET,
      STRIPE_API_BASE: `http://localhost:${server.address().port}`,
    },
    stop: () => server.close(),
  };
}

function intentOf(id, form) {
  return {
    id,
    object: 'payment_intent',
    amount: Number(form.get('amount') ?? 999),
    currency: form.get('currency') ?? 'usd',
    status: 'requires_payment_method',
    client_secret: `${id}_secret`,
    livemode: false,
    metadata: {},
  };
}

/** A webhook that says an intent has succeeded, signed as Stripe signs. */
export function webhook(intent) {
  const body = JSON.stringify({
    id: `evt_${randomUUID()}`,
    object: 'event',
    type: 'payment_intent.succeeded',
    created: Math.floor(Date.now() / 1_000),
    livemode: false,
    data: {
      object: {
        ...intent,
        object: 'payment_intent',
        status: 'succeeded',
        latest_charge: `ch_${intent.id}`,
      },
    },
  });
  const time = Math.floor(Date.now() / 1_000);
  const signature = createHmac('sha256', SECRET).update(`${time}.${body}`).digest('hex');
  const headers = {
    'Content-Type': 'application/json',
    'Stripe-Signature': `t=${time},v1=${signature}`,
  };
  return { body, headers };
}
