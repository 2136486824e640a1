// Runs test files of plugins by Node's own test runner, in processes of their own, in which `dockwarden/plugin` and
// `dockwarden/testing` mean this Dockwarden.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { ReportedLine } from './test-reporter.ts'
import type { TestResult } from './test-words.ts'

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
const REGISTER = new URL(`../../config/plugins/register.${extension}`, import.meta.url).href
const REPORTER = new URL(`./test-reporter.${extension}`, import.meta.url).href

/**
 * Runs test files.
 *
 * @param take is told of each test
 * @param wrote is given what they write
 * @throws Error when a file is not there, or the runner could not be started
 */
export async function runTestFiles(
  files: readonly string[],
  take: (result: TestResult) => void,
  wrote: (text: string) => void,
): Promise<void> {
  for (const file of files)
    if (!existsSync(file)) throw new Error(`there is no file ${file}; correct the path`)
  const args = [
    '--import',
    REGISTER,
    '--test',
    `--test-reporter=${REPORTER}`,
    '--test-reporter-destination=stdout',
  ]
  // A process that was started by a test would report to that one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const child = spawn(process.execPath, [...args, ...files.map((file) => resolve(file))], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((done, failed) => child.once('error', failed).once('close', done))
  child.stderr.setEncoding('utf8').on('data', wrote)
  let failed = false
  for await (const line of createInterface({ input: child.stdout })) {
    const reported = read(line)
    if (!reported) wrote(`${line}\n`)
    else if ('wrote' in reported) wrote(reported.wrote)
    else {
      failed ||= !reported.ok
      take(reported)
    }
  }
  const status = await ended
  if (status !== 0 && !failed)
    take({
      groups: [],
      name: files.join(' '),
      ok: false,
      skipped: false,
      error: `the tests ended with status ${status}`,
    })
}

function read(line: string): ReportedLine | undefined {
  try {
    const parsed: unknown = JSON.parse(line)
    return typeof parsed === 'object' && parsed !== null ? (parsed as ReportedLine) : undefined
  } catch {
    return undefined
  }
}
