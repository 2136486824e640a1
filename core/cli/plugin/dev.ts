// `dockwarden plugin dev`: serves while a plugin is written, by the server's own reload: what is saved counts at once.
import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { inspectConfig } from '../../config/config.ts'
import { FileRecord, recordFiles } from '../../kit/file-record.ts'
import { createLog, readableLines } from '../../server/log.ts'
import { ConfigError, formatProblem } from '../../yaml/problems.ts'
import { examine } from '../check.ts'
import type { Output } from '../output.ts'
import { serve } from '../serve.ts'
import { assertUsed } from './alone.ts'

/** As commander gives them. */
export interface DevOptions {
  /** A configuration that uses the plugin. */
  readonly config?: string
}

/** Beside a plugin, or in a folder above it. */
const NAMES = ['dockwarden.yml', 'example/dockwarden.yml']
const INTERVAL_MS = 500

/**
 * Serves until SIGTERM or SIGINT. While nothing can be started, a change of the files is waited for.
 *
 * @param file of the plugin
 * @returns exit status, as of `serve`
 * @throws Error when no configuration uses the plugin
 */
export async function devPlugin(
  file: string,
  { config = nearest(file) }: DevOptions,
  output: Output,
): Promise<number> {
  const log = createLog('debug', readableLines())
  for (;;) {
    // What is wrong with a configuration, the start tells.
    const { config: read, problems } = await inspectConfig(config)
    if (read && problems.length === 0) assertUsed(read, config, file)
    try {
      return await serve(config, 'debug', output, { log, watching: true })
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      for (const problem of error.problems) output.stderr.write(`${formatProblem(problem)}\n`)
    }
    const files = new FileRecord()
    await recordFiles(files, () => examine(config))
    output.stderr.write('waiting until one of its files is saved\n')
    while (await files.isCurrent()) await after(INTERVAL_MS)
  }
}

/** @throws Error when there is none */
function nearest(file: string): string {
  if (!existsSync(file)) throw new Error(`there is no file ${file}; correct the path`)
  for (let folder = dirname(resolve(file)); ; folder = dirname(folder)) {
    const found = NAMES.map((name) => join(folder, name)).find((path) => existsSync(path))
    if (found !== undefined) return relative(process.cwd(), found)
    if (folder === dirname(folder)) break
  }
  throw new Error(
    `there is no dockwarden.yml beside ${file}, or above it; name the configuration that uses it with --config FILE`,
  )
}
