// Writes the JSON Schemas that editors use for the shipped configurations and files of cases: `npm run schema`.
import { writeFileSync } from 'node:fs'
import { configJsonSchema } from '../core/config/json-schema.ts'
import { caseJsonSchema } from '../core/policy/json-schema.ts'

write('dockwarden.schema.json', await configJsonSchema())
write('policy.schema.json', caseJsonSchema())

function write(name: string, schema: object): void {
  writeFileSync(new URL(name, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`)
}
