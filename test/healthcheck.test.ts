// The image's health check, as a container runtime runs it: against real servers, judged by its exit status.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { newPair } from './support/key-pairs.ts'
import { startTestServer } from './support/server.ts'

const SCRIPT = fileURLToPath(new URL('../docker/healthcheck.js', import.meta.url))
const CHAINS = { authenticators: [], authorizers: [] }

describe('the health check of the image', () => {
  const run = (url: string): Promise<{ status: number; output: string }> =>
    new Promise((resolve) => {
      const env = { DOCKWARDEN_HEALTH_URL: url }
      execFile(process.execPath, [SCRIPT], { env }, (error, stdout, stderr) => {
        resolve({ status: error ? Number(error.code) : 0, output: stdout + stderr })
      })
    })

  it('is content with a server without TLS, under a path prefix', async () => {
    await using server = await startTestServer({ config: { server: { path_prefix: '/tokens' }, ...CHAINS } })
    const { status, output } = await run(`http://127.0.0.1:${server.port}/tokens/healthz`)
    expect(status, output).to.equal(0)
    expect(output).to.equal('')
  })

  it('is content with a server whose certificate is for another name', async () => {
    const pair = await newPair('P-256', { name: 'registry.example.com' })
    await using server = await startTestServer({
      config: { server: { tls: { certificate: 'tls.crt', key: 'tls.key' } }, ...CHAINS },
      files: { 'tls.crt': pair.certificate, 'tls.key': pair.key },
    })
    const { status, output } = await run(`https://127.0.0.1:${server.port}/healthz`)
    expect(status, output).to.equal(0)
  })

  it('fails and says why when the answer is not 200, or there is no server', async () => {
    await using server = await startTestServer({ config: CHAINS })
    const wrongPath = await run(`http://127.0.0.1:${server.port}/nothing`)
    expect(wrongPath.status).to.equal(1)
    expect(wrongPath.output).to.include('answered 404')
    await server.stop()
    const stopped = await run(`http://127.0.0.1:${server.port}/healthz`)
    expect(stopped.status).to.equal(1)
    expect(stopped.output).to.include('ECONNREFUSED')
  })
})
