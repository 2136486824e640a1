// docs/metrics.md names all metrics that there are, with their labels, and no others.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { scrape } from './support/scrape.ts'
import { startTestServer } from './support/server.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../docs/metrics.md'), 'utf8')

/** Name and type of each row. */
function documented(): [name: string, type: string][] {
  return [...PAGE.matchAll(/^\| `(dockwarden_\w+)` \| (\w+) \|/gm)].map(([, name, type]) => [name!, type!])
}

describe('docs/metrics.md', () => {
  it('has a row for each metric, with its type, and for no other', async () => {
    await using server = await startTestServer({
      config: {
        server: { metrics: { listen: '127.0.0.1:0' } },
        authenticators: [],
        authorizers: [],
      },
    })
    const { types } = await scrape(server)
    const own = [...types].filter(([name]) => name.startsWith('dockwarden_'))
    expect(documented()).to.have.deep.members(own)
  })
})
