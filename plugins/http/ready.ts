// Whether the service is there, where it has something to ask about that.
import { type HttpClient, urlTemplate, z } from '../../core/plugin.ts'

const TIMEOUT_MS = 5_000

/** The option, to be spread into a plugin's schema. */
export const readyOption = {
  ready: z
    .strictObject({
      url: urlTemplate({ variables: [] }).describe('Answers GET with 2xx while the service can be asked.'),
    })
    .optional()
    .describe('What /readyz asks; without it, the service counts as ready.'),
}

type Ready = z.output<typeof readyOption.ready>

/** The origins that are asked, of which the first is that of the questions. */
export function originsOf({
  url,
  ready,
}: {
  readonly url: { readonly origin: string }
  readonly ready?: Ready
}): string[] {
  return [...new Set([url.origin, ...(ready ? [ready.url.origin] : [])])]
}

/** The function `ready` of an instance, if it has one. */
export function readiness(client: HttpClient, ready: Ready): { ready?: () => Promise<void> } {
  if (!ready) return {}
  const { url } = ready
  return {
    async ready() {
      const request = { method: 'GET', url: url.render({}), headers: { accept: '*/*' } }
      const { status } = await client.send({ ...request, signal: AbortSignal.timeout(TIMEOUT_MS) })
      if (status < 200 || status > 299) throw new Error(`${url.origin}: ready.url answered ${status}`)
    },
  }
}
