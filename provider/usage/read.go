package usage

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"strings"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/audit"
)

// maxLine is how long a line may be. A longer one is damaged.
const maxLine = 1 << 20

// Read takes the events of an exported file: JSON lines, pages of the API, CSV or CEF, which may be gzip. Lines that cannot be read are
// damage, named by the file and their number, and never stop the reading.
func (l *Log) Read(name string, file io.Reader) {
	for event, damaged := range Events(name, file) {
		if damaged != nil {
			l.Damage.Add(*damaged)
			continue
		}
		l.Add(event)
	}
}

// ReadFolder takes the events of all files in a folder and below it, or of one file. Names that begin with a dot are left out. A file
// that cannot be opened is damage as well; only a path that is not there is an error.
func (l *Log) ReadFolder(files fs.FS, root string) error {
	if _, err := fs.Stat(files, root); err != nil {
		return fmt.Errorf("audit events %s: %w", root, err)
	}
	return fs.WalkDir(files, root, func(name string, entry fs.DirEntry, err error) error {
		hidden := name != root && strings.HasPrefix(path.Base(name), ".")
		switch {
		case err != nil:
			l.Damage.Add(DamagedLine{name, 1, "the folder or file cannot be read", true})
			return nil
		case entry.IsDir() && hidden:
			return fs.SkipDir
		case entry.IsDir(), hidden:
			return nil
		}
		file, err := files.Open(name)
		if err != nil {
			l.Damage.Add(DamagedLine{name, 1, "the file cannot be opened", true})
			return nil
		}
		defer file.Close()
		l.Read(name, file)
		return nil
	})
}

// Events are the events of an exported file, in its order. Each is an event or a damaged line.
func Events(name string, file io.Reader) iter.Seq2[audit.Event, *DamagedLine] {
	return func(yield func(audit.Event, *DamagedLine) bool) {
		r := &reader{file: name, yield: yield}
		plain, err := unzipped(file)
		if err != nil {
			r.damaged(1, "it is not valid gzip", true)
			return
		}
		r.lines = bufio.NewReaderSize(plain, 64<<10)
		r.read()
	}
}

// unzipped is the file without compression, which is told by its first bytes and not by its name.
func unzipped(file io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(file, 64<<10)
	magic, err := buffered.Peek(2)
	if err == nil && bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return gzip.NewReader(buffered)
	}
	return buffered, nil
}

// reader reads one file line by line.
type reader struct {
	file  string
	lines *bufio.Reader
	yield func(audit.Event, *DamagedLine) bool
	line  int
	done  bool     // the consumer wants no more
	ended bool     // there is no more to read
	held  [][]byte // lines that were given back
	open  int      // how many lists have begun and not ended, of those whose brackets have lines of their own
	lost  bool     // the rest could not be read, and that was said
}

func (r *reader) read() {
	records := &csvReader{reader: r}
	begun := false
	for line, ok := r.next(); ok && !r.done; line, ok = r.next() {
		text := bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")))
		if len(text) == 0 {
			continue
		}
		if !begun && r.opensDocument(text) {
			r.document(text)
			return
		}
		begun = true
		switch formOf(text) {
		case "json":
			r.jsonLine(text)
		case "cef":
			r.cefLine(text)
		default:
			records.record(line)
		}
	}
	if r.open > 0 && !r.lost {
		r.damaged(r.line, "the file ends within a list", true)
	}
}

// formOf tells the form of a line by itself, so that a damaged one does not decide about those that follow.
func formOf(text []byte) string {
	if text[0] == '{' || text[0] == '[' || text[0] == ']' {
		return "json"
	}
	before, _, found := bytes.Cut(text, []byte("CEF:"))
	if found && !bytes.ContainsAny(before, ",\"") {
		return "cef"
	}
	return "csv"
}

// next is the next line without its end. A line that is too long is damage, and left out.
func (r *reader) next() ([]byte, bool) {
	if len(r.held) > 0 {
		held := r.held[0]
		r.held = r.held[1:]
		r.line++
		return held, true
	}
	for !r.ended {
		r.line++
		text, tooLong, err := r.whole()
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			r.damaged(r.line, "the file is cut off or not valid gzip", true)
			r.ended = true
			return nil, false
		case err != nil:
			r.ended = true
			if len(text) == 0 && !tooLong {
				return nil, false
			}
		}
		if tooLong {
			r.damaged(r.line, fmt.Sprintf("the line is longer than %d bytes", maxLine), false)
			continue
		}
		return text, true
	}
	return nil, false
}

// whole reads up to the end of a line.
func (r *reader) whole() (line []byte, tooLong bool, err error) {
	for {
		part, err := r.lines.ReadSlice('\n')
		if !tooLong {
			line = append(line, part...)
		}
		if len(line) > maxLine {
			line, tooLong = nil, true
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimRight(line, "\r\n"), tooLong, err
		}
	}
}

func (r *reader) event(line int, e audit.Event) {
	switch {
	case r.done:
	case e.Time.Unix() <= 0:
		r.damaged(line, "the event has no valid time", false)
	case e.Kind == "":
		r.damaged(line, "the event has no id", false)
	default:
		r.done = !r.yield(e, nil)
	}
}

func (r *reader) damaged(line int, reason string, rest bool) {
	r.lost = r.lost || rest
	if !r.done && !r.yield(audit.Event{}, &DamagedLine{r.file, line, reason, rest}) {
		r.done = true
	}
}
