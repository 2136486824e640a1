// docs/metrics.md names all metrics that there are, with their labels, and no others.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { COUNTING } from './support/plugins/index.ts'
import { type Scrape, scrape } from './support/scrape.ts'
import { startTestServer } from './support/server.ts'

const PASSWORD = 'canary of the documented'
const PAGE = readFileSync(join(import.meta.dirname, '../docs/metrics.md'), 'utf8')

/** Name, type and labels of each row. */
function documented(): [name: string, type: string, labels: string[]][] {
  return [...PAGE.matchAll(/^\| `(dockwarden_\w+)` \| (\w+) \|([^|]*)\|/gm)].map(([, name, type, labels]) => [
    name!,
    type!,
    [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!),
  ])
}

describe('docs/metrics.md', () => {
  let scraped: Scrape
  before(async () => {
    await using server = await startTestServer({
      config: {
        server: { metrics: { listen: '127.0.0.1:0' } },
        authenticators: [{ plugin: COUNTING, remember: '5m', options: { password: PASSWORD } }],
        authorizers: [{ plugin: 'acl', options: { rules: [{ actions: ['*'] }] } }],
      },
    })
    const query = { service: 'registry', scope: 'repository:a:pull', offline_token: 'true', client_id: 'c' }
    await server.token({ user: ['ann', PASSWORD], query })
    await server.send({ path: '/nowhere' })
    scraped = await scrape(server)
  })

  it('has a row for each metric, with its type, and for no other', () => {
    const own = [...scraped.types].filter(([name]) => name.startsWith('dockwarden_'))
    expect(documented().map(([name, type]) => [name, type])).to.have.deep.members(own)
  })

  it('names the labels of each', () => {
    let seen = 0
    for (const [name, type, labels] of documented()) {
      const [series] = scraped.of(type === 'histogram' ? `${name}_count` : name)
      if (series === undefined) continue
      seen += 1
      expect(
        [...series.matchAll(/[{,](\w+)="/g)].map(([, label]) => label),
        name,
      ).to.have.members(labels)
    }
    expect(seen).to.be.greaterThan(18)
  })
})
