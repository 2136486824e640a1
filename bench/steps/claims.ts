// What a token says.
import { decide } from '../../core/request/pipeline.ts'
import { claimsFor, TOKEN_SETTINGS } from '../../core/request/sign.ts'
import type { Step } from './step.ts'

export const claims: Step = {
  name: 'claims',
  async prepare({ services, request, requestContext }) {
    const settings = services.container.resolve(TOKEN_SETTINGS)
    const { identity, scopes } = await decide(requestContext())
    return () => claimsFor(settings, identity, request.service, scopes, Date.now())
  },
}
