// Writes config/dockwarden.schema.json, which editors use for the shipped configurations: `npm run schema`.
import { writeFileSync } from 'node:fs'
import { configJsonSchema } from '../core/config/json-schema.ts'

const schema = await configJsonSchema()
writeFileSync(new URL('dockwarden.schema.json', import.meta.url), `${JSON.stringify(schema, null, 2)}\n`)
