// The section `server.metrics`, in both forms.
import { expect } from 'chai'
import { examineText } from '../../support/examine-text.ts'

const LISTS = 'authenticators: []\nauthorizers: []\n'
const EXPOSED =
  'whoever reaches this address reads the metrics, and nothing is encrypted; set password and tls, or listen on 127.0.0.1'

describe('server.metrics', () => {
  const native = (metrics: string, more = 'listen: "127.0.0.1:5001"') =>
    examineText(`server:\n  ${more}\n  metrics: ${metrics}\n${LISTS}`, {
      'metrics.password': 'a password of the test\n',
    })

  const sound = [
    '{}',
    '{ listen: "127.0.0.1:9000" }',
    '{ listen: "127.8.9.10:9464" }',
    '{ listen: "[::1]:9464" }',
    '{ listen: "localhost:9464" }',
    '{ listen: ":9464", password: !file metrics.password }',
    '{ listen: "10.1.2.3:9464", username: scraper, password: !file metrics.password }',
  ]
  for (const metrics of sound) {
    it(`may be ${metrics}`, async () => {
      const { problems, warnings } = await native(metrics)
      expect([...problems, ...warnings]).to.deep.equal([])
    })
  }

  for (const listen of [':9464', '0.0.0.0:9464', '[::]:9464', '10.1.2.3:9464', 'metrics.example.com:9464']) {
    it(`at ${listen}, with neither TLS nor a password, is warned of at its place`, async () => {
      const { problems, warnings } = await native(`{ listen: "${listen}" }`)
      expect(problems).to.deep.equal([])
      expect(warnings).to.have.length(1)
      expect(warnings[0]).to.match(/^f:3:\d+: server\.metrics\.listen: /)
      expect(warnings[0]).to.contain(EXPOSED)
    })
  }

  const wrong: [metrics: string, path: string, message: RegExp][] = [
    ['true', 'server.metrics', /must be a map .* write \{\} for 127\.0\.0\.1:9464/],
    ['"127.0.0.1:9464"', 'server.metrics', /must be a map/],
    ['{ listen: "9464" }', 'server.metrics.listen', /is no address; write ":9464"/],
    ['{ listen: "unix:/run/metrics.sock" }', 'server.metrics.listen', /unix socket/],
    ['{ port: 9464 }', 'server.metrics.port', /unknown key/],
    ['{ username: prometheus }', 'server.metrics.username', /needs a password/],
    ['{ username: "a:b", password: !file metrics.password }', 'server.metrics.username', /no colon/],
    ['{ password: written out }', 'server.metrics.password', /!env|!file/],
    ['{ tls: auto }', 'server.metrics.tls', /map/],
    ['{ tls: { certificate: no.crt, key: no.key } }', 'server.metrics.tls.certificate', /no\.crt/],
    ['{ listen: "127.0.0.1:5001" }', 'server.metrics.listen', /tokens are asked for/],
    ['{ listen: ":5001" }', 'server.metrics.listen', /tokens are asked for/],
  ]
  for (const [metrics, path, message] of wrong) {
    it(`can't be ${metrics}`, async () => {
      const { problems } = await native(metrics)
      expect(problems[0]).to.match(/^f:3:\d+: /)
      expect(problems[0]).to.contain(`: ${path}: `)
      expect(problems[0]).to.match(message)
    })
  }

  it('may stand where the token address has another host and the same port', async () => {
    const { problems } = await native('{ listen: "127.0.0.1:5001" }', 'listen: "127.0.0.2:5001"')
    expect(problems).to.deep.equal([])
  })

  it("may stand in docker_auth's form, with the same checks", async () => {
    const form = (metrics: string) =>
      examineText(
        `server: { addr: "127.0.0.1:5001", metrics: ${metrics} }\ntoken: { issuer: Acme, expiration: 900 }\nusers: { "": {} }\nacl: []\n`,
      )
    expect((await form('{}')).problems.join()).not.to.contain('metrics')
    expect((await form('{ listen: ":9464" }')).warnings.join()).to.contain(EXPOSED)
    expect((await form('{ listen: "127.0.0.1:5001" }')).problems.join()).to.contain('tokens are asked for')
  })
})
