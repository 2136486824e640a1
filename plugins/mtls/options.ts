// The options of mtls: three CEL expressions over the certificate.
import { expression, mapOf, z } from '../../core/plugin.ts'

/** The fields are those of `ClientCertificate` that say who somebody is. */
const VARIABLES = {
  certificate: {
    subject: 'map<string, list<string>>',
    san: 'map<string, list<string>>',
    issuer: 'map<string, list<string>>',
    serial: 'string',
    fingerprint: 'string',
    notBefore: 'google.protobuf.Timestamp',
    notAfter: 'google.protobuf.Timestamp',
  },
} as const

export const options = z.strictObject({
  accept: expression({ variables: VARIABLES, returns: 'bool' })
    .prefault('true')
    .describe('CEL over `certificate`: whether whoever shows it may come in.'),
  account: expression({ variables: VARIABLES })
    .prefault('certificate.subject.CN[0]')
    .describe("CEL over `certificate`: the account's name."),
  labels: mapOf(expression({ variables: VARIABLES }))
    .prefault({})
    .describe(
      'Label names to CEL over `certificate`, each a text or a list. A missing field: no such label.',
    ),
})

export type Options = z.output<typeof options>
