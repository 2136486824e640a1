// An authorizer that does what its options say.
import { definePlugin } from 'dockwarden/plugin'
import { perform, scriptOptions } from './script.ts'

export default definePlugin({
  kind: 'authorizer',
  name: 'scripted-authorizer',
  options: scriptOptions,
  create: (script) => ({ authorize: (resource, request) => perform(script, request, { resource }) }),
})
