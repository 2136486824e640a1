// `npm start` before the server: compiles the sources into dist/, with a word, unless they are what was compiled last.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { exit, stderr } from 'node:process'

const SOURCES = ['{core,plugins}/**/*.ts', 'tsconfig*.json', 'package-lock.json']
const RESULT = 'dist/core/main.js'
const BUILT = 'dist/.built'

/** A digest of all that goes into dist/. */
function fingerprint() {
  const digest = createHash('sha256')
  const paths = globSync(SOURCES).filter((path) => !path.endsWith('.test.ts'))
  for (const path of paths.sort()) {
    digest.update(`${path}\0`).update(readFileSync(path)).update('\0')
  }
  return digest.digest('hex')
}

function isBuilt(wanted) {
  return existsSync(RESULT) && existsSync(BUILT) && readFileSync(BUILT, 'utf8') === wanted
}

const wanted = fingerprint()
if (!isBuilt(wanted)) {
  stderr.write('Compiling the sources into dist/; that takes some seconds, and only after a change ...\n')
  rmSync(BUILT, { force: true })
  const { status } = spawnSync('npm', ['run', '-s', 'build'], { stdio: 'inherit' })
  if (status !== 0) {
    stderr.write('The sources could not be compiled: see above\n')
    exit(status ?? 1)
  }
  writeFileSync(BUILT, wanted)
}
