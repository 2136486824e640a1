// Run with: node --test examples/custom-plugin/plugins/*.test.ts (README.md)
import { describe, it } from 'node:test'
import { conformance } from 'dockwarden/testing'
import plugin from './api-keys.ts'

// The SHA-256 of "a-long-random-key".
const KEY_SHA256 = '7041d66136628ca54430cbbce3bdebdc0f4408263b3c48d34d64700197eeeea8'

conformance(plugin, {
  runner: { describe, it },
  options: () => ({ accounts: { ci: { key_sha256: KEY_SHA256, labels: { group: 'release' } } } }),
  invalid: [
    { options: {}, path: 'accounts', message: /expected/ },
    {
      options: { accounts: { ci: { key_sha256: 'a-long-random-key' } } },
      path: 'accounts.ci.key_sha256',
      message: /sha256sum/,
    },
  ],
  accepts: [{ account: 'ci', password: 'a-long-random-key', labels: { group: ['release'] } }],
  rejects: [
    { account: 'ci', password: 'another-key' },
    { account: 'ci', password: KEY_SHA256 },
  ],
  passes: [{ account: 'constructor', password: 'a-long-random-key' }],
})
