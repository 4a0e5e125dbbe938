package server

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/idtokens"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/seal"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/trust"
)

// keeper writes the state file. A call is answered when a file with what it changed is in place, so that nothing that a client
// was told is lost when the process is killed; calls that wait at the same time share one file.
type keeper struct {
	writing sync.Mutex // held while a file is written; taken before the server's lock
	seen    int        // changes so far, under the server's lock
	written int        // of these in the file, under writing
}

// stateFile is the form of the file. It is the sandbox's own, and may change with its version.
type stateFile struct {
	Format     int                     `json:"format"`
	State      json.RawMessage         `json:"state"` // as /_sandbox/state?include=history has it
	AdminToken string                  `json:"adminToken"`
	FirstAdmin string                  `json:"firstAdmin"`
	Secrets    map[string]state.Token  `json:"secrets"` // by hash of the value
	Minted     map[string]*state.Token `json:"minted"`
	MintedEver int                     `json:"mintedSoFar"`
	Issued     map[string]bool         `json:"issued"`
	Leases     map[string]keptLease    `json:"leases"` // by id of the update
	SealerKey  []byte                  `json:"sealerKey"`
	SigningKey []byte                  `json:"signingKey"` // PKCS #1
	// SigningKeyV2 is empty in files of older versions, whose tokens of the second version nobody could have.
	SigningKeyV2 []byte            `json:"signingKeyV2,omitempty"`
	IssuerKeys   map[string][]byte `json:"ciIssuerKeys"` // by name
}

type keptLease struct {
	Hash  string    `json:"hash"`
	Until time.Time `json:"until"`
}

const (
	stateFormat = 1
	ownerOnly   = 0o600
)

// kept waits until the state file has what a call changed. Calls that read leave traces as well, in the audit log for one: those
// go with the next change.
func (s *Server) kept(method string) error {
	if s.org.Options.StateFile == "" {
		return nil
	}
	s.org.Mu.Lock()
	if method == http.MethodGet || method == http.MethodHead {
		if !s.org.Changed {
			s.org.Mu.Unlock()
			return nil
		}
	}
	s.org.Changed = false
	s.keep.seen++
	mine := s.keep.seen
	s.org.Mu.Unlock()
	s.keep.writing.Lock()
	defer s.keep.writing.Unlock()
	if s.keep.written >= mine {
		return nil
	}
	return s.write()
}

// save writes the state file now, if there is to be one.
func (s *Server) save() error {
	if s.org.Options.StateFile == "" {
		return nil
	}
	s.keep.writing.Lock()
	defer s.keep.writing.Unlock()
	return s.write()
}

// Close writes what has not been written yet to the state file: traces of calls that only read.
func (s *Server) Close() error { return s.save() }

// write puts a file with the state of now in place of the last one. Call it with writing held.
func (s *Server) write() error {
	s.org.Mu.Lock()
	seen := s.keep.seen
	file, err := s.stateFile()
	s.org.Mu.Unlock()
	if err != nil {
		return err
	}
	data, err := json.Marshal(file)
	if err != nil {
		return fmt.Errorf("writing the state: %w", err)
	}
	if err := replaceFile(s.org.Options.StateFile, data); err != nil {
		return fmt.Errorf("keeping the state in %s: %w", s.org.Options.StateFile, err)
	}
	s.keep.written = seen
	return nil
}

func (s *Server) stateFile() (f stateFile, err error) {
	f = stateFile{
		Format: stateFormat, AdminToken: s.adminToken, FirstAdmin: s.org.FirstAdmin, Secrets: copyOf(s.org.Secrets),
		Minted: state.Copies(s.org.State.Minted(), func(*state.Token) {}), MintedEver: s.org.MintedSoFar, Issued: copyOf(s.org.State.Issued()),
		Leases: map[string]keptLease{}, SealerKey: s.org.Sealer.Key(), IssuerKeys: map[string][]byte{},
	}
	if f.State, err = s.org.State.Export(true); err != nil {
		return f, err
	}
	for _, st := range s.org.State.Stacks {
		for _, u := range st.Updates {
			if u.Lease != "" {
				f.Leases[u.ID] = keptLease{Hash: u.Lease, Until: u.Leased}
			}
		}
	}
	if f.SigningKey, err = encodeKey(s.org.SigningKey); err != nil {
		return f, err
	}
	if f.SigningKeyV2, err = encodeKey(s.org.SigningKeyV2); err != nil {
		return f, err
	}
	for name, issuer := range s.org.CI {
		if f.IssuerKeys[name], err = encodeKey(issuer.Private); err != nil {
			return f, err
		}
	}
	return f, nil
}

func copyOf[V any](from map[string]V) map[string]V {
	to := make(map[string]V, len(from))
	for k, v := range from {
		to[k] = v
	}
	return to
}

func encodeKey(key idtokens.SigningKey) ([]byte, error) {
	private, err := key()
	if err != nil {
		return nil, fmt.Errorf("making an issuer's key: %w", err)
	}
	return x509.MarshalPKCS1PrivateKey(private), nil
}

func decodeKey(der []byte) (idtokens.SigningKey, error) {
	private, err := x509.ParsePKCS1PrivateKey(der)
	if err != nil {
		return nil, errors.New("an issuer's key cannot be read")
	}
	return func() (*rsa.PrivateKey, error) { return private, nil }, nil
}

// replaceFile writes a file that is there as a whole or not at all, also after a crash, and that only its owner reads.
func replaceFile(path string, data []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // not there any more once it was renamed
	_, err = temporary.Write(data)
	err = errors.Join(err, temporary.Chmod(ownerOnly), temporary.Sync(), temporary.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	_ = folder.Sync() // not every system can
	return folder.Close()
}

// load starts with the state file, false if there is none yet.
func (s *Server) load() (bool, error) {
	if s.org.Options.StateFile == "" {
		return false, nil
	}
	data, err := os.ReadFile(s.org.Options.StateFile)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading the state: %w", err)
	}
	if err := s.take(data); err != nil {
		return false, fmt.Errorf("the state in %s cannot be used: %w. Give another file, or move this one away to start anew",
			s.org.Options.StateFile, err)
	}
	return true, nil
}

func (s *Server) take(data []byte) error {
	var f stateFile
	if err := json.Unmarshal(data, &f); err != nil {
		return errors.New("it is not valid JSON")
	}
	if f.Format != stateFormat {
		return fmt.Errorf("its format is %d, this sandbox reads %d", f.Format, stateFormat)
	}
	var err error
	if s.org.Sealer, err = seal.Of(f.SealerKey); err != nil {
		return err
	}
	if s.org.SigningKey, err = decodeKey(f.SigningKey); err != nil {
		return err
	}
	if len(f.SigningKeyV2) > 0 {
		if s.org.SigningKeyV2, err = decodeKey(f.SigningKeyV2); err != nil {
			return err
		}
	}
	s.org.CI = map[string]idtokens.Issuer{}
	for name, der := range f.IssuerKeys {
		key, err := decodeKey(der)
		if err != nil {
			return err
		}
		s.org.CI[name] = trust.NewCIIssuer(s.org, key)
	}
	if err := s.adopt(f.State); err != nil {
		return err
	}
	s.adminToken, s.org.FirstAdmin, s.org.MintedSoFar, s.org.Secrets = f.AdminToken, f.FirstAdmin, f.MintedEver, rest.OrEmpty(f.Secrets)
	s.org.State.Resume(f.Minted, f.Issued)
	if err := s.restore(bytes.TrimSpace(f.State)); err != nil {
		return err
	}
	for _, st := range s.org.State.Stacks {
		for _, u := range st.Updates {
			u.Lease, u.Leased = f.Leases[u.ID].Hash, f.Leases[u.ID].Until
		}
	}
	return nil
}

// adopt serves the organization that the file is of, unless another one was asked for.
func (s *Server) adopt(data []byte) error {
	var of struct {
		Organization struct {
			Login string `json:"login"`
		} `json:"organization"`
	}
	if err := json.Unmarshal(data, &of); err != nil {
		return errors.New("its state is not valid JSON")
	}
	if named := s.org.Options.Organization; named != "" && named != of.Organization.Login {
		return fmt.Errorf("it is of organization %q, and --org is %q", of.Organization.Login, named)
	}
	s.org.State = state.New(of.Organization.Login, s.org.Now())
	return nil
}
