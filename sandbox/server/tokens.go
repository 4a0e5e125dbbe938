package server

func (s *Server) tokenRoutes() []route { return nil }
