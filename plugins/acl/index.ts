// The acl authorizer: a list of rules in the configuration, the first one that matches decides.
import { compileRules, definePlugin, grant, pass } from '../../core/contract/index.ts'
import { options } from './options.ts'

export default definePlugin({
  kind: 'authorizer',
  name: 'acl',
  options,
  create({ rules, substitution }, host) {
    const ruleSet = compileRules(rules, { substitution })
    for (const { path, message } of ruleSet.warnings) {
      const [index, ...place] = path
      host.log.warn({ rule: Number(index) + 1, place: place.join('.') }, message)
    }
    return {
      async authorize(resource, request) {
        const decision = ruleSet.decide({
          account: request.account,
          type: resource.type,
          name: resource.name,
          service: request.service,
          ip: request.client.ip,
          labels: request.labels,
          actions: resource.actions,
        })
        return decision ? grant(decision.actions, decision.rule) : pass
      },
    }
  },
})
