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
      host.log.info({ bytes: new TextEncoder().encode(secret), number: Number(secret) }, 'asked')
      setTimeout(() => host.log.info({}, `later ${secret}`))
      if (account === 'reason') return reject(`wrong: ${spelled.join(', ')}`)
      if (account === 'throws') {
        const error = new Error(`can't ask with ${secret}`, { cause: new Error(secret) })
        throw Object.assign(error, { request: { body: spelled }, [secret]: true })
      }
      return accept({ account: 'somebody', labels: { [secret]: [secret] }, session: `session of ${secret}` })
    },
  }),
})
