// .github and .editorconfig: the files are valid, and name what is there. What the workflow runs is .ci/run, and what it takes from others is pinned.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { parseDocument } from 'yaml'

const ROOT = resolve(import.meta.dirname, '..')
const FILES = globSync('.github/**/*.yml', { cwd: ROOT }).sort()
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8')
const parsed = (name: string) => parseDocument(read(name), { uniqueKeys: true }).toJS()
const inFolder = (folder: string) => FILES.filter((name) => name.startsWith(`.github/${folder}`))

interface Job {
  readonly container?: string
  readonly 'timeout-minutes'?: number
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[]
}
interface Update {
  readonly 'package-ecosystem': string
  readonly directory?: string
  readonly directories?: readonly string[]
}
interface Field {
  readonly type: string
  readonly id?: string
  readonly attributes: { readonly label?: string; readonly value?: string }
}

describe('.github', () => {
  for (const name of FILES) {
    it(`${name} is YAML without a fault`, () => {
      const document = parseDocument(read(name), { uniqueKeys: true })
      expect([...document.errors, ...document.warnings].map(String)).to.deep.equal([])
      expect(document.toJS()).to.be.an('object')
    })
  }

  for (const name of inFolder('workflows/')) {
    describe(name, () => {
      const { jobs, permissions } = parsed(name)
      const all = Object.values<Job>(jobs)
      const steps = all.flatMap((job) => job.steps)

      it('pins actions by commit and images by digest, with the version beside it', () => {
        for (const { uses } of steps)
          if (uses !== undefined) expect(uses).to.match(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/)
        for (const line of read(name).split('\n'))
          if (/^\s+- uses:/.test(line)) expect(line).to.match(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
        for (const { container } of all)
          if (container !== undefined) expect(container).to.match(/^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/)
      })

      it('may read only, and ends', () => {
        expect(permissions).to.deep.equal({ contents: 'read' })
        for (const job of all) expect(job['timeout-minutes']).to.be.a('number')
      })

      it('puts nothing that others write into a command', () => {
        for (const { run = '' } of steps) expect(run).to.not.contain('${{')
      })

      it('calls scripts that are there', () => {
        const scripts = steps.flatMap(({ run = '' }) =>
          [...run.matchAll(/bash (\S+)/g)].map(([, path]) => path!),
        )
        for (const path of scripts) expect(existsSync(join(ROOT, path)), path).to.equal(true)
      })
    })
  }

  it('a workflow runs all that a change must pass', () => {
    const commands = inFolder('workflows/').flatMap((name) =>
      Object.values<Job>(parsed(name).jobs).flatMap(({ steps }) => steps.map(({ run }) => run)),
    )
    expect(commands).to.include('bash .ci/run')
  })

  it('dependabot looks at each place that has something to look at', () => {
    const updates: Update[] = parsed('.github/dependabot.yml').updates
    const places = (ecosystem: string) =>
      updates
        .filter((update) => update['package-ecosystem'] === ecosystem)
        .flatMap(({ directory, directories = [] }) => [...(directory ? [directory] : []), ...directories])
        .sort()
    const dockerfiles = ['Dockerfile', ...globSync('{docker,examples}/**/Dockerfile', { cwd: ROOT })]
    expect(places('docker')).to.deep.equal(
      dockerfiles.map((file) => `/${file.replace(/\/?Dockerfile$/, '')}`).sort(),
    )
    expect(places('npm')).to.deep.equal(['/'])
    expect(places('github-actions')).to.deep.equal(['/'])
  })

  for (const name of inFolder('ISSUE_TEMPLATE/').filter((file) => !file.endsWith('/config.yml'))) {
    it(`${name} is a form that GitHub takes`, () => {
      const form = parsed(name)
      expect(form.name).to.be.a('string')
      expect(form.description).to.be.a('string')
      const fields: Field[] = form.body
      for (const { type, id, attributes } of fields) {
        expect(['markdown', 'textarea', 'input', 'dropdown', 'checkboxes']).to.include(type)
        if (type === 'markdown') expect(attributes.value).to.be.a('string')
        else {
          expect(id).to.match(/^[a-z][\w-]*$/)
          expect(attributes.label).to.be.a('string')
        }
      }
      const ids = fields.flatMap(({ id }) => id ?? [])
      expect(new Set(ids).size).to.equal(ids.length)
      expect(ids).to.not.be.empty
    })
  }

  it('templates name files that are there', () => {
    const texts = [...inFolder('ISSUE_TEMPLATE/'), '.github/pull_request_template.md'].map(read)
    const names = texts.flatMap((text) => text.match(/\b[A-Z]+\.md\b|\.ci\/\w+|\bdocs\/\w*/g) ?? [])
    expect(names).to.include('CONTRIBUTING.md')
    for (const name of names) expect(existsSync(join(ROOT, name)), name).to.equal(true)
  })
})

describe('.editorconfig', () => {
  it('has sections of settings that editors know', () => {
    const known =
      /^(root|charset|end_of_line|insert_final_newline|indent_style|indent_size|trim_trailing_whitespace) = \S+$/
    const lines = read('.editorconfig')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    for (const line of lines) expect(line).to.match(line.startsWith('[') ? /^\[.+\]$/ : known)
    expect(lines[0]).to.equal('root = true')
  })
})
