// The cases of a suite as calls on an instance: one file a kind, all of one shape.
import type { PluginDefinition } from '../plugin.ts'
import { authenticatorProbes } from './authenticator.ts'
import { authorizerProbes } from './authorizer.ts'
import type { ConformanceSuite } from './cases.ts'
import { labelerProbes } from './labeler.ts'
import type { Subject } from './subject.ts'

/** One case: a call, and what must come of it. */
export interface Probe {
  readonly name: string
  /** The bare call. */
  call(subject: Subject, signal?: AbortSignal): Promise<unknown>
  /** Makes the call and checks its answer. */
  check(subject: Subject): Promise<void>
  /** Further behaviour that starts from this case. */
  readonly more?: readonly { readonly name: string; check(subject: Subject): Promise<void> }[]
}

/** The probes of a suite, for the kind of the plugin. */
export function probesOf(plugin: PluginDefinition, suite: ConformanceSuite): readonly Probe[] {
  switch (plugin.kind) {
    case 'authenticator':
      return authenticatorProbes(suite, plugin)
    case 'labeler':
      return labelerProbes(suite)
    case 'authorizer':
      return authorizerProbes(suite)
  }
}
