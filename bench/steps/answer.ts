// The JSON answer, as it is sent.
import { decide } from '../../core/request/pipeline.ts'
import { respondToken } from '../../core/request/respond.ts'
import { sign, TOKEN_SETTINGS } from '../../core/request/sign.ts'
import { TokenAnswer } from '../../core/server/token-answer.ts'
import type { Step } from './step.ts'

export const answer: Step = {
  name: 'answer',
  async prepare({ services, request, requestContext, koaContext }) {
    const settings = services.container.resolve(TOKEN_SETTINGS)
    const own = requestContext()
    const { identity, scopes } = await decide(own)
    const signed = await sign(settings, identity, request.service, scopes, own.leaving, Date.now())
    return () => {
      const answer = new TokenAnswer(koaContext)
      respondToken(answer, signed, undefined, undefined)
      return answer.body
    }
  },
}
