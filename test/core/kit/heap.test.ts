import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'

const HEAP = new URL('../../../core/kit/heap.ts', import.meta.url)

/** Runs a program in a process of its own, which imports the functions. @returns what it prints */
async function run(program: string): Promise<string> {
  const imports = `import { giveBackSoon, giveBackStart, lookAfterHeap } from ${JSON.stringify(HEAP)}\n`
  const args = ['--allow-natives-syntax', '--input-type=module', '--eval', imports + program]
  return (await promisify(execFile)(process.execPath, args)).stdout.trim()
}

describe('the heap', () => {
  it('is collected after a start and after a reload, and gives back the room that a start took', async () => {
    const program = `
      import { constants, PerformanceObserver } from 'node:perf_hooks'
      import { getHeapSpaceStatistics } from 'node:v8'
      const major = constants.NODE_PERFORMANCE_GC_MAJOR
      const collected = (flag) =>
        new Promise((resolve) => {
          new PerformanceObserver((list, observer) => {
            if (!list.getEntries().some(({ detail }) => detail.kind === major && (detail.flags & flag) !== 0)) return
            observer.disconnect()
            resolve()
          }).observe({ entryTypes: ['gc'] })
        })
      const young = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size
      // The timer of it keeps no process alive.
      const alive = setTimeout(() => {}, 20_000)
      let kept = []
      while (young() < 8e6) kept.push({ one: kept.length })
      kept = undefined
      lookAfterHeap()
      const first = collected(constants.NODE_PERFORMANCE_GC_FLAGS_ALL_AVAILABLE_GARBAGE)
      giveBackStart()
      await first
      const left = young()
      const next = collected(constants.NODE_PERFORMANCE_GC_FLAGS_FORCED)
      giveBackSoon()
      await next
      clearTimeout(alive)
      console.log(left < 8e6, 'gc' in globalThis)`
    expect(await run(program)).to.equal('true false')
  })

  for (const [what, begin, first] of [
    ['as V8 does until a start is over', 'lookAfterHeap()', 'maglev'],
    ["as V8 does in somebody else's process", 'giveBackStart()', 'maglev'],
    ['sparingly after it', 'lookAfterHeap(); giveBackStart()', 'turbofan'],
  ] as const) {
    it(`is compiled ${what}`, async () => {
      const program = `
        ${begin}
        const work = (number) => String(number % 7).length + (number % 3)
        let tier
        for (let number = 0; tier === undefined; number += 1) {
          work(number)
          if (%ActiveTierIsMaglev(work)) tier = 'maglev'
          else if (%ActiveTierIsTurbofan(work)) tier = 'turbofan'
        }
        console.log(tier)`
      expect(await run(program)).to.equal(first)
    })
  }
})
