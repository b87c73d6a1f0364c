package zohosim

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// workList is a list of settings that is read and written item by item: shifts, holidays, times when users are away.
type workList struct {
	name  string    // member of bodies and answers
	index int       // of the id in the path, for errors
	limit int       // items of a body
	words [3]string // of what was added, changed, deleted
	bare  bool      // a deletion of what is not there is refused without the list around it

	of    func(*workingTime) *[]map[string]any
	check func(*call, *shape) map[string]any               // reads an item; what it returns is kept
	wire  func(*call, map[string]any) map[string]any       // an item as it goes out
	keep  func(*call) (func(map[string]any) bool, *answer) // what the parameters of a list let through; nil: all
	more  func(*call) map[string]any                       // further members of a list; nil: info with paging
}

func (l *workList) items(c *call) []map[string]any { return *l.of(c.org.work) }

// find gives the place of an item by id; -1 without it.
func (l *workList) find(c *call, id any) int {
	return slices.IndexFunc(l.items(c), func(item map[string]any) bool { return item["id"] == id })
}

// list answers GET without an id.
func (l *workList) list(c *call) answer {
	page, perPage, refused := c.paging()
	if refused != nil {
		return *refused
	}
	keep := func(map[string]any) bool { return true }
	if l.keep != nil {
		if keep, refused = l.keep(c); refused != nil {
			return *refused
		}
	}
	var all []any
	for _, item := range l.items(c) {
		if keep(item) {
			all = append(all, l.wire(c, item))
		}
	}
	from := min((page-1)*perPage, len(all))
	to := min(from+perPage, len(all))
	if from == to {
		return noContent
	}
	body := map[string]any{l.name: all[from:to]}
	if l.more != nil {
		maps.Copy(body, l.more(c))
	} else {
		body["info"] = map[string]any{"per_page": perPage, "count": to - from, "page": page, "more_records": to < len(all)}
	}
	return jsonAnswer(http.StatusOK, body)
}

// one answers GET with an id.
func (l *workList) one(c *call) answer {
	i := l.find(c, c.args["id"])
	if i < 0 {
		return noContent
	}
	body := map[string]any{l.name: []any{l.wire(c, l.items(c)[i])}}
	if l.more != nil {
		maps.Copy(body, l.more(c))
	}
	return jsonAnswer(http.StatusOK, body)
}

// add answers POST.
func (l *workList) add(c *call) answer {
	return l.save(c, http.StatusCreated, l.words[0], func(s *shape, all []map[string]any) int {
		return len(all)
	})
}

// change answers PUT: each item names itself, or the path does.
func (l *workList) change(c *call) answer {
	return l.save(c, http.StatusOK, l.words[1], func(s *shape, all []map[string]any) int {
		id := c.args["id"]
		if id == "" {
			id = s.text("id", true, 0)
		}
		i := slices.IndexFunc(all, func(item map[string]any) bool { return item["id"] == id })
		if i < 0 {
			s.refuse("INVALID_DATA", "the id given seems to be invalid", "id", nil)
		}
		return i
	})
}

// save reads the items of a body and puts each in its place, unless it is refused.
func (l *workList) save(c *call, status int, message string, place func(*shape, []map[string]any) int) answer {
	limit := l.limit
	if c.args["id"] != "" {
		limit = 1
	}
	list, refused := c.memberList(l.name, limit)
	if refused != nil {
		return *refused
	}
	before := c.org.work
	next := *before
	*l.of(&next) = slices.Clone(l.items(c))
	c.org.work = &next // items see what came before them in the same body
	results := make([]result, len(list))
	for i, v := range list {
		results[i] = l.put(c, fmt.Sprintf("$.%s[%d]", l.name, i), v, message, place)
	}
	c.org.work = before
	if refused := c.setWork(next); refused != nil {
		return *refused
	}
	return jsonAnswer(c.batchStatus(status, results), map[string]any{l.name: results})
}

// put checks an item and puts it in its place.
func (l *workList) put(c *call, path string, v any, message string, place func(*shape, []map[string]any) int) result {
	item, ok := v.(map[string]any)
	if !ok {
		return failed(problem{"INVALID_DATA", "invalid data", details{
			"expected_data_type": "jsonobject", "api_name": l.name, "json_path": path,
		}})
	}
	s := &shape{path: path, item: item}
	all, id := l.of(c.org.work), formatID(c.org.nextID())
	at := place(s, *all)
	if at >= 0 && at < len(*all) {
		s.item, id = overlay((*all)[at], item), text((*all)[at], "id")
	}
	s.item["id"] = id
	kept := l.check(c, s)
	if s.wrong != nil {
		return failed(*s.wrong)
	}
	kept["id"] = id
	if at == len(*all) {
		*all = append(*all, nil)
	}
	(*all)[at] = kept
	return result{envelope: success(message, details{"id": id})}
}

// drop answers DELETE.
func (l *workList) drop(c *call) answer {
	i := l.find(c, c.args["id"])
	if i < 0 {
		p := problem{"INVALID_DATA", "Invalid ID", details{"resource_path_index": l.index}}
		if l.bare {
			return p.answer(http.StatusBadRequest)
		}
		return jsonAnswer(http.StatusBadRequest, map[string]any{l.name: []envelope{p.envelope()}})
	}
	next := *c.org.work
	*l.of(&next) = slices.Delete(slices.Clone(l.items(c)), i, i+1)
	if refused := c.setWork(next); refused != nil {
		return *refused
	}
	return jsonAnswer(http.StatusOK, map[string]any{l.name: []envelope{success(l.words[2], details{"id": c.args["id"]})}})
}
