// An authorizer that reads what was found in the request. That may be there or not, and needs no declaration.
import { type Authorizer, definePlugin, grant, pass, z } from 'dockwarden/plugin'
import { PERSON } from './tokens.ts'

export default definePlugin({
  api: 1,
  kind: 'authorizer',
  name: 'owners',
  options: z.strictObject({}),
  create(): Authorizer {
    return {
      async authorize({ name, actions }, request) {
        return request.resolve(PERSON)?.owns.includes(name) ? grant([...actions], 'owner') : pass
      },
    }
  },
})
