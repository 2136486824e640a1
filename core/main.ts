#!/usr/bin/env node
// The command line: serve and check. Nothing but wiring.
import { argv, exit, stderr, stdout, versions } from 'node:process'

// Said before anything else is loaded: an older Node fails on the syntax or the modules of what follows.
if (Number(versions.node.split('.')[0]) < 24) {
  stderr.write(
    `dockwarden needs Node 24 or later, and this is ${versions.node}; in a checkout, use npm start\n`,
  )
  exit(2)
}

const { runCommandLine } = await import('./boot/command-line.ts')
exit(await runCommandLine(argv.slice(2), { stdout, stderr }))
