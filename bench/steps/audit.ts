// The audit line, written to the null device in the course of a request: secrets are looked for in it. As many requests end in one
// turn of the event loop as the server would have under load.
import { noteSecret, withSecrets } from '../../core/kit/request-secrets.ts'
import { audit } from '../../core/request/audit.ts'
import { type Decision, decide } from '../../core/request/pipeline.ts'
import { PASSWORD } from '../files.ts'
import { AT_ONCE } from './client.ts'
import type { Step } from './step.ts'

export const auditLine: Step = {
  name: 'audit line',
  times: AT_ONCE,
  async prepare({ request, requestContext, log }) {
    const decided = {}
    const { identity, scopes }: Decision = await decide(requestContext(), decided)
    const facts = {
      id: '00000000-0000-4000-8000-000000000000',
      ip: '127.0.0.1',
      request,
      ...decided,
      status: 200,
      account: identity.account,
      decisions: scopes,
      jti: '00000000-0000-4000-8000-000000000001',
      duration: 1.2,
    }
    const once = () =>
      withSecrets(() => {
        noteSecret(PASSWORD)
        return audit(log, facts, true)
      })
    return () => Promise.all(Array.from({ length: AT_ONCE }, once))
  },
}
