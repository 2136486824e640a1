// The pages of docs/reference, as texts.
import { configJsonSchema } from '../../core/config/json-schema.ts'
import { apiPage } from './api.ts'
import { commandsPage } from './commands.ts'
import { configurationPage } from './configuration.ts'
import type { Schema } from './schema-rows.ts'

/** @returns the name of each file, and its text */
export async function referencePages(): Promise<[name: string, text: string][]> {
  return [
    ['configuration.md', configurationPage((await configJsonSchema()) as Schema)],
    ['commands.md', commandsPage()],
    ['plugin-api.md', apiPage()],
  ]
}
