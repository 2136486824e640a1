// The acl authorizer: a list of rules in the configuration, the first one that matches decides.
import { decideByRules, definePlugin, explainByRules, whoByRules } from '../../core/plugin.ts'
import { openRules } from './live-rules.ts'
import { options } from './options.ts'

export default definePlugin({
  kind: 'authorizer',
  name: 'acl',
  options,
  create({ rules, substitution }, host) {
    const live = openRules(rules, substitution, host)
    return {
      answersFrom: 'files',
      authorize: (resource, request) => decideByRules(live.current, resource, request, host.clock),
      explain: (resource, request) => explainByRules(live.current, resource, request, host.clock),
      who: (resource, request) => whoByRules(live.current, resource, request, host.clock),
      rules: () => live.current.listed,
      close: () => live.close(),
    }
  },
})
