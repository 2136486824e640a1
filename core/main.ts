#!/usr/bin/env node
// The first step of the command line: says no to a Node that is too old, and hands on to cli/.
// `process` and `console` as they are: an import statement takes all that they export, and opens standard input.
const { argv, versions } = process

// Said before anything else is loaded: an older Node fails on the syntax or the modules of what follows, or reads texts with a NUL
// from SQLite as what is before it (24.0 to 24.15, 26.0).
const [major = 0, minor = 0] = versions.node.split('.').map(Number)
if (major < 24 || major === 25 || (major === 24 && minor < 17) || (major === 26 && minor < 1)) {
  process.stderr.write(
    `dockwarden needs Node 24.17 or later of 24, or 26.1 or later, and this is ${versions.node}; in a checkout, use npm start\n`,
  )
  process.exit(2)
}

const args = argv.slice(2)
// Before a stream is opened: the process that takes its place opens them.
if (args[0] === 'serve') (await import('./cli/v8-flags.ts')).beginWithFlag(process)

const { stderr, stdout } = process

// Whoever reads what is written may have read enough, such as head: the rest is dropped, and the exit status is as ever.
for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

// What plugins print is no result: programs read those.
Object.assign(console, new console.Console(stderr))

if (args.length === 1 && ['--version', '-V'].includes(args[0]!)) {
  stdout.write(`${(await import('./kit/version.ts')).packageVersion()}\n`)
  process.exit()
}

const { lookAfterHeap } = await import('./kit/heap.ts')
lookAfterHeap()
const { useCompileCache } = await import('./cli/compile-cache.ts')
useCompileCache()

/** A process that `dockwarden serve` has begun, and not a command. */
const sendToServer = args[0] === 'worker' ? process.send?.bind(process) : undefined
const status = sendToServer
  ? await (await import('./cli/worker.ts')).work((message) => void sendToServer(message))
  : await (await import('./cli/command-line.ts')).runCommandLine(args, { stdout, stderr })
// A pipe takes 64 KiB; the rest is lost with the process. Whoever has closed it wants no more.
await Promise.all([stdout, stderr].map((stream) => new Promise((written) => stream.write('', written))))
process.exit(status)
