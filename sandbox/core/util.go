package core

import (
	"strconv"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

// PageSize reads how many entries the caller wants, at most 1000.
func (c *Call) PageSize(parameter string) (int, error) {
	text := c.Query(parameter)
	if text == "" {
		return c.Org.Options.PageSize, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1000 {
		return 0, rest.BadRequest("%s must be between 1 and 1000", parameter)
	}
	return n, nil
}
