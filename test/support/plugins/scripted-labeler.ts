// A labeler that does what its options say.
import { definePlugin } from 'dockwarden/plugin'
import { perform, scriptOptions } from './script.ts'

export default definePlugin({
  kind: 'labeler',
  name: 'scripted-labeler',
  options: scriptOptions,
  create: (script) => ({ label: (identity, request) => perform(script, request, { identity }) }),
})
