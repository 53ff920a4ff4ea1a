// The reference: an HTTP POST that stores a message with the driver and emits it with bare Socket.IO.
import { createServer } from 'node:http';
import express from 'express';
import mongoose from 'mongoose';
import { Server } from 'socket.io';

const client = await mongoose.mongo.MongoClient.connect(process.env.MONGODB_URI, {
  writeConcern: { w: 1, j: true },
});
const messages = client.db().collection('bare_messages');
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
  const message = { ...body, timestamp: Date.now() };
  await messages.insertOne(message);
  io.to(params.room).emit('message:new', { ...message, id: message._id, _id: undefined });
  response.status(201).json({ success: true });
});
server.listen(0, () => process.send({ port: server.address().port }));
process.once('disconnect', () => process.exit(0));
