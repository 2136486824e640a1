// What Redis does to an entry of a plugin in one step. The three keys are in one slot: see redis-keys.ts.

/** KEYS: ends and sizes of a space, in the second and third place. A Lua function that lets go of an id. */
const FORGET = `
local function forget(id)
  local size = redis.call('HGET', KEYS[3], id)
  if not size then return end
  redis.call('HDEL', KEYS[3], id)
  redis.call('HINCRBY', KEYS[3], '', -size)
  redis.call('ZREM', KEYS[2], id)
end
`

/**
 * KEYS: the entry, the ends and the sizes of its space. ARGV: id, value, end, size, now, `any` or `absent` or `same`, what is
 * expected then, how many entries and how many bytes the space may hold. Gives kept, differs or full.
 */
const PUT_ENTRY = `${FORGET}
local id, value, size = ARGV[1], ARGV[2], tonumber(ARGV[4])
local current = redis.call('GET', KEYS[1])
if current == value then return 'kept' end
if ARGV[6] == 'absent' and current then return 'differs' end
if ARGV[6] == 'same' and current ~= ARGV[7] then return 'differs' end
for _, ended in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[5])) do forget(ended) end
local others = redis.call('ZCARD', KEYS[2])
local old = redis.call('HGET', KEYS[3], id)
if old then others = others - 1 end
local bytes = tonumber(redis.call('HGET', KEYS[3], '') or 0) - tonumber(old or 0)
if others + 1 > tonumber(ARGV[8]) or bytes + size > tonumber(ARGV[9]) then return 'full' end
redis.call('SET', KEYS[1], value, 'PXAT', ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[3], id)
redis.call('HSET', KEYS[3], id, size, '', bytes + size)
local last = redis.call('ZRANGE', KEYS[2], 0, 0, 'REV', 'WITHSCORES')[2]
for place = 2, 3 do redis.call('PEXPIREAT', KEYS[place], last) end
return 'kept'`

/** KEYS: as above. ARGV: the id. */
const DROP_ENTRY = `${FORGET}
redis.call('DEL', KEYS[1])
forget(ARGV[1])
return 1`

/** For ioredis. */
export const ENTRY_SCRIPTS = {
  putEntry: { lua: PUT_ENTRY, numberOfKeys: 3 },
  dropEntry: { lua: DROP_ENTRY, numberOfKeys: 3 },
}

/** The scripts as commands of a connection. */
export interface EntryCommands {
  putEntry(...keysAndValues: string[]): Promise<string>
  dropEntry(...keysAndId: string[]): Promise<number>
}
