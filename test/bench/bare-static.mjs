// The reference of served files: Express's own static files, of one directory.
import express from 'express';

const app = express();
app.use(express.static(process.env.DIRECTORY, { immutable: true, maxAge: '1y' }));
const server = app.listen(0, () => process.send({ port: server.address().port }));
process.once('disconnect', () => process.exit(0));
