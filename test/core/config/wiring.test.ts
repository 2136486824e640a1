import { expect } from 'chai'
import { ACCEPTING, type Sharer, type Uses, wire } from '../../../core/config/wiring.ts'
import {
  createToken,
  definePlugin,
  type Needed,
  type PluginKind,
  type ProvidedToken,
  z,
} from '../../../core/plugin.ts'

const TOKEN = createToken<object>('acme/directory')

function sharer(
  kind: PluginKind,
  id: string,
  more: {
    provides?: readonly ProvidedToken[]
    needs?: Readonly<Record<string, Needed>>
    options?: object
    uses?: Uses
  },
): Sharer {
  const { options = {}, uses = {}, ...shared } = more
  const create = () => {
    throw new Error('nothing is made')
  }
  const definition = definePlugin({ kind, name: 'acme', options: z.strictObject({}), ...shared, create })
  return { id, definition, options, uses }
}

const WITH_URL = { provides: [{ token: TOKEN, when: 'url' }] }
const NOT_LAZY = { provides: [{ token: TOKEN, unless: 'lazy' }] }
const NEEDS = { needs: { directory: { token: TOKEN, unless: 'url' } } }

/** The wires of an instance `own`, behind others: its provider's ids, or what is wrong. */
async function wired(before: readonly Sharer[], own: Omit<Parameters<typeof sharer>[2], 'needs'>) {
  const sharers = [...before, sharer('labeler', 'own', { ...NEEDS, ...own })]
  const { wires, faults } = await wire(sharers, async () => sharers.map(({ definition }) => definition))
  if (faults.length > 0) return faults.map(({ key, message }) => (key ? `${key}: ${message}` : message))
  return wires.get('own')!.get('directory')?.from
}

describe('who gets what from whom, where that depends on options', () => {
  const has = sharer('authenticator', 'has', { ...WITH_URL, options: { url: 'x' } })
  const also = sharer('authenticator', 'also', { ...WITH_URL, options: { url: 'y' } })
  const hasNot = sharer('authenticator', 'has-not', WITH_URL)
  const lazy = sharer('authenticator', 'lazy', { ...NOT_LAZY, options: { lazy: true } })
  const eager = sharer('authenticator', 'eager', { ...NOT_LAZY, options: { lazy: false } })
  const OWN = { options: { url: 'z' } }

  const cases: [string, readonly Sharer[], Omit<Parameters<typeof sharer>[2], 'needs'>, unknown][] = [
    ['whoever has the option provides', [hasNot, has, lazy], {}, ['has']],
    ['an option that is false is none', [lazy, eager], {}, ['eager']],
    ['an option in its place, and nothing is needed', [], OWN, undefined],
    ['nor is anything ambiguous then', [has, also], OWN, undefined],
    [
      'uses beside that option',
      [has],
      { ...OWN, uses: { directory: 'has' } },
      ['directory: stands beside the option url, which takes its place; remove one of the two'],
    ],
    [
      'nobody provides it: all ways out, and why who could does not',
      [hasNot, lazy],
      {},
      [
        'needs acme/directory (directory), which no other instance provides (has-not has no url, lazy has lazy); write url in its options, or add an instance of the plugin acme',
      ],
    ],
    [
      'the one that is named does not',
      [has, lazy],
      { uses: { directory: 'lazy' } },
      ['directory: lazy provides no acme/directory (lazy has lazy); known: has'],
    ],
    ['accepting: all who may', [has, also], { uses: { directory: ACCEPTING } }, ['has', 'also']],
    [
      'accepting, but one of them does not',
      [has, lazy],
      { uses: { directory: ACCEPTING } },
      [
        'directory: lazy may be who accepts, and provides no acme/directory (lazy has lazy); name the id of an instance that does',
      ],
    ],
  ]
  for (const [name, before, own, expected] of cases) {
    it(name, async () => expect(await wired(before, own)).to.deep.equal(expected))
  }

  it('accepting needs those who may accept: they are made before it, so that a circle is told', async () => {
    const sharers = [
      sharer('authenticator', 'first', {
        ...WITH_URL,
        options: { url: 'x' },
        needs: { words: createToken('acme/words') },
      }),
      sharer('labeler', 'own', {
        ...NEEDS,
        provides: [createToken('acme/words')],
        uses: { directory: ACCEPTING },
      }),
    ]
    const { faults } = await wire(sharers, async () => [])
    expect(faults.map(({ message }) => message)).to.deep.equal([
      'stands in a circle: first needs own needs first; break it with uses, or give one of them its own',
    ])
  })

  it('whoever can’t be made has no wires, nor has who needs it', async () => {
    const words = createToken<object>('acme/words')
    const sharers = [
      sharer('labeler', 'lost', { ...NEEDS, provides: [words] }),
      sharer('labeler', 'with-it', { needs: { words } }),
      sharer('labeler', 'alone', {}),
    ]
    const { wires, faults } = await wire(sharers, async () => [])
    expect([...wires.keys()]).to.deep.equal(['alone'])
    expect(faults.map(({ id }) => id)).to.deep.equal(['lost'])
  })
})
