// The JSON answer, as Koa sends it.
import { decide } from '../../core/request/pipeline.ts'
import { respondToken } from '../../core/request/respond.ts'
import { sign, TOKEN_SETTINGS } from '../../core/request/sign.ts'
import type { Step } from './step.ts'

export const answer: Step = {
  name: 'answer',
  async prepare({ services, request, requestContext, koaContext }) {
    const settings = services.container.resolve(TOKEN_SETTINGS)
    const own = requestContext()
    const { identity, scopes } = await decide(own)
    const signed = await sign(settings, identity, request.service, scopes, own.leaving, Date.now())
    return () => {
      respondToken(koaContext, signed, undefined, undefined)
      return JSON.stringify(koaContext.body)
    }
  },
}
