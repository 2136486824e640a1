// The cases of a suite as calls on an instance: one file a kind, all of one shape.
import type { PluginDefinition } from '../plugin.ts'
import { authenticatorProbes } from './authenticator.ts'
import { authorizerProbes } from './authorizer.ts'
import type { ConformanceSuite } from './cases.ts'
import { labelerProbes } from './labeler.ts'
import type { Probe } from './probe.ts'

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
