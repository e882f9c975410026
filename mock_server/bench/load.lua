-- One request, sent over and over; every response is compared with what is expected.
-- wrk … -s load.lua URL -- BODY_FILE AUTHORIZATION STATUS MARKER LIMIT
--   AUTHORIZATION  value of that header, or "-" for none
--   MARKER         text that each response body must contain
--   LIMIT          end after so many responses; 0 for none. Needs one thread.
-- Prints one line of JSON, and the first unexpected response on a second one. Ended by its limit it knows no times.

local threads = {}
local find = string.find

function setup(thread)
   table.insert(threads, thread)
end

function init(args)
   local file = assert(io.open(args[1], "rb"))
   wrk.method = "POST"
   wrk.body = file:read("*a")
   file:close()
   wrk.headers["Content-Type"] = "application/json"
   if args[2] ~= "-" then
      wrk.headers["Authorization"] = args[2]
   end
   expected_status, marker, limit = tonumber(args[3]), args[4], tonumber(args[5])
   responses, unexpected, first = 0, 0, ""
end

function response(status, headers, body)
   responses = responses + 1
   if status ~= expected_status or not find(body, marker, 1, true) then
      unexpected = unexpected + 1
      if unexpected == 1 then
         first = status .. " " .. string.gsub(string.sub(body, 1, 200), "%c", " ")
      end
   end
   if limit > 0 and responses >= limit then
      report(responses, 0, 0, unexpected, 0, 0, first)
      io.flush()
      os.exit(0) -- a stopped thread would leave wrk waiting until its duration is over
   end
end

function report(requests, duration_us, p99_us, unexpected, socket_errors, timeouts, first)
   io.write(string.format(
      '\n{"requests": %d, "duration_us": %d, "p99_us": %d, "unexpected": %d, "socket_errors": %d, "timeouts": %d}\n',
      requests, duration_us, p99_us, unexpected, socket_errors, timeouts))
   io.write("first unexpected: " .. first .. "\n")
end

function done(summary, latency)
   local wrong, shown = 0, ""
   for _, thread in ipairs(threads) do
      wrong = wrong + thread:get("unexpected")
      shown = thread:get("first")
   end
   local errors = summary.errors
   report(summary.requests, summary.duration, latency:percentile(99.0), wrong,
      errors.connect + errors.read + errors.write, errors.timeout, shown)
end
