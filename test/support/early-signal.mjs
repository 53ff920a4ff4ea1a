// Preloaded: sends the process SIGTERM when it begins to load the first package.
import Module from 'node:module';

const load = Module._load;
Module._load = (...what) => {
  Module._load = load;
  process.kill(process.pid, 'SIGTERM');
  return load(...what);
};
