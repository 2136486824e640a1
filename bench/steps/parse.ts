// URL and headers to a request.
import { parse } from '../../core/request/parse.ts'
import type { Step } from './step.ts'

export const parseRequest: Step = {
  name: 'parse',
  prepare:
    ({ config, koaContext }) =>
    () =>
      parse(koaContext, '127.0.0.1', config.server.limits),
}
