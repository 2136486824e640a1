// Where the plugins of this folder lie, for a configuration's `plugin:`.
import { fileURLToPath } from 'node:url'

const at = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export const OWNERS = at('owners.ts')
export const LEAKING = at('leaking.ts')
export const BARRIER = at('barrier.ts')
export const COUNTING = at('counting.ts')
export const SIGNING_IN = at('signing-in.ts')

/** One entry of a configuration's plugin list that does what `script` says. */
export const scripted = {
  authenticator: (id: string, script: object, more: object = {}) => ({
    plugin: at('scripted-authenticator.ts'),
    id,
    options: script,
    ...more,
  }),
  labeler: (id: string, script: object, more: object = {}) => ({
    plugin: at('scripted-labeler.ts'),
    id,
    options: script,
    ...more,
  }),
  authorizer: (id: string, script: object, more: object = {}) => ({
    plugin: at('scripted-authorizer.ts'),
    id,
    options: script,
    ...more,
  }),
}
