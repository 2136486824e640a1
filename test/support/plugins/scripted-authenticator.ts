// An authenticator that does what its options say.
import { definePlugin } from 'dockwarden/plugin'
import { perform, scriptOptions } from './script.ts'

export default definePlugin({
  kind: 'authenticator',
  name: 'scripted-authenticator',
  options: scriptOptions,
  create: (script) => ({
    authenticate: ({ account }, request) => perform(script, request, { account }),
  }),
})
