// The configuration of the metrics: the key `server.metrics`.
import { z } from 'zod'
import { secret } from '../../kit/options.ts'

/** A TCP address, as `listen` gives it. */
export interface TcpAddress {
  readonly host?: string
  readonly port: number
}

/**
 * The section.
 *
 * @param listen reads an address
 * @param tls the map of a certificate and its key
 */
export function metricsSchema<
  L extends z.ZodType<TcpAddress | { readonly socket: string }>,
  T extends z.ZodType,
>(listen: L, tls: T) {
  const tcp = listen.transform((address, context): TcpAddress => {
    if ('port' in address) return address
    context.addIssue({
      code: 'custom',
      message: 'is a unix socket, from which Prometheus reads nothing; write "127.0.0.1:9464"',
    })
    return z.NEVER
  })
  return z
    .strictObject(
      {
        listen: tcp
          .prefault('127.0.0.1:9464' as never)
          .describe(
            'The address that Prometheus scrapes, at /metrics: "127.0.0.1:9464", ":9464", "HOST:PORT".',
          ),
        tls: tls.optional().describe('TLS with a certificate of yours. Without this key: plain HTTP.'),
        username: z
          .string()
          .regex(/^[^:\p{Cc}]+$/u, {
            error: 'must not be empty, and hold no colon and no control characters',
          })
          .optional()
          .describe("The name beside password, as in Prometheus's basic_auth. Default: prometheus."),
        password: secret().optional().describe('Whoever scrapes must show it, with username (HTTP Basic).'),
      },
      { error: 'must be a map of listen, tls, username and password; write {} for 127.0.0.1:9464' },
    )
    .refine(({ username, password }) => username === undefined || password !== undefined, {
      path: ['username'],
      error: 'needs a password; write password: !file PATH or !env NAME',
    })
    .optional()
    .describe('Metrics for Prometheus, at an address of their own: docs/metrics.md. Without this key: none.')
}
