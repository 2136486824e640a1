// Many right logins at once, each of another user: what can be served in time is served, the rest refused at once.
import { addressOf, ask, bystanderAddress } from '../client.ts'
import { mustAllBeServed, mustBeRight, together } from '../crowd.ts'
import type { Drill, Scenario } from '../drill.ts'
import {
  argon2,
  bcrypt,
  bystanders,
  entitled,
  login,
  loginOf,
  loginsOf,
  OWN_NAMESPACE,
  others,
  users,
} from '../people.ts'
import { longest, shown } from '../tally.ts'

/** At arrival, or when somebody else needs the place: a refusal that comes later was one after waiting in vain. */
const REFUSED_SOON = 3_000
/** One hash on a machine that has nothing else to do takes a tenth of it. */
const AT_ONCE = 1_000

interface Burst {
  readonly logins: number
  readonly hash: string
  /** They must all be served; otherwise each must be served or refused at arrival. */
  readonly all: boolean
  readonly oneAddress?: boolean
}

async function burst(drill: Drill, { logins, hash, all, oneAddress }: Burst): Promise<void> {
  const server = await drill.start({
    users: { ...users(logins, hash), ...others('other', hash), later: { password: hash } },
    acl: [OWN_NAMESPACE],
  })
  const watch = await drill.watch(server.port, [bystanders('bystander', ...loginsOf(server, 'other'))])
  const answers = await together(logins, (n) =>
    oneAddress ? login(server, `user-${n}`, addressOf(0)) : loginOf(server, n),
  )
  const after = await ask(login(server, 'later', bystanderAddress(2)))
  const seen = await watch.stop()
  drill.report(answers, seen)
  drill.reportCauses(server)
  await mustBeRight(drill, server.judge, answers, (n) => entitled(`user-${n}`))
  if (all) mustAllBeServed(drill, answers)
  const late = answers.filter(({ status, ms }) => status !== 200 && ms > REFUSED_SOON)
  drill.must(
    `who is refused is refused within ${shown(REFUSED_SOON)}`,
    late.length === 0,
    late.length === 0 ? 'all of them' : `${late.length} later, after ${shown(longest(late))} at most`,
  )
  drill.must(
    'another user right after is served at once',
    after.status === 200 && after.ms < AT_ONCE,
    `${after.status} after ${shown(after.ms)}`,
  )
  if (oneAddress) drill.mustBeServed(seen, 'bystander', AT_ONCE)
}

const COST = 10
/** MiB; OWASP's recommendation. */
const ARGON2_MEMORY = 19

const burstOf = (logins: number, more: Partial<Scenario> & { oneAddress?: boolean } = {}): Scenario => ({
  name: `burst-${logins}`,
  about: `${logins} right logins at once, each of another user, bcrypt cost ${COST}`,
  run: async (drill) =>
    burst(drill, {
      logins,
      hash: await bcrypt(COST),
      all: logins <= 150,
      oneAddress: more.oneAddress ?? false,
    }),
  ...more,
})

export const BURSTS: readonly Scenario[] = [
  burstOf(60),
  burstOf(150),
  burstOf(500),
  {
    ...burstOf(150, { oneAddress: true }),
    name: 'burst-one-address',
    about: '150 right logins at once from one address, bcrypt cost 10, and somebody from another one',
  },
  {
    name: 'burst-argon2',
    about: `150 right logins at once, argon2 with ${ARGON2_MEMORY} MiB`,
    ownOnly: true,
    run: async (drill) => burst(drill, { logins: 150, hash: await argon2(ARGON2_MEMORY), all: true }),
  },
]
