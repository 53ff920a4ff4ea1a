// The reference: Express, the driver and Socket.IO by hand. One route does for a message what must be
// done: who writes, the shop's and the conversation's number, the message, both events, and the newest
// messages as the answer. The other only counts, stores and emits.
import { createServer } from 'node:http';
import compression from 'compression';
import express from 'express';
import mongoose from 'mongoose';
import { Server } from 'socket.io';
import { copyIndexes, memberCheck } from './bare-work.mjs';

const NEWEST = 50;
const { ObjectId, MongoClient } = mongoose.mongo;
const client = await MongoClient.connect(process.env.MONGODB_URI, {
  writeConcern: { w: 1, j: true },
});
const db = client.db();
const [shops, conversations, messages] = ['shops', 'conversations', 'messages'].map((name) =>
  db.collection(`bare_${name}`),
);
for (const name of ['conversations', 'messages']) await copyIndexes(db, name, `bare_${name}`);
const app = express();
app.use(compression({ level: 3 }));
app.use(express.json());
const server = createServer(app);
const io = new Server(server, { serveClient: false });
io.on('connection', (socket) => {
  socket.on('join', (room, done) => {
    void socket.join(room);
    done();
  });
});

app.post('/shops/:shopId/messages', memberCheck(db), async ({ params, body, sender }, response) => {
  const shopId = new ObjectId(params.shopId);
  const { seq } = await next(shops, shopId, { $inc: { seq: 1 } });
  const shown = {
    lastMessage: body.text,
    lastMessageAt: new Date(),
    searchWords: body.text.toLowerCase().split(' '),
    isRead: true,
    unreadCount: 0,
  };
  const known = { shopId, customerName: 'Su Su', status: 'open', channel: 'web', tags: [] };
  const conversation = await next(conversations, shopId, {
    $inc: { messageCount: 1 },
    $set: { seq, ...shown },
    $setOnInsert: known,
  });
  const message = {
    shopId,
    conversationId: shopId,
    seq,
    messageNumber: conversation.messageCount,
    sender: 'seller',
    senderId: sender,
    text: body.text,
    timestamp: new Date(),
    attachment: null,
    isNote: false,
  };
  await messages.insertOne(message);
  tell(params.shopId, message, conversation);
  const newest = await messages
    .find({ shopId, conversationId: shopId, messageNumber: { $lte: message.messageNumber } })
    .sort({ messageNumber: -1 })
    .limit(NEWEST)
    .toArray();
  const thread = newest.reverse().map(({ _id: id, ...one }) => ({ id, ...one }));
  response
    .status(201)
    .json({ success: true, data: { ...conversation, messages: thread, message } });
});

app.post('/rooms/:room', async ({ params, body }, response) => {
  const conversation = await next(conversations, params.room, {
    $inc: { messageCount: 1, unread: 1 },
    $set: { lastMessage: body.text, at: Date.now() },
  });
  const message = {
    ...body,
    shopId: params.room,
    conversationId: params.room,
    messageNumber: conversation.messageCount,
    timestamp: Date.now(),
  };
  await messages.insertOne(message);
  tell(params.room, message, conversation);
  response.status(201).json({ success: true });
});

server.listen(0, () => process.send({ port: server.address().port }));
process.once('disconnect', () => process.exit(0));

function next(collection, _id, update) {
  return collection.findOneAndUpdate({ _id }, update, { upsert: true, returnDocument: 'after' });
}

function tell(room, message, conversation) {
  io.to(room).emit('message:new', { ...message, id: message._id, _id: undefined });
  io.to(room).emit('conversation:update', { ...conversation, id: conversation._id });
}
