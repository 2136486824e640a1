// An authorizer with a policy that tests can say in one line: an account may do everything under its own name and pull
// what lies under `public/`; every label `team` opens that namespace too. Facts of the client are logged.
import { definePlugin, deny, grant, z } from 'dockwarden/plugin'

export default definePlugin({
  kind: 'authorizer',
  name: 'owners',
  options: z.strictObject({}),
  create: () => ({
    async authorize({ name, actions }, { account, labels, client, log }) {
      log.debug({ client }, 'asked')
      const [namespace] = name.split('/')
      if (account !== '' && namespace === account) return grant(actions, 'owner')
      if (labels.team?.includes(namespace!)) return grant(actions, 'team')
      if (namespace === 'public') return grant(['pull'], 'public')
      return deny('not yours')
    },
  }),
})
