/** `lanegrad/node`: what needs a file system. */
export { readModelBytes, saveFile, writeFileAtomic } from './files.js';
export { readIdx } from './idx.js';
