// How V8 is told to hold on to less memory after a start. By itself it keeps what a start has taken for half a minute and longer, and what
// it leaves behind: of a file with ten thousand rules three times as much as the server needs afterwards.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** In milliseconds after a reload: by then the first requests are answered. */
const AFTER = 500

let ours = false
let started = false

/** For a process that is nothing but a server. Whoever starts one in his own looks after his memory himself. */
export function lookAfterHeap(): void {
  ours = true
}

/**
 * A start is over: all memory is given back that was needed for it. That holds up everything, once, for some 50 milliseconds, and for 100
 * with ten thousand rules.
 */
export function giveBackStart(): void {
  if (!ours || started) return
  started = true
  compileSparingly()
  collect('last-resort')
}

/** The same after a reload, in small steps, when there is little else to do; at a start nothing. */
export function giveBackSoon(): void {
  if (started) setTimeout(() => collect('regular'), AFTER).unref()
}

/**
 * From now on nothing is compiled by Maglev, V8's compiler between the quick one and the good one: it holds on to 28 MB of what it
 * worked with, and tokens are made no faster with it. A start is, which has it.
 */
function compileSparingly(): void {
  setFlagsFromString('--no-maglev')
  // What Node keeps of compiled code at the end is for the next start, which begins with it.
  process.once('exit', () => setFlagsFromString('--maglev'))
}

interface Collection {
  readonly type: 'major'
  readonly execution: 'async'
  /** `last-resort`: also what is only kept to be quicker, and V8's own room. */
  readonly flavor: 'regular' | 'last-resort'
}

/** There is no other way to it: `gc` is a global of contexts that are made while the flag is set. */
function collect(flavor: Collection['flavor']): void {
  setFlagsFromString('--expose-gc')
  const gc: (how: Collection) => void = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  gc({ type: 'major', execution: 'async', flavor })
}
