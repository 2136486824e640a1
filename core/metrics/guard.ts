// The guard against guessing passwords.
import type { Registry } from 'prom-client'
import type { GuardCounts } from '../work/guard/gate.ts'
import { pullCounter, type Sample } from './pulled.ts'

/** @param counts undefined where there is no guard */
export function measureGuard(registry: Registry, counts: () => GuardCounts | undefined): void {
  const samples = (label: string, of: Readonly<Record<string, number>> = {}): Sample[] =>
    Object.entries(of).map(([name, count]) => [{ [label]: name }, count])
  pullCounter(
    registry,
    {
      name: 'dockwarden_guard_throttled_total',
      help: 'Passwords that were not looked at, since it was too early: a network has failed too often for this account, or for many.',
      labelNames: ['of'],
    },
    () => samples('of', counts()?.throttled),
  )
  pullCounter(
    registry,
    {
      name: 'dockwarden_guard_repeated_total',
      help: 'Passwords that were refused a moment ago, and were refused again without asking anybody.',
    },
    () => {
      const now = counts()
      return now ? [[{}, now.repeated]] : []
    },
  )
  pullCounter(
    registry,
    {
      name: 'dockwarden_guard_findings_total',
      help: 'What the guard has found: that a network must wait for an account, that one tries many accounts, that many try one.',
      labelNames: ['finding'],
    },
    () => samples('finding', counts()?.findings),
  )
}
