// Loaded with --import into a server that a test lets die: `CRASH_AT=orders.insertOne:after:2` kills
// the process, as kill -9 does, right after (or before) its second such call of the database driver.
import { Collection } from 'mongodb';

const [, name, method, moment, count] =
  /^(\w+)\.(\w+):(before|after):(\d+)$/.exec(process.env.CRASH_AT) ?? [];
const original = Collection.prototype[method];
let calls = 0;

function die() {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => {});
}

Collection.prototype[method] = async function (...args) {
  const isIt = this.collectionName === name && ++calls === Number(count);
  if (isIt && moment === 'before') return die();
  const result = await original.apply(this, args);
  return isIt ? die() : result;
};
