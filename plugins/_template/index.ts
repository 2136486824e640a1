// voucher: lets the guests of a workshop in, with one code that all of them share, until the workshop ends.
// A plugin is one call of definePlugin, exported as default. It imports `dockwarden/plugin`, its own files, Node's modules
// and npm packages, nothing else.
import {
  type Authenticator,
  accept,
  definePlugin,
  labels,
  NO_LABELS,
  pass,
  reject,
  secret,
  z,
} from 'dockwarden/plugin'

// The schema is the one source for types, checks, the documentation and the editor's help: describe every option, and
// let each message say what to write instead. Keys are in snake_case.
const options = z.strictObject({
  code: secret().describe('The code that every guest types as password.'),
  prefix: z
    .string()
    .min(1, 'must not be empty, or every account were a guest; write for example guest-')
    .default('guest-')
    .describe('Accounts that begin with this are guests; all others are left to the next authenticator.'),
  ends: z.iso
    .datetime({ offset: true, error: 'is no date and time; write for example 2030-06-30T18:00:00+02:00' })
    .transform((text) => Date.parse(text))
    .describe('When the code stops working.'),
  labels: labels().default(NO_LABELS).describe('Labels that every guest gets.'),
})

export default definePlugin({
  kind: 'authenticator',
  name: 'voucher',
  options,

  // Called once for each entry in the configuration, also by `dockwarden check`: read files here, but leave the network and
  // other processes to the first use, or to ready(). What it throws stops the start, with the plugin's id in front.
  create({ code, prefix, ends, labels }, host): Authenticator {
    // Only through the host: host.clock instead of Date.now (tests hold it), host.files, host.http, host.programs, host.log.
    const isOver = () => host.clock.now() >= ends
    host.log.debug({ prefix, ends: new Date(ends).toISOString() }, 'vouchers are on')

    return {
      // Three answers: accept, reject (wrong: the chain ends) and pass (not mine: the next one is asked). An exception is no
      // answer; it says "I could not ask my backend", and the client gets 503 instead of a wrong "wrong password".
      async authenticate({ account, password }, request) {
        if (!account.startsWith(prefix)) return pass
        // The reason goes to the log, not to the client. Never put a password into it.
        if (isOver()) return reject('the workshop has ended')
        // A Secret prints as ***. equals takes the same time wherever two secrets differ; reveal() is for a backend.
        if (!code.equals(password)) return reject('wrong code')
        // A plugin that waits for something hands request.signal to it: it aborts when the instance's timeout is over.
        request.log.debug({ account }, 'a guest came in')
        return accept({ labels })
      },

      // Optional: is an account that was accepted earlier still good? It is asked when a refresh token is used. What
      // accept() gave as `session` comes back here as held.session.
      async refresh({ account }) {
        return account.startsWith(prefix) && !isOver() ? accept({ labels }) : reject('the workshop has ended')
      },

      // Also optional: ready(), which rejects while the backend can't be reached, and close(), which frees what is held.
    }
  },
})
