// The hundred requests that both servers are asked before anything is timed, and the configuration that they are about. What is documented
// as different (docs/migrate) is not among them.
import { hash } from '@node-rs/bcrypt'
import type { Rule } from '../../core/acl/rule.ts'
import { ACCOUNT } from '../rule-lists.ts'

/** A request for a token. */
export interface Question {
  readonly method: 'GET' | 'POST'
  readonly account: string
  /** Undefined: no credentials at all. */
  readonly password: string | undefined
  readonly service: string
  readonly scopes: readonly string[]
}

const COUNT = 100
const SEED = 19
const COST = 4

/** Users in docker_auth's form: two with passwords, one with any, and nobody. */
export async function usersAsked(): Promise<Record<string, object>> {
  return {
    alice: { password: await hash('in wonderland', COST) },
    bob: { password: await hash('the builder', COST) },
    [ACCOUNT]: {},
    '': {},
  }
}

export const RULES_ASKED: readonly Rule[] = [
  { match: { account: 'alice', name: 'alice/*' }, actions: ['*'] },
  { match: { account: '/^b/', name: 'team-?/*' }, actions: ['pull'] },
  { match: { account: 'alice', type: 'registry', name: 'catalog' }, actions: ['*'] },
  { match: { account: '/.+/', name: '${account}/shared' }, actions: ['pull', 'push'] },
  { match: { name: '/^(library|mirror)\\/.+$/' }, actions: ['pull'] },
  { match: { account: '', name: 'public/*' }, actions: ['pull'] },
  { match: { account: '/.+/', service: 'other' }, actions: ['push', 'delete'] },
  { match: { ip: '10.0.0.0/8' }, actions: ['*'] },
  { match: { account: ACCOUNT, name: 'localhost:5000/*' }, actions: ['*'] },
  { match: { account: 'bob', name: 'closed/*' }, actions: [] },
]

const WHO: readonly (readonly [account: string, password: string | undefined])[] = [
  ['alice', 'in wonderland'],
  ['bob', 'the builder'],
  [ACCOUNT, 'whatever'],
  ['', undefined],
  ['alice', 'in wonderLand'],
  ['bob', ''],
  ['nobody', 'the builder'],
]

const SCOPES = [
  'repository:alice/app:pull,push',
  'repository:alice/app:push,pull',
  'repository:alice/a/b:pull',
  'repository:alice/shared:pull',
  'repository:bob/shared:pull,push,delete',
  'repository:team-a/app:pull,push',
  'repository:team-ab/app:pull',
  'repository:library/busybox:pull',
  'repository:library/busybox:*',
  'repository:mirror/a/b/c:pull,push',
  'repository:public/app:pull,push',
  'repository:public/app:delete',
  'repository:closed/app:pull',
  'repository:localhost:5000/app:pull',
  'repository:unknown:pull',
  'repository:a.b_c-d/e__f:pull',
  'repository(plugin):library/busybox:pull',
  'registry:catalog:*',
  'registry:other:*',
] as const

/** The same ones each time. */
export function questions(): Question[] {
  const draw = drawing(SEED)
  return Array.from({ length: COUNT }, (_, index) => {
    // Each user and each scope once at least.
    const [account, password] = WHO[index % WHO.length]!
    const first = SCOPES[index % SCOPES.length]!
    const more = Array.from({ length: draw(3) }, () => SCOPES[draw(SCOPES.length)]!)
    return {
      method: draw(8) === 0 && password ? 'POST' : 'GET',
      account,
      password,
      service: draw(5) === 0 ? 'other' : 'registry.example.com',
      scopes: draw(10) === 0 ? [] : [...new Set([first, ...more])],
    }
  })
}

/** Numbers below a bound, the same ones for a seed (a linear congruential generator). */
function drawing(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
