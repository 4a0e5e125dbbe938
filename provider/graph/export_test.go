package graph

// SetMaxTags lowers the bound of the sets of tags that are tried, for tests that do not run beside others.
func SetMaxTags(n int) (restore func()) {
	was := maxTags
	maxTags = n
	return func() { maxTags = was }
}
