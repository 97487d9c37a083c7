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
--   {s017}:idem:<id>     hash: "code key" of an accepted bid -> "amount seq at ends"; of a maximum its commitment stands for
--                        the amount, of its withdrawal the word withdrawn
--   {s017}:max:<id>      hash, of lots that offer maximum bids alone: bidder code -> "amount seq" of its live maximum
--
-- Times are unix milliseconds, amounts fen below 2^53; both are formatted %d, for Lua's numbers are doubles.

-- While a library is being loaded Redis shows it no globals, so this is looked up at the call.
local function fmt(...) return string.format(...) end

-- The course as this call found it and moves it on; nothing is written before every answer is known.
local function load_lot(key)
  local f = redis.call('HMGET', key, 'phase', 'seq', 'last', 'starts', 'ends', 'start', 'inc', 'ext', 'off', 'price',
    'leader', 'lrank', 'stayed', 'epoch', 'by', 'acted')
  return {
    phase = f[1] or '', seq = tonumber(f[2] or 0), last = tonumber(f[3] or 0), starts = tonumber(f[4] or 0),
    ends = tonumber(f[5] or 0), start = tonumber(f[6] or 0), inc = tonumber(f[7] or 0), ext = tonumber(f[8] or 0),
    off = tonumber(f[9] or 0), price = tonumber(f[10] or 0), leader = f[11] or '', lrank = tonumber(f[12] or 0),
    stayed = tonumber(f[13] or 0), epoch = f[14] or '', by = f[15] or '', acted = tonumber(f[16] or 0),
  }
end

-- What is refused for one reason against one standing is told alike, and each seq is one standing: of a hot lot's batch most
-- is refused, so each refusal is written once.
local function refuse(lot, code)
  if lot.told_seq ~= lot.seq then lot.told, lot.told_seq = {}, lot.seq end
  local line = lot.told[code]
  if not line then
    local leader = lot.leader
    if leader == '' then leader = '-' end
    line = fmt('- %s %d %d %s %d', code, lot.seq, lot.price, leader, lot.ends)
    lot.told[code] = line
  end
  return nil, line
end

local function better(a, b) return a > 0 and (b == 0 or a < b) end

-- Each function below decides one kind of command: it returns what follows the head of the decision, and a later time
-- for it where there is one; or nil and a refusal. `a` are the command's arguments, `adm` the admissions as they stand at this
-- point of the batch, `max` the live maxima that the call looked up, nil for a lot that offers none.
local decide_kind = {}

function decide_kind.open(lot, now, a, adm, epoch, max)
  if lot.phase ~= '' then return refuse(lot, 'state_conflict') end
  lot.phase, lot.start, lot.inc, lot.starts = 'open', tonumber(a[1]), tonumber(a[2]), tonumber(a[3])
  lot.ends, lot.ext, lot.off = tonumber(a[4]), tonumber(a[5]), tonumber(a[6])
  return table.concat(a, ' ', 1, 6) .. (max and ' maximum_bids' or ''), math.max(now, tonumber(a[7]))
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

-- Why a code may place no bid now; or nil and its rank.
local function bars(lot, now, standing)
  if lot.phase == 'stayed' then return 'suspended' end
  if now < lot.starts then return 'not_started' end
  if now >= lot.ends then return 'closed' end
  if not standing then return 'not_enrolled' end
  if standing:sub(-1) == 'x' then return 'excluded' end
  return nil, tonumber(standing)
end

function decide_kind.bid(lot, now, a, adm)
  local code, amount = a[1], tonumber(a[2])
  local bar, rank = bars(lot, now, adm[code])
  if bar then return refuse(lot, bar) end
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

function decide_kind.maximum(lot, now, a, adm, epoch, max)
  if not max then return refuse(lot, 'maximum_not_offered') end
  local code, amount = a[1], tonumber(a[5])
  local bar, rank = bars(lot, now, adm[code])
  if bar then return refuse(lot, bar) end
  if amount < lot.start then return refuse(lot, 'bid_below_start') end
  local matches = lot.leader ~= code and amount >= lot.price and better(rank, lot.lrank)
  if lot.leader ~= '' and not matches and amount - lot.price < lot.inc then return refuse(lot, 'bid_too_low') end
  max[code] = { amount, lot.seq + 1 }
  max.changed[code] = true
  return fmt('%s %s %s %s %s', code, a[2], a[6], a[4], a[3])
end

function decide_kind.maximum_withdrawn(lot, now, a, adm, epoch, max)
  if not max then return refuse(lot, 'maximum_not_offered') end
  if lot.phase == 'open' and now >= lot.ends then return refuse(lot, 'closed') end
  if not max[a[1]] then return refuse(lot, 'maximum_none') end
  max[a[1]] = false
  max.changed[a[1]] = true
  return fmt('%s %s', a[1], a[3])
end

-- The automatic bid that live maxima call for, as course.Answer says: its code and amount, or nil. Before the event just decided
-- none was owed, so only its code or the leader before it can owe one, and both were looked up; after an epoch's event and a
-- resumption all were.
local function answer(lot, adm, max)
  local first, strongest
  local function weaker(a, b)
    if a.top ~= b.top then return a.top < b.top end
    if a.rank ~= b.rank then return better(b.rank, a.rank) end
    return a.seq < b.seq
  end
  for code, m in pairs(max) do
    local bar, rank = 'not_enrolled', 0
    if code ~= 'changed' and m then bar, rank = bars(lot, lot.last, adm[code]) end
    if not bar and m[1] >= lot.start then
      local r = { code = code, top = m[1] - math.fmod(m[1] - lot.start, lot.inc), rank = rank, seq = m[2] }
      local leads = code == lot.leader
      if lot.leader == '' or r.top > lot.price or (not leads and r.top == lot.price and better(rank, lot.lrank)) then
        if not leads and (not first or weaker(r, first)) then first = r end
        if not strongest or weaker(strongest, r) then strongest = r end
      end
    end
  end
  if not first then return nil end
  if first ~= strongest then return first.code, first.top end
  if lot.leader == '' then return first.code, lot.start end
  if better(first.rank, lot.lrank) then return first.code, lot.price end
  return first.code, lot.price + lot.inc
end

function decide_kind.stay(lot, now, a)
  if lot.phase == 'stayed' then return refuse(lot, 'suspended') end
  if a[1] ~= 'outage' and now >= lot.ends then return refuse(lot, 'closed') end
  local since, shown = now, 0
  if a[1] == 'outage' then
    local asked = tonumber(a[3])
    if asked > 0 then since = math.max(lot.acted, math.min(asked, now)) end
    shown = since
  end
  lot.phase, lot.stayed, lot.by = 'stayed', since, a[1]
  return fmt('%s %s %d %d', a[1], a[2], math.max(lot.ends - since, 0), shown)
end

function decide_kind.resume(lot, now, a)
  if lot.phase ~= 'stayed' or (a[1] == 'outage' and lot.by ~= 'outage') then return refuse(lot, 'state_conflict') end
  lot.ends = now + math.max(lot.ends - lot.stayed, lot.ext)
  lot.phase, lot.stayed, lot.by = 'open', 0, ''
  return fmt('%d %s', lot.ends, a[1])
end

-- Once in each epoch.
function decide_kind.epoch(lot, now, a, adm, epoch)
  if lot.epoch == epoch then return refuse(lot, 'state_conflict') end
  return '-'
end

-- Only on a span of this epoch without a gap from the beginning of the closing window to the end (R28o).
function decide_kind.close(lot, now, a, adm, epoch)
  if lot.phase == 'stayed' then return refuse(lot, 'suspended') end
  if now < lot.ends then return refuse(lot, 'state_conflict') end
  local from, to = tonumber(a[2]), tonumber(a[3])
  if a[1] ~= epoch or from > math.max(lot.starts, lot.ends - lot.ext) or to < lot.ends or to > now then
    return refuse(lot, 'gap_in_closing')
  end
  lot.phase = 'closed'
  if lot.leader == '' then return fmt('unsold 0 - %d %d', from, to) end
  return fmt('sold %d %s %d %d', lot.price, lot.leader, from, to)
end

local arity = { bid = 4, maximum = 6, maximum_withdrawn = 3, open = 7, admit = 4, exclude = 2, stay = 3, resume = 1, epoch = 0, close = 3 }

-- What a bidder sends: it carries a code, what it is known again by, and a key.
local keyed = { bid = true, maximum = true, maximum_withdrawn = true }

-- After these an automatic bid may be owed.
local answered = { bid = true, maximum = true, epoch = true, resume = true }

-- The commands of this call, from args[i]: {kind, {arguments}, field of the bid's key or false}.
local function commands(args, i)
  local out = {}
  while args[i] do
    local kind, a, field = args[i], {}, false
    if kind == 'bid' then
      a = { args[i + 1], args[i + 2], args[i + 3], args[i + 4] }
      field = a[1] .. ' ' .. a[3]
    else
      for k = 1, arity[kind] do a[k] = args[i + k] end
      if keyed[kind] then field = a[1] .. ' ' .. a[3] end
    end
    out[#out + 1] = { kind, a, field }
    i = i + 1 + arity[kind]
  end
  return out
end

-- Standing of each code and answers to each key that the commands name, in two reads.
local function look_up(cmds, adm_key, idem_key)
  local codes, fields, adm, idem = {}, {}, { changed = {} }, {}
  for _, c in ipairs(cmds) do
    local kind, code = c[1], c[2][1]
    if (keyed[kind] or kind == 'admit' or kind == 'exclude') and adm[code] == nil then
      adm[code] = false
      codes[#codes + 1] = code
    end
    if c[3] then fields[#fields + 1] = c[3] end
  end
  if #codes > 0 then
    local got = redis.call('HMGET', adm_key, unpack(codes))
    for i, code in ipairs(codes) do adm[code] = got[i] end
  end
  if #fields > 0 then
    local got = redis.call('HMGET', idem_key, unpack(fields))
    for i, field in ipairs(fields) do idem[field] = got[i] or nil end
  end
  return adm, idem
end

-- The live maxima that this call may need, {amount, seq} by code, and the standing of their codes: those of the leader and of
-- the codes that the commands name; after an epoch's event and a resumption any may be owed an answer.
local function look_up_maxima(cmds, lot, adm, adm_key, max_key)
  local max, codes, all = { changed = {} }, {}, false
  local function want(code)
    if code ~= '' and max[code] == nil then
      max[code] = false
      codes[#codes + 1] = code
    end
  end
  want(lot.leader)
  for _, c in ipairs(cmds) do
    all = all or c[1] == 'epoch' or c[1] == 'resume'
    if keyed[c[1]] then want(c[2][1]) end
  end
  if all then
    for _, code in ipairs(redis.call('HKEYS', max_key)) do want(code) end
  end
  for from = 1, #codes, 1000 do
    local part = { unpack(codes, from, math.min(from + 999, #codes)) }
    local standings, got = redis.call('HMGET', adm_key, unpack(part)), redis.call('HMGET', max_key, unpack(part))
    for i, code in ipairs(part) do
      if not adm[code] then adm[code] = standings[i] end
      if got[i] then
        local amount, seq = got[i]:match('^(%d+) (%d+)$')
        max[code] = { tonumber(amount), tonumber(seq) }
      end
    end
  end
  return max
end

-- What a bidder sent and was accepted before, by its key: the first answer, or a refusal when the body differs.
local function replay(lot, first, amount)
  local was, rest = first:match('^(%S+) (.*)$')
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

-- keys: shard, stream, lots, lot, adm, idem, and for a lot that offers maximum bids max.
-- args: epoch, highest committed n known, node's wall time (ms), offset of the platform's clock (us), greatest age of the
-- oldest uncommitted entry (ms), greatest backlog, lot id, then the commands.
-- Answers "ok <n> <h> <now>" and a line for each command: "+ seq at ends n" (decided), "= seq at ends" (its first answer),
-- "- code seq price leader ends" (refused; nothing changed; the code busy when too much is uncommitted: then only first answers
-- are given again); then a line "> t p" for each entry of the stream that the call wrote, up to n, so that whoever asked can
-- commit them without reading them back. Or one word why nothing was decided: behind, epoch <e>, restoring, clock <t>.
local function decide(keys, args)
  local shard_key, stream, lots_key, lot_key, adm_key, idem_key, max_key = unpack(keys)
  local shard = redis.call('HMGET', shard_key, 'epoch', 'n', 'h', 'c')
  if shard[1] ~= args[1] then return 'epoch ' .. (shard[1] or '0') end
  local why, t, n, c, platform, busy = obstacle(shard, stream, args)
  if why then return why end
  local id, h = args[7], shard[3]
  local cmds = commands(args, 8)
  local lot = load_lot(lot_key)
  if lot.phase ~= '' and lot.phase ~= 'closed' and lot.epoch ~= args[1] and cmds[1][1] ~= 'epoch' then return 'restoring' end
  local adm, idem = look_up(cmds, adm_key, idem_key)
  local max = max_key and look_up_maxima(cmds, lot, adm, adm_key, max_key)
  local now = math.max(lot.last, platform)
  local out, entries, keep = {}, {}, {}
  local function append(kind, at, tail)
    n, lot.seq, lot.last = n + 1, lot.seq + 1, at
    if kind ~= 'epoch' then lot.acted = at end
    local p = fmt('%s %s %d %d %s', id, kind, lot.seq, at, tail)
    h = redis.sha1hex(h .. p)
    entries[#entries + 1] = { fmt('%d-0', n), h, p }
  end
  for i, cmd in ipairs(cmds) do
    local kind, a, field = cmd[1], cmd[2], cmd[3]
    local tail, refusal
    local at = math.max(now, lot.last)
    if field and idem[field] then
      refusal = replay(lot, idem[field], a[2])
    elseif busy then
      tail, refusal = refuse(lot, 'busy')
    elseif lot.phase == '' and kind ~= 'open' then
      tail, refusal = refuse(lot, 'state_conflict')
    elseif lot.phase == 'closed' and kind ~= 'open' then
      tail, refusal = refuse(lot, 'closed')
    else
      tail, refusal = decide_kind[kind](lot, at, a, adm, args[1], max)
    end
    if tail then
      if kind == 'open' then at = refusal end
      append(kind, at, tail)
      if field then
        idem[field] = fmt('%s %d %d %d', a[2], lot.seq, at, lot.ends)
        keep[#keep + 1] = field
        keep[#keep + 1] = idem[field]
      end
      out[i] = fmt('+ %d %d %d %d', lot.seq, at, lot.ends, n)
      while max and answered[kind] do
        local code, amount = answer(lot, adm, max)
        if not code then break end
        local auto = decide_kind.bid(lot, lot.last, { code, fmt('%d', amount), '-', fmt('%d', lot.last) }, adm)
        append('bid', lot.last, auto .. ' automatic')
      end
    else
      out[i] = refusal
    end
  end
  if #entries > 0 then
    local raw = fmt('%d', t)
    for _, e in ipairs(entries) do
      redis.call('XADD', stream, e[1], 'h', e[2], 't', raw, 'p', e[3])
      out[#out + 1] = '> ' .. raw .. ' ' .. e[3]
    end
    redis.call('HSET', lot_key, 'phase', lot.phase, 'seq', fmt('%d', lot.seq), 'last', fmt('%d', lot.last),
      'starts', fmt('%d', lot.starts), 'ends', fmt('%d', lot.ends), 'start', fmt('%d', lot.start), 'inc', fmt('%d', lot.inc),
      'ext', fmt('%d', lot.ext), 'off', fmt('%d', lot.off), 'price', fmt('%d', lot.price), 'leader', lot.leader,
      'lrank', fmt('%d', lot.lrank), 'stayed', fmt('%d', lot.stayed), 'epoch', args[1], 'by', lot.by,
      'acted', fmt('%d', lot.acted))
    for code in pairs(adm.changed) do redis.call('HSET', adm_key, code, adm[code]) end
    for code in pairs(max and max.changed or {}) do
      local m = max[code]
      if m then redis.call('HSET', max_key, code, fmt('%d %d', m[1], m[2])) else redis.call('HDEL', max_key, code) end
    end
    if #keep > 0 then redis.call('HSET', idem_key, unpack(keep)) end
    if cmds[1][1] == 'open' then redis.call('SADD', lots_key, id) end
    redis.call('HSET', shard_key, 'n', fmt('%d', n), 'h', h, 'c', fmt('%d', c))
  elseif c > tonumber(shard[4] or 0) then
    redis.call('HSET', shard_key, 'c', fmt('%d', c))
  end
  return fmt('ok %d %s %d\n', n, h, now) .. table.concat(out, '\n')
end

-- A tick: a decision about no lot, which shows that a bid could be placed at its time. It is numbered and chained like every
-- decision.
-- keys: shard, stream.
-- args: the first six of decide, then the node that sends it, and the time (ms) of the first bid that failed there since its
-- last tick, 0 for none.
-- Answers "ok <n> <h> <platform's time>", or one word: busy, or why decide decides nothing.
local function tick(keys, args)
  local shard = redis.call('HMGET', keys[1], 'epoch', 'n', 'h', 'c')
  if shard[1] ~= args[1] then return 'epoch ' .. (shard[1] or '0') end
  local why, t, n, c, platform, busy = obstacle(shard, keys[2], args)
  if why then return why end
  if busy then return 'busy' end
  n = n + 1
  local p = fmt('00000000-0000-0000-0000-000000000000 tick 0 %d %s %s', platform, args[7], args[8])
  local h = redis.sha1hex(shard[3] .. p)
  redis.call('XADD', keys[2], fmt('%d-0', n), 'h', h, 't', fmt('%d', t), 'p', p)
  redis.call('HSET', keys[1], 'n', fmt('%d', n), 'h', h, 'c', fmt('%d', c))
  return fmt('ok %d %s %d', n, h, platform)
end

-- Rebuilding, in three steps. The epoch was committed before: what was decided under an older one cannot be committed any
-- more. A step of an older rebuild answers "stale" and writes nothing.

-- keys: shard, lots. args: epoch, prefix of the shard's keys ("{s017}:").
local function restore_begin(keys, args)
  local epoch = tonumber(args[1])
  local was = redis.call('HMGET', keys[1], 'epoch', 'restoring')
  if tonumber(was[1] or 0) >= epoch or tonumber(was[2] or 0) > epoch then return 'stale' end
  for _, id in ipairs(redis.call('SMEMBERS', keys[2])) do
    redis.call('UNLINK', args[2] .. 'lot:' .. id, args[2] .. 'adm:' .. id, args[2] .. 'idem:' .. id, args[2] .. 'max:' .. id)
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
redis.register_function('mingchui_tick_@V@', tick)
redis.register_function('mingchui_restore_begin_@V@', restore_begin)
redis.register_function('mingchui_restore_fill_@V@', restore_fill)
redis.register_function('mingchui_restore_end_@V@', restore_end)
