package server

// restore replaces the state by one that was exported.
func (s *Server) restore(data []byte) error {
	st, err := s.org.State.Restored(data, s.org.Now())
	if err != nil {
		return err
	}
	s.org.State = st
	for _, t := range st.Tokens {
		if t.Principal == "" {
			_, t.Principal = s.org.Rules().PrincipalNamed(t)
		}
	}
	return nil
}
