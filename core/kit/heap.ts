// How V8 is told to hold on to less memory after a start. By itself it keeps what a start has taken for good, and what it leaves
// behind: of a file with ten thousand rules three times as much as the server needs afterwards.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** In milliseconds after a start or a reload: by then the first requests are answered. */
const AFTER = 500

let ours = false

/** For a process that is nothing but a server. Whoever starts one in his own looks after his memory himself. */
export function lookAfterHeap(isOurs = true): void {
  ours = isOurs
}

/**
 * Has memory given back that was needed for a moment. V8 begins to look for it after a collection, so that one is made: it takes some
 * ten milliseconds, more for ten thousand rules. What follows is done in small steps, when there is little else to do.
 */
export function giveBackSoon(): void {
  if (!ours) return
  setTimeout(() => collector()({ type: 'major', execution: 'async' }), AFTER).unref()
}

/**
 * From now on nothing is compiled by Maglev, V8's compiler between the quick one and the good one: it holds on to 28 MB of what it
 * worked with, and tokens are made no faster with it. A start is, which has it.
 */
export function compileSparingly(): void {
  if (!ours) return
  setFlagsFromString('--no-maglev')
  // What Node keeps of compiled code at the end is for the next start, which begins with it.
  process.once('exit', () => setFlagsFromString('--maglev'))
}

type Collect = (options: { readonly type: 'major'; readonly execution: 'async' }) => void

/** There is no other way to it: `gc` is a global of contexts that are made while the flag is set. */
function collector(): Collect {
  setFlagsFromString('--expose-gc')
  const collect: Collect = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  return collect
}
