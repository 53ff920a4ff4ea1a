import { createHmac } from 'node:crypto';
import mongoose from 'mongoose';

const { ObjectId } = mongoose.mongo;

/** The lists of the reference must be served by indexes too. */
export async function copyIndexes(db, from, to) {
  const indexes = await db.collection(from).indexes();
  await db.createCollection(to).catch(() => undefined);
  const specs = indexes.filter(({ name }) => name !== '_id_').map(({ v: _, ...spec }) => spec);
  await db.collection(to).createIndexes(specs);
}

/** Express middleware: a signed token, its live session, and a member of the path's shop. */
export function memberCheck(db) {
  const [sessions, shops] = ['sessions', 'shops'].map((name) => db.collection(name));
  return async (request, response, next) => {
    const { headers, params } = request;
    const [head, claims, signature] = headers.authorization.slice('Bearer '.length).split('.');
    const own = createHmac('sha256', process.env.JWT_SECRET).update(`${head}.${claims}`);
    const { sub, sid, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString());
    const [session, shop] = await Promise.all([
      sessions.findOne({ _id: new ObjectId(sid) }),
      shops.findOne({ _id: new ObjectId(params.shopId) }, { projection: { team: 1 } }),
    ]);
    const isOwn = own.digest('base64url') === signature && exp * 1_000 > Date.now();
    const isMember = shop?.team.some(({ userId }) => userId.toHexString() === sub);
    request.sender = sub;
    if (isOwn && session?.revokedAt === null && isMember) next();
    else response.status(401).json({ success: false });
  };
}
