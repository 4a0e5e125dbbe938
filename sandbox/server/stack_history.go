package server

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
)

func (s *org) updateHistoryRoutes() []route {
	return []route{
		{pattern: "GET " + oneStack + "/updates", handle: rest.Plain((*call).listUpdates)},
		{pattern: "GET " + oneStack + "/updates/latest", handle: rest.AnswerOn(onStack("stack:read"), (*call).getLatestUpdate)},
		{pattern: "GET " + oneStack + "/updates/latest/previews", handle: rest.ActOn(onStack("stack:read"), (*call).listPreviews)},
		{pattern: "GET " + oneStack + "/updates/{version}", handle: rest.AnswerOn(onStack("stack:read"), (*call).getUpdateOfVersion)},
	}
}

// updateInfo is what the history says of one update.
type updateInfo struct {
	Kind          string                 `json:"kind"`
	StartTime     int64                  `json:"startTime"`
	EndTime       int64                  `json:"endTime"`
	Message       string                 `json:"message"`
	Environment   map[string]string      `json:"environment"`
	Config        map[string]configValue `json:"config"`
	Result        string                 `json:"result"`
	Version       int                    `json:"version"`
	Changes       map[string]int         `json:"resourceChanges"`
	ResourceCount int                    `json:"resourceCount"`
}

type wireUpdate struct {
	Info             updateInfo `json:"info"`
	LatestVersion    int        `json:"latestVersion"`
	RequestedBy      userInfo   `json:"requestedBy"`
	RequestedByToken string     `json:"requestedByToken,omitempty"`
	UpdateID         string     `json:"updateID"`
	Version          int        `json:"version"`
}

func (u *update) info() updateInfo {
	info := updateInfo{
		Kind: u.Kind, StartTime: u.Started.Unix(), Message: u.Message, Environment: orEmpty(u.Environment),
		Config: orEmpty(u.Config), Result: u.result(), Version: u.Version, Changes: orEmpty(u.Changes), ResourceCount: u.Resources,
	}
	if !u.Ended.IsZero() {
		info.EndTime = u.Ended.Unix()
	}
	return info
}

// result says in the history's words how an update ended.
func (u *update) result() string {
	switch u.Status {
	case updateNotStarted:
		return "not-started"
	case updateRunning:
		return "in-progress"
	case updateSucceeded:
		return "succeeded"
	case updateFailed, updateCancelled:
	}
	return "failed"
}

func (s *org) wireUpdate(st *stack, u *update) wireUpdate {
	return wireUpdate{
		Info: u.info(), LatestVersion: st.Version, RequestedBy: s.userInfo(u.Login), RequestedByToken: u.TokenName,
		UpdateID: u.ID, Version: u.Version,
	}
}

// history is what was started on a stack, newest first: previews, or all but previews.
func (s *org) updatesOf(st *stack, previews bool) []*update {
	var all []*update
	for _, u := range slices.Backward(st.Updates) {
		u.alive(s.now())
		if u.Status != updateNotStarted && u.preview() == previews {
			all = append(all, u)
		}
	}
	return all
}

// updatePage cuts out what the caller asked for: everything, or one page of a size.
func (c *call) updatePage(all []*update) ([]*update, error) {
	number, err := strconv.Atoi(cmp.Or(c.Query("page"), "0"))
	if err != nil || number < 0 {
		return nil, rest.BadRequest("Invalid 'page' value.")
	}
	size, err := strconv.Atoi(cmp.Or(c.Query("pageSize"), strconv.Itoa(defaultPageSize)))
	if err != nil || size < 1 || size > 1000 {
		return nil, rest.BadRequest("Invalid 'pageSize' value.")
	}
	if number == 0 {
		return all, nil
	}
	start := min((min(number, len(all)+1)-1)*size, len(all))
	return all[start:min(start+size, len(all))], nil
}

// listUpdates has two forms: the older one that the CLI reads, and one with who made each update.
func (c *call) listUpdates() error {
	st, err := c.stackWith("stack:read")
	if err != nil {
		return err
	}
	all := c.s.updatesOf(st, false)
	wanted, err := c.updatePage(all)
	if err != nil {
		return err
	}
	if c.Query("output-type") != "" {
		return c.answerUpdates(st, wanted, len(all))
	}
	infos := []updateInfo{}
	for _, u := range wanted {
		infos = append(infos, u.info())
	}
	return c.OK(map[string]any{"updates": infos})
}

func (c *call) answerUpdates(st *stack, wanted []*update, total int) error {
	updates := []wireUpdate{}
	for _, u := range wanted {
		updates = append(updates, c.s.wireUpdate(st, u))
	}
	return c.OK(map[string]any{"updates": updates, "itemsPerPage": len(updates), "total": total})
}

func (c *call) listPreviews(st *stack) error {
	all := c.s.updatesOf(st, true)
	wanted, err := c.updatePage(all)
	if err != nil {
		return err
	}
	return c.answerUpdates(st, wanted, len(all))
}

func (c *call) getLatestUpdate(st *stack) (wireUpdate, error) {
	u := st.latest()
	if u == nil {
		return wireUpdate{}, rest.NotFound("Version not found: the stack has never been updated")
	}
	u.alive(c.s.now())
	return c.s.wireUpdate(st, u), nil
}

func (c *call) getUpdateOfVersion(st *stack) (wireUpdate, error) {
	for _, u := range c.s.updatesOf(st, false) {
		if strconv.Itoa(u.Version) == c.Param("version") {
			return c.s.wireUpdate(st, u), nil
		}
	}
	return wireUpdate{}, rest.NotFound("Version '%s' not found", c.Param("version"))
}
