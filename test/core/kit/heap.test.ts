import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'

const HEAP = new URL('../../../core/kit/heap.ts', import.meta.url)

/** Runs a program in a process of its own, which imports the functions. @returns what it prints */
async function run(program: string): Promise<string> {
  const imports = `import { giveBackSoon, giveBackStart, lookAfterHeap } from ${JSON.stringify(HEAP)}\n`
  const args = ['--allow-natives-syntax', '--input-type=module', '--eval', imports + program]
  return (await promisify(execFile)(process.execPath, args, { timeout: 19_000 })).stdout.trim()
}

describe('the heap', () => {
  it('is collected after a start and after a reload, and gives back the room that a start took', async () => {
    const program = `
      import { constants, PerformanceObserver } from 'node:perf_hooks'
      import { setTimeout as delay } from 'node:timers/promises'
      import { getHeapSpaceStatistics } from 'node:v8'
      const { NODE_PERFORMANCE_GC_MAJOR: major, NODE_PERFORMANCE_GC_FLAGS_FORCED: forced } = constants
      const young = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size
      let kept = []
      while (young() < 8e6) kept.push({ one: kept.length })
      kept = undefined
      lookAfterHeap()
      giveBackStart()
      while (young() >= 8e6) await delay(10)
      console.log('given back')
      const collected = new Promise((resolve) => {
        new PerformanceObserver((list) => {
          if (list.getEntries().some(({ detail }) => detail.kind === major && (detail.flags & forced) !== 0)) resolve()
        }).observe({ entryTypes: ['gc'] })
      })
      giveBackSoon()
      // The timer of it keeps no process alive.
      await Promise.race([collected, delay(15_000).then(() => console.log('not'))])
      console.log('collected', 'gc' in globalThis)
      process.exit()`
    expect(await run(program)).to.equal('given back\ncollected false')
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
