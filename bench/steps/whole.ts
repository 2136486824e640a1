// The whole way of a request through the host, from Node's request object to the last byte of the answer, but for the signature.
import { TOKEN_SETTINGS } from '../../core/request/sign.ts'
import { createGeneration, spentStates } from '../../core/server/generation.ts'
import { AT_ONCE, connectedClients } from './client.ts'
import type { Step } from './step.ts'

/** As long as that of ES256. */
const SIGNATURE = 'x'.repeat(86)

export const wholeUnsigned: Step = {
  name: 'whole request without signature',
  times: AT_ONCE,
  prepare({ config, services, log, wire }) {
    const container = services.container.createChildContainer()
    container.registerInstance(TOKEN_SETTINGS, {
      ...services.container.resolve(TOKEN_SETTINGS),
      signedBefore: undefined,
      signer: {
        isQuick: true,
        async sign(claims) {
          return `header.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${SIGNATURE}`
        },
      },
    })
    const lasting = { log, refused() {}, spent: spentStates(), stopping: () => false }
    const { handle } = createGeneration(config, { ...services, container }, lasting)
    const ask = connectedClients(handle)
    return () => ask(wire)
  },
}
