// Argon2 hashes that together would need more memory than they may have: they take turns.
import { mustAllBeServed, mustBeRight, together } from '../crowd.ts'
import type { Drill, Scenario } from '../drill.ts'
import { argon2, bystanders, entitled, loginOf, loginsOf, OWN_NAMESPACE, others, users } from '../people.ts'
import { figuresOf } from '../process-figures.ts'

const LOGINS = 30
/** MiB of one hash, and of all together. */
const EACH = 64
const TOGETHER = 64
/** What the server needs besides, more than before. */
const BESIDES = 64

async function littleMemory(drill: Drill): Promise<void> {
  const hash = await argon2(EACH)
  const server = await drill.start({
    users: { ...users(LOGINS, hash), ...others('other', hash) },
    acl: [OWN_NAMESPACE],
    server: { limits: { hash_memory: `${TOGETHER}MiB` } },
  })
  const before = figuresOf(server.pid)
  const watch = await drill.watch(server.port, [bystanders('bystander', ...loginsOf(server, 'other'))])
  const answers = await together(LOGINS, (n) => loginOf(server, n))
  const seen = await watch.stop()
  const after = figuresOf(server.pid)
  drill.report(answers, seen)
  drill.reportCauses(server)
  drill.say('memory', `${before.memory} MiB before, ${after.memory} after, ${after.peak} at most`)
  await mustBeRight(drill, server.judge, answers, (n) => entitled(`user-${n}`))
  mustAllBeServed(drill, answers)
  const most = before.memory + TOGETHER + BESIDES
  drill.must(`never more than ${most} MiB`, after.peak < most, `${after.peak} MiB`)
}

export const LITTLE_MEMORY: Scenario = {
  name: 'little-memory',
  about: `${LOGINS} logins at once, argon2 with ${EACH} MiB each, ${TOGETHER} MiB for all`,
  ownOnly: true,
  run: littleMemory,
}
