// URL and headers to a request, of a URL that came before.
import { AskedByUrl } from '../../core/request/asked.ts'
import { parse } from '../../core/request/parse.ts'
import type { Step } from './step.ts'

export const parseRequest: Step = {
  name: 'parse',
  prepare({ config, koaContext }) {
    const urls = new AskedByUrl()
    return () => parse(koaContext, '127.0.0.1', config.server.limits, undefined, {}, urls)
  },
}
