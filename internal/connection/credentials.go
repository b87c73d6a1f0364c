package connection

// Ready reports whether there are credentials to connect a config with: its own, or the shared application's.
func (s *Service) Ready(c Config) bool {
	if c.ClientID == "" || (c.ClientID == s.Shared.ClientID && c.ClientSecret.Empty()) {
		return !s.Shared.Empty()
	}
	return !c.ClientSecret.Empty()
}
