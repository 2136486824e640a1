import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { configJsonSchema } from '../../../core/config/json-schema.ts'

describe('the JSON Schema of the native form', () => {
  it('is what config/dockwarden.schema.json holds (npm run schema)', async () => {
    const file = new URL('../../../config/dockwarden.schema.json', import.meta.url)
    const shipped = JSON.parse(readFileSync(file, 'utf8'))
    expect(shipped).to.deep.equal(JSON.parse(JSON.stringify(await configJsonSchema())))
  })

  it('knows the options of a backend in each list, under each of its names', async () => {
    const { properties } = (await configJsonSchema()) as { properties: Record<string, Lists> }
    const optionsOf = (list: string, name: string) => {
      const found = properties[list]!.items.allOf.filter((one) =>
        one.if.properties.plugin.enum.includes(name),
      )
      return found.flatMap(({ then }) => Object.keys(then.properties.options.properties))
    }
    expect(optionsOf('authenticators', 'http')).to.include('accept')
    expect(optionsOf('labelers', 'http')).to.include('none')
    for (const [name, former] of [
      ['exec', 'exec-authz'],
      ['http', 'http-authz'],
      ['mongo', 'acl-mongo'],
      ['sql', 'acl-sql'],
    ] as const) {
      expect(optionsOf('authorizers', name), name).to.have.length.above(0)
      expect(optionsOf('authorizers', former), former).to.deep.equal(optionsOf('authorizers', name))
      expect(optionsOf('authenticators', former), former).to.deep.equal([])
    }
  })

  it('describes every key of server, token and the plugin lists', async () => {
    const { properties } = (await configJsonSchema()) as { properties: Record<string, Node> }
    expect(undescribed(properties.server!, 'server')).to.deep.equal([])
    expect(undescribed(properties.token!, 'token')).to.deep.equal([])
  })
})

interface Lists {
  readonly items: {
    readonly allOf: readonly {
      readonly if: { readonly properties: { readonly plugin: { readonly enum: readonly string[] } } }
      readonly then: { readonly properties: { readonly options: { readonly properties: object } } }
    }[]
  }
}

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
