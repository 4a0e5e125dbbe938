package stacks

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/core"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/rest"
	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/sandbox/state"
)

func UpdateHistoryRoutes() []core.Route {
	return []core.Route{
		{Pattern: "GET " + oneStack + "/updates", Handle: rest.Plain(listUpdates)},
		{Pattern: "GET " + oneStack + "/updates/latest", Handle: rest.AnswerOn(core.OnStack("stack:read"), getLatestUpdate)},
		{Pattern: "GET " + oneStack + "/updates/latest/previews", Handle: rest.ActOn(core.OnStack("stack:read"), listPreviews)},
		{Pattern: "GET " + oneStack + "/updates/{version}", Handle: rest.AnswerOn(core.OnStack("stack:read"), getUpdateOfVersion)},
	}
}

// updateInfo is one update in the history.
type updateInfo struct {
	Kind          string                       `json:"kind"`
	StartTime     int64                        `json:"startTime"`
	EndTime       int64                        `json:"endTime"`
	Message       string                       `json:"message"`
	Environment   map[string]string            `json:"environment"`
	Config        map[string]state.ConfigValue `json:"config"`
	Result        string                       `json:"result"`
	Version       int                          `json:"version"`
	Changes       map[string]int               `json:"resourceChanges,omitempty"`
	ResourceCount int                          `json:"resourceCount,omitempty"`
}

type wireUpdate struct {
	Info             updateInfo    `json:"info"`
	LatestVersion    int           `json:"latestVersion"`
	RequestedBy      core.UserInfo `json:"requestedBy"`
	RequestedByToken string        `json:"requestedByToken,omitempty"`
	UpdateID         string        `json:"updateID"`
	Version          int           `json:"version"`
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

// result is the history's word for how an update ended.
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

func showUpdate(s *core.Org, st *state.Stack, u *state.Update) wireUpdate {
	return wireUpdate{
		Info: info(u), LatestVersion: st.Version, RequestedBy: s.UserInfo(u.Login), RequestedByToken: u.TokenName,
		UpdateID: u.ID, Version: u.Version,
	}
}

// history is what was started on a stack, newest first: previews, or all but previews.
func updatesOf(s *core.Org, st *state.Stack, previews bool) []*state.Update {
	var all []*state.Update
	for _, u := range slices.Backward(st.Updates) {
		u.Alive(s.Now())
		if u.Status != state.UpdateNotStarted && u.Preview() == previews {
			all = append(all, u)
		}
	}
	return all
}

// updatePage cuts out what the caller asked for: everything, or one page of a size.
func updatePage(c *core.Call, all []*state.Update) ([]*state.Update, error) {
	number, err := strconv.Atoi(cmp.Or(c.Query("page"), "0"))
	if err != nil || number < 0 {
		return nil, rest.BadRequest("Invalid 'page' value.")
	}
	size, err := strconv.Atoi(cmp.Or(c.Query("pageSize"), strconv.Itoa(core.DefaultPageSize)))
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
func listUpdates(c *core.Call) error {
	st, err := c.StackWith("stack:read")
	if err != nil {
		return err
	}
	all := updatesOf(c.Org, st, false)
	wanted, err := updatePage(c, all)
	if err != nil {
		return err
	}
	if c.Query("output-type") != "" {
		return answerUpdates(c, st, wanted, len(all))
	}
	infos := []updateInfo{}
	for _, u := range wanted {
		infos = append(infos, info(u))
	}
	return c.OK(map[string]any{"updates": infos})
}

func answerUpdates(c *core.Call, st *state.Stack, wanted []*state.Update, total int) error {
	updates := []wireUpdate{}
	for _, u := range wanted {
		updates = append(updates, showUpdate(c.Org, st, u))
	}
	return c.OK(map[string]any{"updates": updates, "itemsPerPage": len(updates), "total": total})
}

func listPreviews(c *core.Call, st *state.Stack) error {
	all := updatesOf(c.Org, st, true)
	wanted, err := updatePage(c, all)
	if err != nil {
		return err
	}
	return answerUpdates(c, st, wanted, len(all))
}

func getLatestUpdate(c *core.Call, st *state.Stack) (wireUpdate, error) {
	u := st.Latest()
	if u == nil {
		return wireUpdate{}, rest.NotFound("Version not found: the stack has never been updated")
	}
	u.Alive(c.Org.Now())
	return showUpdate(c.Org, st, u), nil
}

func getUpdateOfVersion(c *core.Call, st *state.Stack) (wireUpdate, error) {
	for _, u := range updatesOf(c.Org, st, false) {
		if strconv.Itoa(u.Version) == c.Param("version") {
			return showUpdate(c.Org, st, u), nil
		}
	}
	return wireUpdate{}, rest.NotFound("Version '%s' not found", c.Param("version"))
}
