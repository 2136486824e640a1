// Authenticators that tell everybody what they should keep to themselves: the user name says in which way.
import { accept, definePlugin, reject, z } from 'dockwarden/plugin'

export default definePlugin({
  kind: 'authenticator',
  name: 'leaking',
  options: z.strictObject({}),
  exchange: true,
  create: (_, host) => ({
    async authenticate({ account, password }, request) {
      const secret = password.reveal()
      const spelled = [
        secret,
        encodeURIComponent(secret),
        JSON.stringify(secret),
        Buffer.from(`${account}:${secret}`).toString('base64'),
      ]
      for (const text of spelled) {
        request.log.info({ given: text, [text]: { deep: [{ text }] }, id: text }, `asked with ${text}`)
        host.log.warn({ err: new Error(`bad ${text}`, { cause: new Error(text) }) }, text)
      }
      host.log.info({ time: secret, level: secret }, 'asked')
      host.log.info({ buffer: Buffer.from(secret) }, 'asked')
      host.log.info({ list: [...Buffer.from(secret)] }, 'asked')
      request.log.info({ error: { body: [...secret] } }, 'asked')
      // In JavaScript nobody is told that this is not what the log takes.
      request.log.info(secret as unknown as object, 'asked')
      host.log.info({ bytes: new TextEncoder().encode(secret), number: Number(secret) }, 'asked')
      setTimeout(() => host.log.info({}, `later ${secret}`))
      if (account === 'reason') return reject(`wrong: ${spelled.join(', ')}`)
      if (account === 'throws') {
        const error = new Error(`can't ask with ${secret}`, { cause: new Error(secret) })
        throw Object.assign(error, { request: { body: spelled }, [secret]: true })
      }
      if (account === 'unreadable') throw unreadable(secret)
      if (account === 'symbol') throw Symbol(secret)
      if (account === 'deep') {
        let deep: unknown = secret
        for (let level = 0; level < 5_000; level += 1) deep = { deep }
        request.log.info({ deep }, 'asked')
      }
      if (account === 'claims') {
        const claims = {
          groups: ['platform-engineering', 'Release-2026-Managers'],
          jti: '0aB1cD2eF3gH4iJ5kL6',
        }
        return accept({ labels: { group: claims.groups }, session: claims })
      }
      return accept({ account: 'somebody', labels: { [secret]: [secret] }, session: `session of ${secret}` })
    },
  }),
})

/** Throws when its message is asked for. */
function unreadable(secret: string): Error {
  return Object.defineProperty(new Error(), 'message', {
    get() {
      throw new Error(secret)
    },
  })
}
