package server

// restore replaces the state by one that was exported.
func (s *Server) restore(data []byte) error {
	st, err := s.state.Restored(data, s.now())
	if err != nil {
		return err
	}
	s.state = st
	for _, t := range st.Tokens {
		if t.Principal == "" {
			_, t.Principal = s.rules().principalNamed(t)
		}
	}
	return nil
}
