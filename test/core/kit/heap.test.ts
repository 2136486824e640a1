import { execFile } from 'node:child_process'
import { constants, PerformanceObserver } from 'node:perf_hooks'
import { promisify } from 'node:util'
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

  for (const [what, sparing, first] of [
    ['is compiled as V8 does', false, 'maglev'],
    ['is compiled sparingly once that is asked for', true, 'turbofan'],
  ] as const) {
    it(`of a hot function ${what}`, async () => {
      const heap = new URL('../../../core/kit/heap.ts', import.meta.url)
      const program = `
        import { compileSparingly, lookAfterHeap } from ${JSON.stringify(heap)}
        lookAfterHeap()
        if (${sparing}) compileSparingly()
        const work = (number) => String(number % 7).length + (number % 3)
        let tier
        for (let number = 0; tier === undefined; number += 1) {
          work(number)
          if (%ActiveTierIsMaglev(work)) tier = 'maglev'
          else if (%ActiveTierIsTurbofan(work)) tier = 'turbofan'
        }
        console.log(tier)`
      const args = ['--allow-natives-syntax', '--input-type=module', '--eval', program]
      const { stdout } = await promisify(execFile)(process.execPath, args)
      expect(stdout).to.equal(`${first}\n`)
    })
  }
})
