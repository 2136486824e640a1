import { constants, PerformanceObserver } from 'node:perf_hooks'
import { expect } from 'chai'
import { giveBackSoon, lookAfterHeap } from '../../../core/kit/heap.ts'

describe('the heap', () => {
  it('is collected a while after a start, which has V8 give memory back', async () => {
    const had = Object.hasOwn(globalThis, 'gc')
    const { promise, resolve } = Promise.withResolvers<void>()
    const observer = new PerformanceObserver((list) => {
      for (const { detail } of list.getEntries() as unknown as {
        detail: { kind: number; flags: number }
      }[]) {
        const { NODE_PERFORMANCE_GC_MAJOR: major, NODE_PERFORMANCE_GC_FLAGS_FORCED: forced } = constants
        if (detail.kind === major && (detail.flags & forced) !== 0) resolve()
      }
    })
    observer.observe({ entryTypes: ['gc'] })
    lookAfterHeap()
    giveBackSoon()
    lookAfterHeap(false)
    // The timer of it keeps no process alive.
    const alive = setInterval(() => {}, 1_000)
    await promise
    clearInterval(alive)
    observer.disconnect()
    expect(Object.hasOwn(globalThis, 'gc')).to.equal(had)
  })
})
