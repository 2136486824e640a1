// What is measured under load: for each group the servers that run at the same time, and take turns round by round.
import type { Rule } from '../../core/acl/rule.ts'
import { BASIC, type KeyKind } from '../files.ts'
import type { Requests } from '../load.ts'
import { ACCOUNT, anchoredRules, generalRules, globRules, typicalRules } from '../rule-lists.ts'

/** A configuration, and the loads that its server is measured under. */
export interface Subject {
  readonly name: SubjectName
  readonly key: KeyKind
  readonly rules: () => Rule[]
  /** More of the file's `server`. */
  readonly server?: object
  /** Whether the same request comes again and again, too. */
  readonly again?: boolean
  /** Left out of the short form. */
  readonly long?: boolean
}

export type SubjectName =
  | 'RS256'
  | 'ES256'
  | 'ES256 on all cores'
  | '10 rules'
  | '10,000 globs'
  | '10,000 anchored expressions'
  | '10,000 general expressions'

const SCOPED = `/auth?service=bench&account=${ACCOUNT}&scope=repository:${ACCOUNT}/app`

/** Each request has another scope: no token can be handed out twice. */
export const VARIED: Requests = { path: `${SCOPED}{n}:pull,push`, headers: BASIC }
export const SAME: Requests = { path: `${SCOPED}:pull,push`, headers: BASIC }

/** In groups, whose servers run side by side. */
export const GROUPS: readonly (readonly Subject[])[] = [
  [
    { name: 'RS256', key: 'rsa', rules: typicalRules, again: true },
    { name: 'ES256', key: 'ec', rules: typicalRules, again: true },
    // A key that the other server may not know. With workers it is memory and CPU time of all of them.
    { name: 'ES256 on all cores', key: 'ec', rules: typicalRules, server: { workers: 'auto' }, long: true },
  ],
  [
    { name: '10 rules', key: 'ec', rules: () => globRules(10) },
    { name: '10,000 globs', key: 'ec', rules: () => globRules(10_000) },
    { name: '10,000 anchored expressions', key: 'ec', rules: () => anchoredRules(10_000) },
    { name: '10,000 general expressions', key: 'ec', rules: () => generalRules(10_000), long: true },
  ],
]
