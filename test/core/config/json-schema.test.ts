import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { configJsonSchema } from '../../../core/config/json-schema.ts'

describe('the JSON Schema of the native form', () => {
  it('is what config/dockwarden.schema.json holds (npm run schema)', async () => {
    const file = new URL('../../../config/dockwarden.schema.json', import.meta.url)
    const shipped = JSON.parse(readFileSync(file, 'utf8'))
    expect(shipped).to.deep.equal(JSON.parse(JSON.stringify(await configJsonSchema())))
  })

  it('describes every key of server, token and the plugin lists', async () => {
    const { properties } = (await configJsonSchema()) as { properties: Record<string, Node> }
    expect(undescribed(properties.server!, 'server')).to.deep.equal([])
    expect(undescribed(properties.token!, 'token')).to.deep.equal([])
  })
})

interface Node {
  readonly description?: string
  readonly properties?: Record<string, Node>
}

function undescribed(node: Node, path: string): string[] {
  const inner = Object.entries(node.properties ?? {})
  return [
    ...(node.description ? [] : [path]),
    ...inner.flatMap(([key, child]) => undescribed(child, `${path}.${key}`)),
  ]
}
