// An authenticator that does what its options say; it can look again at accounts when they say how.
import { definePlugin } from 'dockwarden/plugin'
import { perform, scriptOptions } from './script.ts'

export default definePlugin({
  kind: 'authenticator',
  name: 'scripted-authenticator',
  options: scriptOptions.extend({ refresh: scriptOptions.optional() }),
  create: ({ refresh, ...script }) => ({
    authenticate: ({ account }, request) => perform(script, request, { account }),
    ...(refresh && { refresh: (held, request) => perform(refresh, request, { held }) }),
  }),
})
