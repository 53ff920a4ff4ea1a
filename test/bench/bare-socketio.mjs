// The reference: an HTTP POST that stores a message and its conversation with the driver, and emits
// what the app is told of a message, `message:new` and `conversation:update`, with bare Socket.IO.
import { createServer } from 'node:http';
import express from 'express';
import mongoose from 'mongoose';
import { Server } from 'socket.io';

const client = await mongoose.mongo.MongoClient.connect(process.env.MONGODB_URI, {
  writeConcern: { w: 1, j: true },
});
const messages = client.db().collection('bare_messages');
const conversations = client.db().collection('bare_conversations');
const app = express();
app.use(express.json());
const server = createServer(app);
const io = new Server(server, { serveClient: false });
io.on('connection', (socket) => {
  socket.on('join', (room, done) => {
    void socket.join(room);
    done();
  });
});
app.post('/rooms/:room', async ({ params, body }, response) => {
  const conversation = await conversations.findOneAndUpdate(
    { _id: params.room },
    { $inc: { messageCount: 1, unread: 1 }, $set: { lastMessage: body.text, at: Date.now() } },
    { upsert: true, returnDocument: 'after' },
  );
  const message = { ...body, messageNumber: conversation.messageCount, timestamp: Date.now() };
  await messages.insertOne(message);
  io.to(params.room).emit('message:new', { ...message, id: message._id, _id: undefined });
  io.to(params.room).emit('conversation:update', { ...conversation, id: params.room });
  response.status(201).json({ success: true });
});
server.listen(0, () => process.send({ port: server.address().port }));
process.once('disconnect', () => process.exit(0));
