// The first cases for `dockwarden policy test`: what the rules of the configuration are meant to decide.
import type { Answers } from './answers.ts'
import { yaml } from './text.ts'

export const POLICY_FILE = 'policy.yml'

export function policyCases({ user, registry }: Answers): string {
  const other = user === 'alice' ? 'bob' : 'alice'
  return `# What the rules of dockwarden.yml are meant to decide. After a change: dockwarden policy test ${POLICY_FILE}
config: dockwarden.yml
cases:
  - name: the first user may do everything
    account: ${yaml(user)}
    scope: repository:${other}/app:pull,push,delete
    expect: [pull, push, delete]
    rule: 1
  - name: everybody pushes below the own name
    account: ${other}
    scope: repository:${other}/team/app:pull,push
    expect: [pull, push]
    rule: 2
  - name: everybody pulls, and pushes nowhere else
    account: ${other}
    scope: repository:library/app:pull,push
    expect: [pull]
    rule: 3
  - name: who is not logged in may do nothing
    scope: repository:library/app:pull
    expect: denied
${registry === 'zot' ? zotCatalog(other) : ''}`
}

const zotCatalog = (account: string) => `  - name: everybody sees the catalog
    account: ${account}
    scope: "repository::pull"
    expect: [pull]
    rule: 4
`
