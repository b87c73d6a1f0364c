package zohosim

import "net/http"

// watchPageView shows the watch channels, each with what was lately sent to it.
type watchPageView struct {
	frame
	Channels []watchedView
	Told     notificationCounts
}

type watchedView struct {
	channelView
	Org, User string
	Muted     bool
	Lately    []delivery
}

func (l *listener) watchPage(r *http.Request) answer {
	v := watchPageView{frame: l.frame(r, "Watch channels"), Told: l.sim.outbox.counts()}
	l.sim.mu.RLock()
	defer l.sim.mu.RUnlock()
	now := l.sim.clock().Unix()
	for _, o := range l.sim.orgs {
		for _, ch := range o.channels {
			if !ch.live(now) {
				continue
			}
			w := watchedView{channelView: ch.view(), Org: o.name, Muted: ch.Muted}
			if u := o.user(ch.User); u != nil {
				w.User = u.name()
			}
			w.Lately = l.sim.outbox.lately(laneKey{o.index, ch.User, ch.ID})
			v.Channels = append(v.Channels, w)
		}
	}
	return l.page(http.StatusOK, "watch.html", v)
}

// breakChannel ends or mutes a channel as the buttons of the page say.
func (l *listener) breakChannel(r *http.Request) answer {
	done := r.FormValue("tool")
	action := map[string]string{"ended": "expire", "muted": "mute"}[done]
	if action == "" || r.FormValue("channel") == "" {
		return noSuchTool()
	}
	_, err := l.sim.breakChannels(action, r.FormValue("channel"))
	return l.toolDone(err, "/_sim/page/watch?done="+done)
}
