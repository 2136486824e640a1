import { expect } from 'chai'
import { misplaced, z } from '../../../core/plugin.ts'
import { Shape } from '../../../core/yaml/shape.ts'
import { keyRemedy } from '../../../core/yaml/unknown-keys.ts'

const shape = new Shape(
  z.strictObject({
    server: z.strictObject({
      listen: z.string(),
      hsts: z.boolean(),
      tls: z.union([z.literal('auto'), z.strictObject({ certificate: z.string(), key: z.string() })]),
    }),
    token: z.strictObject({ issuer: z.string(), keys: z.array(z.strictObject({ key: z.string() })) }),
    rules: z.array(
      z.strictObject({
        when: z.string(),
        match: misplaced(z.strictObject({ account: z.string(), labels: z.record(z.string(), z.string()) }), {
          group: 'say group otherwise',
          '*': 'write labels: { KEY: PATTERN }',
        }),
      }),
    ),
  }),
)

describe('the remedy for an unknown key', () => {
  const cases: [string, (string | number)[], string][] = [
    ['isuer', ['token'], 'did you mean "issuer"?'],
    ['Listen', ['server'], 'did you mean "listen"?'],
    // As near by letters would be hsts.
    ['host', ['server'], 'did you mean "listen"?'],
    ['cert', ['server', 'tls'], 'did you mean "certificate"?'],
    ['private-key', ['server', 'tls'], 'did you mean "key"?'],
    ['ssl', ['server'], 'did you mean "tls"?'],
    ['issuer', [], 'write it in token: { issuer: ... }'],
    ['issuer', ['server'], 'write it in token: { issuer: ... }'],
    ['certificate', ['server'], 'write it in tls: { certificate: ... }'],
    ['listen', ['server', 'tls'], 'write it beside tls'],
    ['when', ['rules', 3, 'match'], 'write it beside match'],
    ['group', ['rules', 3, 'match'], 'say group otherwise'],
    ['team', ['rules', 3, 'match'], 'write labels: { team: PATTERN }'],
    ['team x', ['rules', 3, 'match'], 'write labels: { "team x": PATTERN }'],
    ['constructor', ['rules', 3, 'match'], 'write labels: { constructor: PATTERN }'],
    ['issuer:Acme', ['token'], 'write a blank after the colon: issuer: Acme'],
    ['issuer=Acme', ['token'], 'write a colon and a blank for the =: issuer: Acme'],
    ['-plugin', [], 'write a blank after the -: "- plugin: ..."'],
    ['https://host', ['token'], 'known: issuer, keys'],
    ['nothing', ['token'], 'known: issuer, keys'],
  ]
  for (const [key, path, expected] of cases) {
    it(`of ${JSON.stringify(key)} in ${path.join('.') || 'the file'} is ${expected}`, () => {
      expect(keyRemedy(key, path, shape)).to.equal(expected)
    })
  }
})
