import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect } from 'chai'
import { findExecutable } from '../../../core/services/executable.ts'

describe('findExecutable', () => {
  const [path, back] = [process.env.PATH, process.cwd()]
  let folder: string

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'executable-test-')))
  })
  afterEach(() => {
    process.chdir(back)
    process.env.PATH = path
    rmSync(folder, { recursive: true })
  })

  /** Writes a file below the folder and returns its path. */
  function file(name: string, mode = 0o755): string {
    const full = join(folder, name)
    mkdirSync(join(full, '..'), { recursive: true })
    writeFileSync(full, '#!/bin/sh\n', { mode })
    return full
  }

  it('finds a name in PATH, the first folder that has it', () => {
    file('b/tool')
    process.env.PATH = [join(folder, 'a'), join(folder, 'b')].join(delimiter)
    expect(findExecutable('tool')).to.equal(join(folder, 'b/tool'))
    file('a/tool')
    expect(findExecutable('tool')).to.equal(join(folder, 'a/tool'))
  })

  it('takes a name with a slash relative to the working directory, never from PATH', () => {
    const tool = file('sub/tool')
    process.chdir(folder)
    process.env.PATH = folder
    expect(findExecutable('sub/tool')).to.equal(tool)
    process.chdir('/')
    expect(() => findExecutable('sub/tool')).to.throw('command "sub/tool": /sub/tool: there is no such file')
  })

  it('follows symbolic links', () => {
    file('tool')
    const link = join(folder, 'link')
    symlinkSync('tool', link)
    expect(findExecutable(link)).to.equal(link)
  })

  it('names the folders of PATH that it looked in', () => {
    process.env.PATH = `/nowhere:${folder}`
    expect(() => findExecutable('no-such')).to.throw(
      `command "no-such": not found in PATH (/nowhere, ${folder}); install it, or write its path with a slash`,
    )
  })

  it('says so when PATH is empty', () => {
    process.env.PATH = ''
    expect(() => findExecutable('sh')).to.throw('command "sh": not found, PATH is empty')
  })

  it('skips relative and empty entries of PATH', () => {
    file('tool')
    process.chdir(folder)
    process.env.PATH = '.::/nowhere'
    expect(() => findExecutable('tool')).to.throw('not found in PATH (/nowhere)')
  })

  for (const [command, expected] of [
    [
      '/bin/cat -u /etc/hosts',
      /write arguments as args: command: \/bin\/cat, args: \["-u","\/etc\/hosts"\]$/,
    ],
    ['cat -u', /write arguments as args: command: cat, args: \["-u"\]$/],
  ] as const) {
    it(`says of a whole command line where its arguments belong: ${command}`, () => {
      expect(() => findExecutable(command)).to.throw(expected)
    })
  }

  it('passes over what may not be executed in PATH, and names it when nothing else is found', () => {
    const first = file('a/tool', 0o644)
    process.env.PATH = [join(folder, 'a'), join(folder, 'b')].join(delimiter)
    expect(() => findExecutable('tool')).to.throw(`${first}: it is not executable; run chmod +x on it`)
    const second = file('b/tool')
    expect(findExecutable('tool')).to.equal(second)
  })

  for (const [what, make, message] of [
    ['missing', () => join(folder, 'missing'), 'there is no such file'],
    ['a folder', () => folder, 'it is a folder; name the program in it'],
    ['under a file', () => join(file('plain'), 'x'), 'a part of the path is not a folder'],
    ['not a regular file', () => '/dev/null', 'it is not a regular file'],
    ['without the executable bit', () => file('no-bit', 0o600), 'it is not executable; run chmod +x on it'],
  ] as const) {
    it(`refuses a path that is ${what}`, () => {
      const named = make()
      expect(() => findExecutable(named)).to.throw(`command ${JSON.stringify(named)}: ${named}: ${message}`)
    })
  }
})
