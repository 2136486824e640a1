// What is known of the account? The labelers, without HTTP.
import { expect } from 'chai'
import { createToken, type Labels, type RequestScope } from '../../../core/plugin.ts'
import { ClientGone } from '../../../core/request/errors.ts'
import type { Instance } from '../../../core/request/instance.ts'
import { label } from '../../../core/request/label.ts'
import { causeOf, contextOf, failureOf, instanceOf } from './steps.ts'

const ENTRY = createToken<string>('test/entry')

const labeler = (
  id: string,
  ask: (labels: Labels, scope: RequestScope) => unknown,
  more: Partial<Instance<'labeler'>> = {},
) => instanceOf('labeler', id, { label: async ({ labels }, scope) => ask(labels, scope) as Labels }, more)

function accepted() {
  const context = contextOf()
  context.accept({ account: 'alice', labels: { group: ['dev'] }, authenticator: 'users' })
  return context
}

describe('label', () => {
  it('asks each in its order, with the labels of those before it, and adds what they say', async () => {
    const seen: Labels[] = []
    const context = accepted()
    const note = (add: Labels) => (labels: Labels) => {
      seen.push(labels)
      return add
    }
    await label(
      [
        labeler('a', note({ group: ['ops', 'dev'] })),
        labeler('b', note({ team: ['x'] })),
        labeler('c', note({})),
      ],
      context,
    )
    expect(seen.map((labels) => ({ ...labels }))).to.deep.equal([
      { group: ['dev'] },
      { group: ['dev', 'ops'] },
      { group: ['dev', 'ops'], team: ['x'] },
    ])
    expect({ ...context.identity!.labels }).to.deep.equal(seen.map((labels) => ({ ...labels }))[2])
    expect(context.identity!.account).to.equal('alice')
  })

  const down = () => {
    throw new Error('backend down')
  }
  const faults: [string, () => unknown, RegExp][] = [
    ['throws', down, /^plugin test \(id a\): backend down$/],
    ['gives no labels', () => 'group', /^plugin test \(id a\): .*label/],
    ['gives labels that are no texts', () => ({ group: [1] }), /^plugin test \(id a\): .*group/],
  ]
  for (const [name, ask, reason] of faults) {
    it(`is 503 when one ${name}: a rule may need its labels`, async () => {
      const [broken, next] = [labeler('a', ask), labeler('b', () => expect.fail('was asked'))]
      const error = await failureOf(label([broken, next], accepted()))
      expect(error.status).to.equal(503)
      expect(causeOf(error)).to.match(reason)
      expect(broken.log.lines.map(({ level, message }) => [level, message])).to.deep.equal([
        ['error', 'labeler could not be asked'],
      ])
    })

    it(`goes on without its labels, with a warning, when one ${name} and says on_error: next`, async () => {
      const broken = labeler('a', ask, { onError: 'next' })
      const context = accepted()
      await label([broken, labeler('b', () => ({ team: ['x'] }))], context)
      expect({ ...context.identity!.labels }).to.deep.equal({ group: ['dev'], team: ['x'] })
      expect(broken.log.lines.map(({ level, message }) => [level, message])).to.deep.equal([
        ['warn', 'labeler could not be asked; its labels are missing'],
      ])
    })
  }

  it('hands on what one provides when its call has gone well, and else nothing', async () => {
    for (const fails of [true, false]) {
      const context = accepted()
      const seen: unknown[] = []
      const provide = (_: Labels, scope: RequestScope) => {
        scope.provide(ENTRY, 'cn=alice')
        return fails ? down() : {}
      }
      await label(
        [
          labeler('a', provide, { onError: 'next', provides: new Set(['test/entry']) }),
          labeler('b', (_, scope) => {
            seen.push(scope.resolve(ENTRY))
            return {}
          }),
        ],
        context,
      )
      expect(seen).to.deep.equal([fails ? undefined : 'cn=alice'])
    }
  })

  it('ends with the reason when the request is cancelled, whatever on_error says', async () => {
    for (const onError of ['fail', 'next'] as const) {
      const context = accepted()
      const hanging = labeler('a', () => new Promise(() => {}), { onError })
      const step = label([hanging], context)
      context.cancel(new ClientGone())
      expect(await step.catch((error: Error) => error.name)).to.equal('ClientGone')
      expect(hanging.log.lines).to.deep.equal([])
    }
  })
})
