// The conformance kit's probes for labelers.
import { type Identity, type Labeler, type Labels, mergeLabels, NO_LABELS } from '../plugin.ts'
import type { ConformanceSuite, LabelingCase } from './cases.ts'
import type { Probe } from './probe.ts'
import { assertLabels, assertSameLabels } from './shapes.ts'
import type { Subject } from './subject.ts'

export function labelerProbes({ labels = [] }: ConformanceSuite): Probe[] {
  return labels.map((given) => ({
    name: `labels ${JSON.stringify(given.identity.account)}`,
    call: (subject, signal) => label(subject, given, signal),
    check: async (subject) => assertSameLabels(await label(subject, given), given.expect),
  }))
}

async function label(subject: Subject, given: LabelingCase, signal?: AbortSignal): Promise<Labels> {
  const { account, authenticator = 'test' } = given.identity
  const labels = mergeLabels(given.identity.labels ?? NO_LABELS)
  const identity: Identity = Object.freeze({ account, authenticator, labels })
  const request = subject.request(given, { account, labels, signal })
  const added = await (subject.instance as Labeler).label(identity, request)
  assertLabels(added)
  subject.assertProvided(request.provided, given.provides)
  return added
}
