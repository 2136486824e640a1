// A place at the guard for a right password, with nobody asked.
import type { Credentials } from '../../core/plugin.ts'
import { guarded } from '../../core/request/guarded.ts'
import { CHAINS } from '../../core/request/pipeline.ts'
import type { Step } from './step.ts'

export const guard: Step = {
  name: 'guard',
  prepare({ services, request, requestContext }) {
    const { authenticators } = services.container.resolve(CHAINS)
    const credentials = request.credentials as Credentials
    const context = requestContext()
    const proved = Promise.resolve()
    return () => guarded(credentials, authenticators, context, {}, () => proved)
  },
}
