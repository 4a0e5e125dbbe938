package server

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
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
	Kind          string                       `json:"kind"`
	StartTime     int64                        `json:"startTime"`
	EndTime       int64                        `json:"endTime"`
	Message       string                       `json:"message"`
	Environment   map[string]string            `json:"environment"`
	Config        map[string]state.ConfigValue `json:"config"`
	Result        string                       `json:"result"`
	Version       int                          `json:"version"`
	Changes       map[string]int               `json:"resourceChanges"`
	ResourceCount int                          `json:"resourceCount"`
}

type wireUpdate struct {
	Info             updateInfo `json:"info"`
	LatestVersion    int        `json:"latestVersion"`
	RequestedBy      userInfo   `json:"requestedBy"`
	RequestedByToken string     `json:"requestedByToken,omitempty"`
	UpdateID         string     `json:"updateID"`
	Version          int        `json:"version"`
}

func info(u *state.Update) updateInfo {
	info := updateInfo{
		Kind: u.Kind, StartTime: u.Started.Unix(), Message: u.Message, Environment: rest.OrEmpty(u.Environment),
		Config: rest.OrEmpty(u.Config), Result: result(u), Version: u.Version, Changes: rest.OrEmpty(u.Changes), ResourceCount: u.Resources,
	}
	if !u.Ended.IsZero() {
		info.EndTime = u.Ended.Unix()
	}
	return info
}

// result says in the history's words how an update ended.
func result(u *state.Update) string {
	switch u.Status {
	case state.UpdateNotStarted:
		return "not-started"
	case state.UpdateRunning:
		return "in-progress"
	case state.UpdateSucceeded:
		return "succeeded"
	case state.UpdateFailed, state.UpdateCancelled:
	}
	return "failed"
}

func (s *org) wireUpdate(st *state.Stack, u *state.Update) wireUpdate {
	return wireUpdate{
		Info: info(u), LatestVersion: st.Version, RequestedBy: s.userInfo(u.Login), RequestedByToken: u.TokenName,
		UpdateID: u.ID, Version: u.Version,
	}
}

// history is what was started on a stack, newest first: previews, or all but previews.
func (s *org) updatesOf(st *state.Stack, previews bool) []*state.Update {
	var all []*state.Update
	for _, u := range slices.Backward(st.Updates) {
		u.Alive(s.now())
		if u.Status != state.UpdateNotStarted && u.Preview() == previews {
			all = append(all, u)
		}
	}
	return all
}

// updatePage cuts out what the caller asked for: everything, or one page of a size.
func (c *call) updatePage(all []*state.Update) ([]*state.Update, error) {
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
		infos = append(infos, info(u))
	}
	return c.OK(map[string]any{"updates": infos})
}

func (c *call) answerUpdates(st *state.Stack, wanted []*state.Update, total int) error {
	updates := []wireUpdate{}
	for _, u := range wanted {
		updates = append(updates, c.s.wireUpdate(st, u))
	}
	return c.OK(map[string]any{"updates": updates, "itemsPerPage": len(updates), "total": total})
}

func (c *call) listPreviews(st *state.Stack) error {
	all := c.s.updatesOf(st, true)
	wanted, err := c.updatePage(all)
	if err != nil {
		return err
	}
	return c.answerUpdates(st, wanted, len(all))
}

func (c *call) getLatestUpdate(st *state.Stack) (wireUpdate, error) {
	u := st.Latest()
	if u == nil {
		return wireUpdate{}, rest.NotFound("Version not found: the stack has never been updated")
	}
	u.Alive(c.s.now())
	return c.s.wireUpdate(st, u), nil
}

func (c *call) getUpdateOfVersion(st *state.Stack) (wireUpdate, error) {
	for _, u := range c.s.updatesOf(st, false) {
		if strconv.Itoa(u.Version) == c.Param("version") {
			return c.s.wireUpdate(st, u), nil
		}
	}
	return wireUpdate{}, rest.NotFound("Version '%s' not found", c.Param("version"))
}
