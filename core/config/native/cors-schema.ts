// The configuration of which pages of other origins may ask for tokens: the key `server.cors`.
import { z } from 'zod'

const origin = z.string().superRefine((text, context) => {
  const fault = faultOf(text)
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
})

const EACH = 'name each origin, such as https://ui.example.com'

/** Why a text is not what browsers send as `Origin` (RFC 6454, 6.1): they compare it byte by byte. */
function faultOf(text: string): string | undefined {
  if (text === '*') return `would let every page of the web ask; ${EACH}`
  if (text.includes('*')) return `is a pattern, and origins are compared as they are; ${EACH}`
  if (text === 'null')
    return 'is what sandboxed pages and files send, whoever wrote them; serve the page, and name its origin'
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol))
    return `${JSON.stringify(text)} is no origin; write https://HOST or https://HOST:PORT`
  if (url.origin !== text) return `is not what browsers send; write ${JSON.stringify(url.origin)}`
  return undefined
}

/** The section. Without it, pages of other origins can read nothing. */
export const corsSchema = z
  .strictObject({
    origins: z
      .array(origin)
      .min(1, { error: 'must name an origin; without server.cors no page of another origin may ask' })
      .describe(
        'The origins of the pages, as browsers send them: https://ui.example.com, http://localhost:3000.',
      ),
  })
  .optional()
  .describe('Which pages of other origins, such as a registry UI, may ask for tokens and read the key set.')
