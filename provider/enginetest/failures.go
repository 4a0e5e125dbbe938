package enginetest

import (
	"errors"
	"sync"
)

// failures are those of one run, of its children and of what declares them: a canceled component does not wait for its children.
type failures struct {
	mutex sync.Mutex
	all   []error
}

func (f *failures) add(err error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if err != nil {
		f.all = append(f.all, err)
	}
}

// joined is nil where nothing failed.
func (f *failures) joined() error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return errors.Join(f.all...)
}
