import { expect } from 'chai'
import fc from 'fast-check'
import { deriveLabels, expression, type JsonValue } from '../../../../core/plugin.ts'
import { SERVER, TOKEN, translateText } from '../../../support/docker-auth-form.ts'

function oidc(line: string) {
  const { native, problems } = translateText(
    `${SERVER}${TOKEN}acl: []
oidc_auth:
  client_id: a
  client_secret: b
  issuer: https://id.example.com
  redirect_url: https://auth.example.com/oidc_auth
  ${line}
`,
  )
  return { options: native.authenticators[0].options, problems }
}

describe("the expressions that docker_auth's claims become", () => {
  const compile = expression({ variables: ['claims'] })
  const quoted = (text: string) => JSON.stringify(text)
  const name = fc.oneof(
    fc.string({ minLength: 1, unit: 'grapheme' }),
    fc.constantFrom('"', '\\', "'", '\\"] + claims["b', '\u2028', '\t', '${x}', '__proto__', 'constructor'),
  )

  it('name exactly the claim, whatever it is called', () => {
    fc.assert(
      fc.property(name, (claim) => {
        const { options, problems } = oidc(`user_claim: ${quoted(claim)}`)
        expect(problems).to.deep.equal([])
        const claims: Record<string, JsonValue> = Object.create(null)
        claims[claim] = 'ann'
        claims[`${claim}x`] = 'bob'
        expect(compile.parse(options.account).evaluate({ claims })).to.equal('ann')
      }),
    )
  })

  it('give the labels that docker_auth would', () => {
    const held = fc.oneof(
      fc.array(fc.oneof(fc.string(), fc.constant(''), fc.jsonValue({ maxDepth: 1 })), { maxLength: 4 }),
      fc.jsonValue({ maxDepth: 1 }),
    )
    fc.assert(
      fc.property(name, held, (claim, value) => {
        const { options } = oidc(`labels_claims: [${quoted(claim)}, absent]`)
        const rules = Object.fromEntries(
          Object.entries<string>(options.labels).map(([label, source]) => [label, compile.parse(source)]),
        )
        const texts = (Array.isArray(value) ? value : []).filter(
          (item) => typeof item === 'string' && item !== '',
        )
        fc.pre(claim !== '__proto__' && claim !== 'absent')
        const labels = deriveLabels(rules, { claims: { [claim]: value } })
        expect({ ...labels }).to.deep.equal(texts.length > 0 ? { [claim]: texts } : {})
      }),
    )
  })
})
