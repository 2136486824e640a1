import { expect } from 'chai'
import fc from 'fast-check'
import { Secret } from '../../../core/plugin.ts'
import { Cancellation } from '../../../core/work/cancellation.ts'
import { Once, type Shared } from '../../../core/work/once.ts'

const HOUR = 3_600_000

/** Work that ends when the test says so. */
function work() {
  const { promise: answer, resolve, reject } = Promise.withResolvers<string>()
  const cancelled: string[] = []
  const deadlines: number[] = []
  const shared: Shared<string> = {
    answer,
    extend: (deadline) => void deadlines.push(deadline),
    cancel: (reason) => void cancelled.push(reason.message),
  }
  return { shared, resolve, reject, cancelled, deadlines }
}

const joining = (deadline = performance.now() + HOUR) => {
  const leaving = new Cancellation()
  return { leaving, deadline, goes: () => leaving.cancel(new Error('gone')) }
}
const none = (): never => {
  throw new Error('must not begin')
}
const outcome = (answer: unknown) => Promise.resolve(answer).then(String, (error: Error) => error.message)

describe('once', () => {
  it('begins work once for all who ask at the same time, and anew for who comes later', async () => {
    const once = new Once()
    const [first, second] = [work(), work()]
    const asked = [
      once.ask(
        () => 'k',
        joining(),
        () => first.shared,
      ),
      once.ask(() => 'k', joining(), none),
    ]
    first.resolve('yes')
    expect(await Promise.all(asked)).to.deep.equal(['yes', 'yes'])
    const later = once.ask(
      () => 'k',
      joining(),
      () => second.shared,
    )
    second.resolve('no')
    expect(await later).to.equal('no')
  })

  it('gives an answer that is there at once, and begins anew for the next', async () => {
    const once = new Once()
    const { shared, resolve } = work()
    const atOnce = { ...shared, answer: 'at once' }
    expect(once.ask(none, joining(), () => atOnce)).to.equal('at once')
    const later = once.ask(
      () => 'k',
      joining(),
      () => shared,
    )
    resolve('later')
    expect(await later).to.equal('later')
  })

  it('shares a failure too', async () => {
    const once = new Once()
    const { shared, reject } = work()
    const asked = [
      once.ask(
        () => 'k',
        joining(),
        () => shared,
      ),
      once.ask(() => 'k', joining(), none),
    ]
    reject(new Error('down'))
    expect(await Promise.all(asked.map(outcome))).to.deep.equal(['down', 'down'])
  })

  it('keeps different questions apart', async () => {
    const once = new Once()
    const [one, other] = [work(), work()]
    const asked = [
      once.ask(
        () => 'a',
        joining(),
        () => one.shared,
      ),
      once.ask(
        () => 'b',
        joining(),
        () => other.shared,
      ),
    ]
    one.resolve('1')
    other.resolve('2')
    expect(await Promise.all(asked)).to.deep.equal(['1', '2'])
  })

  it('cancels the work when the last one has gone, and not before', async () => {
    const once = new Once()
    const { shared, cancelled } = work()
    const [first, second] = [joining(), joining()]
    const asked = [
      once.ask(
        () => 'k',
        first,
        () => shared,
      ),
      once.ask(() => 'k', second, none),
    ]
    first.goes()
    expect(await outcome(asked[0]!)).to.equal('gone')
    expect(cancelled).to.deep.equal([])
    second.goes()
    expect(await outcome(asked[1]!)).to.equal('gone')
    expect(cancelled).to.deep.equal(['nobody waits for the answer any more'])
  })

  it('begins nothing for who has gone already', async () => {
    const gone = joining()
    gone.goes()
    expect(await outcome(new Once().ask(() => 'k', gone, none))).to.equal('gone')
  })

  it('lets nobody join what is being cancelled', async () => {
    const once = new Once()
    const [first, second] = [work(), work()]
    const gone = joining()
    const left = once.ask(
      () => 'k',
      gone,
      () => first.shared,
    )
    gone.goes()
    await outcome(left)
    const next = once.ask(
      () => 'k',
      joining(),
      () => second.shared,
    )
    second.resolve('yes')
    expect(await next).to.equal('yes')
  })

  it('lets each keep its own time, and gives the work the time of who has most', async () => {
    const once = new Once()
    const { shared, resolve, deadlines } = work()
    const late = performance.now() + HOUR
    const short = once.ask(
      () => 'k',
      joining(performance.now()),
      () => shared,
    )
    const long = once.ask(() => 'k', joining(late), none)
    expect(await outcome(short)).to.equal('no answer in the time of the request')
    resolve('yes')
    expect(await long).to.equal('yes')
    expect(Math.max(...deadlines)).to.equal(late)
  })

  it('gives each the answer of the work that it joined, and cancels just what everybody has left', async () => {
    type Work = ReturnType<typeof work> & { over: boolean }
    const step = fc.record({
      what: fc.constantFrom(
        'join',
        'join',
        'leave',
        'answer',
        'fail',
        'leave and answer',
        'answer and leave',
      ),
      which: fc.nat(),
      settles: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const once = new Once()
        const works: Work[] = []
        const joined: { work: Work; goes: () => void; gone: boolean; heard: string[] }[] = []
        const open = () => works.find(({ over, cancelled }) => !over && cancelled.length === 0)
        const answer = (what: string) => {
          const current = open()
          if (!current) return
          current.over = true
          if (what === 'fail') current.reject(new Error(`work ${works.indexOf(current)}`))
          else current.resolve(`work ${works.indexOf(current)}`)
        }
        const leave = (which: number) => {
          const waiting = joined.filter(({ gone, heard, work }) => !gone && heard.length === 0 && !work.over)
          const one = waiting[which % Math.max(1, waiting.length)]
          if (!one) return
          one.gone = true
          one.goes()
        }
        for (const { what, which, settles } of steps) {
          if (what === 'join') {
            const own = joining()
            const asked = once.ask(
              () => 'k',
              own,
              () => {
                works.push({ ...work(), over: false })
                return works.at(-1)!.shared
              },
            )
            // Who comes while the answer is being told may get that, or begin anew.
            const current = works.at(-1)!
            const one = { work: current, goes: own.goes, gone: false, heard: [] as string[] }
            joined.push(one)
            void outcome(asked).then((text) => one.heard.push(text))
          } else {
            if (what.startsWith('leave')) leave(which)
            if (/answer|fail/.test(what)) answer(what)
            if (what.endsWith('and leave')) leave(which)
          }
          if (settles) await new Promise((resolve) => setImmediate(resolve))
        }
        await new Promise((resolve) => setImmediate(resolve))
        for (const each of works) {
          const wanted = joined.some(({ work, gone }) => work === each && !gone)
          if (!each.over) expect(each.cancelled).to.have.length(wanted ? 0 : 1)
        }
        answer('answer')
        await new Promise((resolve) => setImmediate(resolve))
        for (const { work, gone, heard } of joined) {
          expect(heard).to.deep.equal([gone ? 'gone' : `work ${works.indexOf(work)}`])
        }
      }),
    )
  })

  it('names a question by who is asked, account and password, and does not show that', () => {
    const once = new Once()
    const key = (instance: string, account: string, password: string) =>
      once.keyOf(instance, { kind: 'password', account, password: new Secret(password) })
    const keys = [
      key('a', 'bob', 'pw'),
      key('b', 'bob', 'pw'),
      key('a', 'bo', 'bpw'),
      key('a', 'bob', 'pw2'),
      key('', 'bob', 'pwa'),
      key('3 boba', '', 'pw'),
    ]
    expect(new Set(keys).size).to.equal(keys.length)
    expect(key('a', 'bob', 'pw')).to.equal(keys[0])
    expect(keys[0]).to.match(/^[\w-]{43} 3 boba$/)
  })
})
