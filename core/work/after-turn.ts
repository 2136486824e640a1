// What is done when the event loop has looked after everything else, once for all who ask in one turn of it.
//
// Most of what a request waits for is there within the turn in which it was asked: a timer for it would cost more than the answer.

let calls: (() => void)[] = []
let over: Promise<void> | undefined

/** Calls when this turn of the event loop is over, in the order in which it was asked for. */
export function afterTurn(call: () => void): void {
  if (calls.length === 0) setImmediate(callAll)
  calls.push(call)
}

/** Resolves when this turn of the event loop is over: for all who ask in it at once. */
export function turnOver(): Promise<void> {
  over ??= new Promise((resolve) => {
    afterTurn(() => {
      over = undefined
      resolve()
    })
  })
  return over
}

function callAll(): void {
  const due = calls
  calls = []
  for (const call of due) {
    try {
      call()
    } catch (error) {
      // The others are called all the same.
      queueMicrotask(() => {
        throw error
      })
    }
  }
}
