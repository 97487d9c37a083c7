#!lua name=mingchui_@V@
-- The deciding half of the bidding engine. The rules are those of package bidding/course; a property test holds both
-- equal. @V@ stands for the first digits of this file's SHA-256, so that two versions can serve side by side.
--
-- Keys of a shard carry its tag, {s017}:
--   {s017}:shard         hash: epoch, n, h (the end of the chain), c (highest committed n that anybody passed);
--                        while it is being rebuilt only restoring (the epoch to come)
--   {s017}:stream:<e>    stream of epoch e: entry <n>-0 with h, t (raw TIME, ms), p (the decision)
--   {s017}:lots          set: lots that are held here
--   {s017}:lot:<id>      hash: the running state of a course
--   {s017}:adm:<id>      hash: bidder code -> rank, with an x behind it when excluded
--   {s017}:idem:<id>     hash: "code key" of an accepted bid -> "amount seq at ends"
--
-- Times are unix milliseconds, amounts fen below 2^53; both are formatted %d, for Lua's numbers are doubles.

-- While a library is being loaded Redis shows it no globals, so this is looked up at the call.
local function fmt(...) return string.format(...) end

-- The course as this call found it and moves it on; nothing is written before every answer is known.
local function load_lot(key)
  local f = redis.call('HMGET', key, 'phase', 'seq', 'last', 'starts', 'ends', 'start', 'inc', 'ext', 'off', 'price',
    'leader', 'lrank', 'stayed', 'epoch')
  return {
    phase = f[1] or '', seq = tonumber(f[2] or 0), last = tonumber(f[3] or 0), starts = tonumber(f[4] or 0),
    ends = tonumber(f[5] or 0), start = tonumber(f[6] or 0), inc = tonumber(f[7] or 0), ext = tonumber(f[8] or 0),
    off = tonumber(f[9] or 0), price = tonumber(f[10] or 0), leader = f[11] or '', lrank = tonumber(f[12] or 0),
    stayed = tonumber(f[13] or 0), epoch = f[14] or '',
  }
end

local function refuse(lot, code)
  local leader = lot.leader
  if leader == '' then leader = '-' end
  return nil, fmt('- %s %d %d %s %d', code, lot.seq, lot.price, leader, lot.ends)
end

local function better(a, b) return a > 0 and (b == 0 or a < b) end

-- Each function below decides one kind of command: it returns what follows the head of the decision, or nil and a
-- refusal. `a` are the command's arguments, `adm` the admissions as they stand at this point of the batch.
local decide_kind = {}

function decide_kind.open(lot, now, a)
  if lot.phase ~= '' then return refuse(lot, 'state_conflict') end
  lot.phase, lot.start, lot.inc, lot.starts = 'open', tonumber(a[1]), tonumber(a[2]), tonumber(a[3])
  lot.ends, lot.ext, lot.off = tonumber(a[4]), tonumber(a[5]), tonumber(a[6])
  return table.concat(a, ' ')
end

function decide_kind.admit(lot, now, a, adm)
  if adm[a[1]] then return refuse(lot, 'enrolment_exists') end
  if lot.phase == 'open' and now >= lot.ends then return refuse(lot, 'closed') end
  adm[a[1]] = a[3]
  adm.changed[a[1]] = true
  return table.concat(a, ' ')
end

function decide_kind.exclude(lot, now, a, adm)
  local standing = adm[a[1]]
  if not standing then return refuse(lot, 'not_enrolled') end
  if standing:sub(-1) == 'x' then return refuse(lot, 'excluded') end
  adm[a[1]] = standing .. 'x'
  adm.changed[a[1]] = true
  return table.concat(a, ' ')
end

function decide_kind.bid(lot, now, a, adm)
  local code, amount = a[1], tonumber(a[2])
  if lot.phase == 'stayed' then return refuse(lot, 'suspended') end
  if now < lot.starts then return refuse(lot, 'not_started') end
  if now >= lot.ends then return refuse(lot, 'closed') end
  local standing = adm[code]
  if not standing then return refuse(lot, 'not_enrolled') end
  if standing:sub(-1) == 'x' then return refuse(lot, 'excluded') end
  local rank = tonumber(standing)
  if amount < lot.start then return refuse(lot, 'bid_below_start') end
  if lot.leader == '' then
    if math.fmod(amount - lot.start, lot.inc) ~= 0 then return refuse(lot, 'off_increment') end
  elseif lot.leader == code then
    return refuse(lot, 'already_leading')
  elseif not (amount == lot.price and better(rank, lot.lrank)) then
    local raise = amount - lot.price
    if raise < lot.inc then return refuse(lot, 'bid_too_low') end
    if math.fmod(raise, lot.inc) ~= 0 then return refuse(lot, 'off_increment') end
  end
  if lot.leader == '' and lot.off > 0 then
    lot.ends = now + lot.off
  elseif now >= lot.ends - lot.ext then
    lot.ends = now + lot.ext
  end
  lot.price, lot.leader, lot.lrank = amount, code, rank
  return fmt('%s %s %d %s %s', code, a[2], lot.ends, a[4], a[3])
end

function decide_kind.stay(lot, now, a)
  if lot.phase == 'stayed' then return refuse(lot, 'suspended') end
  if a[1] ~= 'outage' and now >= lot.ends then return refuse(lot, 'closed') end
  lot.phase, lot.stayed = 'stayed', now
  return fmt('%s %s %d', a[1], a[2], math.max(lot.ends - now, 0))
end

function decide_kind.resume(lot, now)
  if lot.phase ~= 'stayed' then return refuse(lot, 'state_conflict') end
  lot.ends = now + math.max(lot.ends - lot.stayed, lot.ext)
  lot.phase, lot.stayed = 'open', 0
  return fmt('%d', lot.ends)
end

-- Once in each epoch.
function decide_kind.epoch(lot, now, a, adm, epoch)
  if lot.epoch == epoch then return refuse(lot, 'state_conflict') end
  return '-'
end

function decide_kind.close(lot, now)
  if lot.phase == 'stayed' then return refuse(lot, 'suspended') end
  if now < lot.ends then return refuse(lot, 'state_conflict') end
  lot.phase = 'closed'
  if lot.leader == '' then return 'unsold 0 -' end
  return fmt('sold %d %s', lot.price, lot.leader)
end

local arity = { bid = 4, open = 6, admit = 4, exclude = 2, stay = 2, resume = 0, epoch = 0, close = 0 }

-- The commands of this call, from args[i]: {kind, {arguments}}.
local function commands(args, i)
  local out = {}
  while args[i] do
    local kind, a = args[i], {}
    for k = 1, arity[kind] do a[k] = args[i + k] end
    out[#out + 1] = { kind, a }
    i = i + 1 + arity[kind]
  end
  return out
end

-- Standing of each code and answers to each key that the commands name, in two reads.
local function look_up(cmds, adm_key, idem_key)
  local codes, fields, adm, idem = {}, {}, { changed = {} }, {}
  for _, c in ipairs(cmds) do
    if arity[c[1]] > 0 and c[1] ~= 'open' and c[1] ~= 'stay' then codes[#codes + 1] = c[2][1] end
    if c[1] == 'bid' then fields[#fields + 1] = c[2][1] .. ' ' .. c[2][3] end
  end
  if #codes > 0 then
    local got = redis.call('HMGET', adm_key, unpack(codes))
    for i, code in ipairs(codes) do adm[code] = got[i] or nil end
  end
  if #fields > 0 then
    local got = redis.call('HMGET', idem_key, unpack(fields))
    for i, field in ipairs(fields) do idem[field] = got[i] or nil end
  end
  return adm, idem
end

-- A bid whose key was accepted before: the first answer, or a refusal when the body differs.
local function replay(lot, first, amount)
  local was, rest = first:match('^(%d+) (.*)$')
  if was == amount then return '= ' .. rest end
  local _, refusal = refuse(lot, 'idempotency_key_reused')
  return refusal
end

-- A reason not to decide anything now; or nil, the raw time (ms), n, the highest committed n
-- known, the platform's time (ms), and whether too much is uncommitted.
local function obstacle(shard, stream, args)
  local n, committed = tonumber(shard[2]), tonumber(args[2])
  if committed > n then return 'behind' end
  local time = redis.call('TIME')
  local t = math.floor((time[1] * 1000000 + time[2]) / 1000)
  local platform = math.floor((time[1] * 1000000 + time[2] + tonumber(args[4])) / 1000)
  if math.abs(t - tonumber(args[3])) > 1000 then return fmt('clock %d', t) end
  local c = math.max(tonumber(shard[4] or 0), committed)
  if n > c then
    -- What is committed may be trimmed before anybody passed it here, so the oldest that is left is looked at.
    local oldest = redis.call('XRANGE', stream, fmt('%d-0', c + 1), '+', 'COUNT', 1)
    local busy = n - c >= tonumber(args[6]) or (oldest[1] and t - tonumber(oldest[1][2][4]) > tonumber(args[5]))
    return nil, t, n, c, platform, busy
  end
  return nil, t, n, c, platform, false
end

-- keys: shard, stream, lots, lot, adm, idem.
-- args: epoch, highest committed n known, node's wall time (ms), offset of the platform's clock (us), greatest age of the
-- oldest uncommitted entry (ms), greatest backlog, lot id, then the commands.
-- Answers "ok <n> <h> <now>" and a line for each command: "+ seq at ends n" (decided), "= seq at ends" (its first answer),
-- "- code seq price leader ends" (refused; nothing changed; the code busy when too much is uncommitted: then only first answers
-- are given again). Or one word why nothing was decided: behind, epoch <e>, restoring, clock <t>.
local function decide(keys, args)
  local shard_key, stream, lots_key, lot_key, adm_key, idem_key = unpack(keys)
  local shard = redis.call('HMGET', shard_key, 'epoch', 'n', 'h', 'c')
  if shard[1] ~= args[1] then return 'epoch ' .. (shard[1] or '0') end
  local why, t, n, c, platform, busy = obstacle(shard, stream, args)
  if why then return why end
  local id, h = args[7], shard[3]
  local cmds = commands(args, 8)
  local lot = load_lot(lot_key)
  if lot.phase ~= '' and lot.phase ~= 'closed' and lot.epoch ~= args[1] and cmds[1][1] ~= 'epoch' then return 'restoring' end
  local adm, idem = look_up(cmds, adm_key, idem_key)
  local now = math.max(lot.last, platform)
  local out, entries, keep = {}, {}, {}
  for i, cmd in ipairs(cmds) do
    local kind, a = cmd[1], cmd[2]
    local field = kind == 'bid' and (a[1] .. ' ' .. a[3])
    local tail, refusal
    if field and idem[field] then
      refusal = replay(lot, idem[field], a[2])
    elseif busy then
      tail, refusal = refuse(lot, 'busy')
    elseif lot.phase == '' and kind ~= 'open' then
      tail, refusal = refuse(lot, 'state_conflict')
    elseif lot.phase == 'closed' and kind ~= 'open' then
      tail, refusal = refuse(lot, 'closed')
    else
      tail, refusal = decide_kind[kind](lot, now, a, adm, args[1])
    end
    if tail then
      n, lot.seq, lot.last = n + 1, lot.seq + 1, now
      local p = fmt('%s %s %d %d %s', id, kind, lot.seq, now, tail)
      h = redis.sha1hex(h .. p)
      entries[#entries + 1] = { fmt('%d-0', n), h, p }
      if field then
        idem[field] = fmt('%s %d %d %d', a[2], lot.seq, now, lot.ends)
        keep[#keep + 1] = field
        keep[#keep + 1] = idem[field]
      end
      out[i] = fmt('+ %d %d %d %d', lot.seq, now, lot.ends, n)
    else
      out[i] = refusal
    end
  end
  if #entries > 0 then
    local raw = fmt('%d', t)
    for _, e in ipairs(entries) do redis.call('XADD', stream, e[1], 'h', e[2], 't', raw, 'p', e[3]) end
    redis.call('HSET', lot_key, 'phase', lot.phase, 'seq', fmt('%d', lot.seq), 'last', fmt('%d', lot.last),
      'starts', fmt('%d', lot.starts), 'ends', fmt('%d', lot.ends), 'start', fmt('%d', lot.start), 'inc', fmt('%d', lot.inc),
      'ext', fmt('%d', lot.ext), 'off', fmt('%d', lot.off), 'price', fmt('%d', lot.price), 'leader', lot.leader,
      'lrank', fmt('%d', lot.lrank), 'stayed', fmt('%d', lot.stayed), 'epoch', args[1])
    for code in pairs(adm.changed) do redis.call('HSET', adm_key, code, adm[code]) end
    if #keep > 0 then redis.call('HSET', idem_key, unpack(keep)) end
    if cmds[1][1] == 'open' then redis.call('SADD', lots_key, id) end
    redis.call('HSET', shard_key, 'n', fmt('%d', n), 'h', h, 'c', fmt('%d', c))
  elseif c > tonumber(shard[4] or 0) then
    redis.call('HSET', shard_key, 'c', fmt('%d', c))
  end
  return fmt('ok %d %s %d\n', n, h, now) .. table.concat(out, '\n')
end

-- Rebuilding, in three steps. The epoch was committed before: what was decided under an older one cannot be committed any
-- more. A step of an older rebuild answers "stale" and writes nothing.

-- keys: shard, lots. args: epoch, prefix of the shard's keys ("{s017}:").
local function restore_begin(keys, args)
  local epoch = tonumber(args[1])
  local was = redis.call('HMGET', keys[1], 'epoch', 'restoring')
  if tonumber(was[1] or 0) >= epoch or tonumber(was[2] or 0) > epoch then return 'stale' end
  for _, id in ipairs(redis.call('SMEMBERS', keys[2])) do
    redis.call('UNLINK', args[2] .. 'lot:' .. id, args[2] .. 'adm:' .. id, args[2] .. 'idem:' .. id)
  end
  redis.call('UNLINK', keys[1], keys[2], fmt('%sstream:%d', args[2], epoch - 1), fmt('%sstream:%d', args[2], epoch))
  if was[1] then redis.call('UNLINK', args[2] .. 'stream:' .. was[1]) end
  redis.call('HSET', keys[1], 'restoring', args[1])
  return 'ok'
end

-- keys: shard, lots, the hash to fill. args: epoch, lot id, then fields and values.
local function restore_fill(keys, args)
  if redis.call('HGET', keys[1], 'restoring') ~= args[1] then return 'stale' end
  redis.call('SADD', keys[2], args[2])
  redis.call('HSET', keys[3], unpack(args, 3))
  return 'ok'
end

-- keys: shard. args: epoch, n, h. From here on the shard decides.
local function restore_end(keys, args)
  if redis.call('HGET', keys[1], 'restoring') ~= args[1] then return 'stale' end
  redis.call('HDEL', keys[1], 'restoring')
  redis.call('HSET', keys[1], 'epoch', args[1], 'n', args[2], 'h', args[3], 'c', args[2])
  return 'ok'
end

redis.register_function('mingchui_decide_@V@', decide)
redis.register_function('mingchui_restore_begin_@V@', restore_begin)
redis.register_function('mingchui_restore_fill_@V@', restore_fill)
redis.register_function('mingchui_restore_end_@V@', restore_end)
