package standin

import "time"

// Sweep does what has become due by the clock: sessions expire, holds lapse,
// refunds settle. It runs by itself every Config.SweepEvery.
func (s *Server) Sweep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.begin()
	if t.now-s.tidied > int64(time.Hour.Seconds()) {
		s.state.forget(t.now)
		s.tidied = t.now
	}
	for id := range s.state.due {
		if r := s.state.sessions.rows[id]; r != nil && r.Expires <= t.now {
			t.expire(id)
		}
		if r := s.state.refunds.rows[id]; r != nil && r.SettleAt <= t.now {
			t.settle(id, r.SettleTo, "")
		}
		if r := s.state.intents.rows[id]; r != nil {
			if c := s.state.charges.rows[r.ChargeID]; c != nil && time.Unix(c.CaptureBefore, 0).Before(t.at) {
				t.cancel(id, "automatic")
			}
		}
	}
	if err := t.commit(); err != nil {
		s.log.Error("payment stand-in: what became due could not be written", "error", err.Error())
	}
}
