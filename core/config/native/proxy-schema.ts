// The configuration of proxies that speak the PROXY protocol: the key `server.proxy_protocol`.
import { z } from 'zod'
import { network } from './texts.ts'

const section = z.strictObject({
  trusted_proxies: z
    .array(network)
    .describe('Networks of your proxies: nobody else may connect. Whoever reaches a unix socket is one.'),
})

/** Of the whole server. */
export const proxyProtocolSchema = section
  .optional()
  .describe(
    "Connections begin with a header of the PROXY protocol (1 or 2), which has the client's address. client_ip is not read then.",
  )

/** Of one address. */
export const ownProxyProtocolSchema = z
  .union([z.literal(false), section], { error: 'must be false, or a map of trusted_proxies' })
  .optional()
  .describe('The PROXY protocol at this address. false: none. Default: as in server.proxy_protocol.')
