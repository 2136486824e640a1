// What Redis does in one step. Each script touches one key, or some of one slot, as a cluster demands.
//
// A command whose answer was lost is sent again: `add` and `revoke` note the call that made the change, so that its
// repetition is told the same as the first time.

/**
 * A new token, which goes away by itself unless it is settled. KEYS: the entry. ARGV: the call, how many milliseconds it
 * stays, then fields and values. Gives 0 when the id is taken.
 */
const ADD = `
local call = redis.call('HGET', KEYS[1], 'added')
if call then return call == ARGV[1] and 1 or 0 end
redis.call('HSET', KEYS[1], 'added', ARGV[1], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`

/** Makes a new token stay. KEYS: the entry. ARGV: its end or ''. Gives 0 when it is not there any more. */
const SETTLE = `
if redis.call('HEXISTS', KEYS[1], 'token') == 0 then return 0 end
if ARGV[1] ~= '' then redis.call('PEXPIREAT', KEYS[1], ARGV[1])
elseif redis.call('HEXISTS', KEYS[1], 'revoked') == 0 then redis.call('PERSIST', KEYS[1]) end
return 1`

/**
 * A use. KEYS: the entry. ARGV: used, the end or '', and the session when it changes. Gives the token, or nothing when it is
 * gone or revoked, which it stays.
 */
const USE = `
if redis.call('HEXISTS', KEYS[1], 'token') == 0 or redis.call('HEXISTS', KEYS[1], 'revoked') == 1 then return false end
redis.call('HSET', KEYS[1], 'used', ARGV[1])
if ARGV[2] == '' then
  redis.call('HDEL', KEYS[1], 'until')
  redis.call('PERSIST', KEYS[1])
else
  redis.call('HSET', KEYS[1], 'until', ARGV[2])
  redis.call('PEXPIREAT', KEYS[1], ARGV[2])
end
if ARGV[3] then redis.call('HSET', KEYS[1], 'session', ARGV[3]) end
return redis.call('HGET', KEYS[1], 'token')`

/** KEYS: the entry. Ends it unless it was used. Gives 0 for one that was. */
const END_UNUSED = `
if redis.call('HEXISTS', KEYS[1], 'used') == 1 then return 0 end
redis.call('DEL', KEYS[1])
return 1`

/** KEYS: the entry. ARGV: the call, the revocation, the end of an entry that has none. Gives the token to the call that did it. */
const REVOKE = `
local token = redis.call('HGET', KEYS[1], 'token')
if not token then return false end
local call = redis.call('HGET', KEYS[1], 'revoker')
if call then return call == ARGV[1] and token end
redis.call('HSET', KEYS[1], 'revoker', ARGV[1], 'revoked', ARGV[2])
if redis.call('PTTL', KEYS[1]) == -1 then redis.call('PEXPIREAT', KEYS[1], ARGV[3]) end
return token`

/** KEYS: a sorted set of what ends at its score, which ends with the last in it. */
const END_WITH_LAST = `
local last = redis.call('ZRANGE', KEYS[1], 0, 0, 'REV', 'WITHSCORES')[2]
if last == 'inf' then redis.call('PERSIST', KEYS[1]) elseif last then redis.call('PEXPIREAT', KEYS[1], last) end
`

/**
 * Adds an id to an index: a sorted set of ids by their end. KEYS: the index. ARGV: the id, its end or '+inf', now.
 * What has ended goes, and the index itself ends with its last id. Gives two ids of it, for the caller to look whether
 * those are still there: an id without an end, whose token went away unused, goes no other way.
 */
const INDEX = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
${END_WITH_LAST}
return redis.call('ZRANDMEMBER', KEYS[1], 2)`

/**
 * Counts a refresh token. KEYS: the account's index of them: ids by their end, and those that were never used once more, by when
 * they were made, below 0. ARGV: the id, its end or '+inf', when it was made or '' when it was used, now, how many may be
 * unused, how many there may be in all. Gives the oldest unused ones that are too many (a hundred at most), or nothing when there is
 * no room: then it does not count.
 */
const COUNT = `
local id, made = ARGV[1], ARGV[3]
for _, ended in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], 0, ARGV[4], 'LIMIT', 0, 100)) do
  redis.call('ZREM', KEYS[1], ended, 'unused ' .. ended)
end
redis.call('ZADD', KEYS[1], ARGV[2], id)
if made ~= '' then redis.call('ZADD', KEYS[1], made, 'unused ' .. id) end
local unused = redis.call('ZCOUNT', KEYS[1], '-inf', '(0')
local excess = math.max(0, unused - tonumber(ARGV[5]))
if redis.call('ZCARD', KEYS[1]) - unused - excess > tonumber(ARGV[6]) then
  redis.call('ZREM', KEYS[1], id, 'unused ' .. id)
  return false
end
${END_WITH_LAST}
local oldest = {}
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(0', 'LIMIT', 0, math.min(excess, 100) + 1)) do
  local other = string.sub(member, 8)
  if other ~= id and #oldest < excess then table.insert(oldest, other) end
end
return oldest`

/** KEYS: an account's index of refresh tokens. ARGV: the id of one that was used, and its end now or '+inf'. */
const COUNT_USE = `
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('ZREM', KEYS[1], 'unused ' .. ARGV[1])
${END_WITH_LAST}`

/** KEYS: the lease. ARGV: the owner, how many milliseconds it lasts. Gives 0 while another owner has it. */
const LEASE = `
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`

/** KEYS: the lease. ARGV: the owner. Gives 0 when that does not have it. */
const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`

/** For ioredis, which sends the text once a connection and its digest from then on. */
export const SCRIPTS = {
  addToken: { lua: ADD, numberOfKeys: 1 },
  settleToken: { lua: SETTLE, numberOfKeys: 1 },
  useToken: { lua: USE, numberOfKeys: 1 },
  endUnusedToken: { lua: END_UNUSED, numberOfKeys: 1 },
  countToken: { lua: COUNT, numberOfKeys: 1 },
  countUse: { lua: COUNT_USE, numberOfKeys: 1 },
  revokeToken: { lua: REVOKE, numberOfKeys: 1 },
  indexToken: { lua: INDEX, numberOfKeys: 1 },
  leaseToken: { lua: LEASE, numberOfKeys: 1 },
  releaseToken: { lua: RELEASE, numberOfKeys: 1 },
}

/** The scripts as commands of a connection. */
export interface ScriptCommands {
  addToken(key: string, call: string, stay: string, ...fields: string[]): Promise<number>
  settleToken(key: string, end: string): Promise<number>
  useToken(key: string, used: string, end: string, ...session: string[]): Promise<string | null>
  endUnusedToken(key: string): Promise<number>
  countToken(key: string, id: string, ...timesAndBounds: string[]): Promise<string[] | null>
  countUse(key: string, id: string, end: string): Promise<null>
  revokeToken(key: string, call: string, revocation: string, end: string): Promise<string | null>
  indexToken(key: string, id: string, end: string, now: string): Promise<string[]>
  leaseToken(key: string, owner: string, ms: string): Promise<number>
  releaseToken(key: string, owner: string): Promise<number>
}
