// The memory of the OpenID provider under test: what it handed out outlives a stop and a change of its keys.
import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider'

/** Nothing in it expires: no test lasts that long. */
export function createStorage(): AdapterFactory {
  const kept = new Map<string, AdapterPayload>()
  return (kind): Adapter => {
    const own = `${kind}:`
    const where = (fits: (payload: AdapterPayload) => boolean) =>
      [...kept].find(([key, payload]) => key.startsWith(own) && fits(payload))?.[1]
    return {
      upsert: async (id, payload) => void kept.set(own + id, payload),
      find: async (id) => kept.get(own + id),
      findByUid: async (uid) => where((payload) => payload.uid === uid),
      findByUserCode: async (userCode) => where((payload) => payload.userCode === userCode),
      destroy: async (id) => void kept.delete(own + id),
      async consume(id) {
        const payload = kept.get(own + id)
        if (payload) payload.consumed = Math.floor(Date.now() / 1_000)
      },
      async revokeByGrantId(grantId) {
        for (const [key, payload] of kept) if (payload.grantId === grantId) kept.delete(key)
      },
    }
  }
}
