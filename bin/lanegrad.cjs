#!/usr/bin/env node
// Written in old syntax, so that an old Node can read it and say what is wrong.
'use strict';
var version = process.versions.node.split('.').map(Number);
if (version[0] < 20 || (version[0] === 20 && version[1] < 11)) {
  console.error('lanegrad needs Node 20.11 or later, and this is Node ' + process.versions.node + '.');
  process.exit(2);
}
var cli = require('node:path').join(__dirname, '..', 'dist', 'cli.js');
if (!require('node:fs').existsSync(cli)) {
  console.error('lanegrad is not built yet: run `npm run build` in ' + require('node:path').dirname(__dirname) + '.');
  process.exit(2);
}
import(require('node:url').pathToFileURL(cli).href);
