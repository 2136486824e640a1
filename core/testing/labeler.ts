// The conformance kit's probes for labelers.
import assert from 'node:assert/strict'
import { type Identity, type Labeler, type Labels, mergeLabels, NO_LABELS } from '../plugin.ts'
import type { ConformanceSuite, LabelingCase } from './cases.ts'
import { assertExplains, PROVIDES_ALIKE } from './explain.ts'
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
  const instance = subject.instance as Labeler
  const again = () => subject.request(given, { account, labels, signal })
  const [asked, explained] = [again(), again()]
  const added = await instance.label(identity, asked)
  assertLabels(added)
  subject.assertProvided(asked.provided, given.provides)
  if (instance.explain) {
    assertExplains(subject, await instance.explain(identity, explained), added, assertSameLabels)
    assert.deepEqual(explained.provided, asked.provided, PROVIDES_ALIKE)
  }
  return added
}
