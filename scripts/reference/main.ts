// Writes docs/reference anew, from the schemas and the commander tree: `npm run schema`.
import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { referencePages } from './pages.ts'

const FOLDER = resolve(import.meta.dirname, '../../docs/reference')

mkdirSync(FOLDER, { recursive: true })
for (const [name, text] of await referencePages()) writeFileSync(resolve(FOLDER, name), text)
