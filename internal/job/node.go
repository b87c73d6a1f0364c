package job

import (
	"context"
	"time"
)

const (
	beatEvery = 2 * time.Second
	// deadAfter is how often, beatEvery apart, a node is seen with the same beat until its running jobs are taken over.
	deadAfter = 5
)

// Nodes knows which processes live, so that the jobs of a dead one are taken over in seconds.
type Nodes interface {
	// Beat says that a node lives. Its time is the node's own and only tells one beat from another.
	Beat(ctx context.Context, node string, now time.Time) error
	// OtherBeats reads the last beat of every node but self.
	OtherBeats(ctx context.Context, self string) (map[string]time.Time, error)
	// Bury makes the running jobs of a node available again, frees its leases, and says how many jobs. A node that has
	// beaten again since last lives: nothing happens.
	Bury(ctx context.Context, node string, last time.Time) (int, error)
}

// watch tells dead nodes from live ones without comparing clocks, which differ between machines: a node is dead whose
// beat did not change while the observer looked again and again. Looks are counted and not timed, so that an observer
// that stood still, or a database that was away from all, buries nobody.
type watch struct {
	dead int // looks after which a beat that stays the same is a dead node's
	seen map[string]sight
}

type sight struct {
	beat  time.Time
	looks int // since it was seen first
}

// look takes note of the beats of this moment and gives the nodes that are dead.
func (w *watch) look(beats map[string]time.Time) []string {
	var dead []string
	now := make(map[string]sight, len(beats))
	for node, beat := range beats {
		s, known := w.seen[node]
		if known && s.beat.Equal(beat) {
			s.looks++
		} else {
			s = sight{beat: beat}
		}
		if s.looks >= w.dead {
			dead = append(dead, node)
		}
		now[node] = s
	}
	w.seen = now
	return dead
}

// bury looks at the other nodes and takes over the jobs of those that are dead.
func (r *Runner) bury(ctx context.Context, others *watch) (int, error) {
	beats, err := r.c.Nodes.OtherBeats(ctx, r.c.Node)
	if err != nil {
		return 0, err
	}
	jobs := 0
	for _, node := range others.look(beats) {
		n, err := r.c.Nodes.Bury(ctx, node, beats[node])
		if err != nil {
			return jobs, err
		}
		jobs += n
	}
	return jobs, nil
}

// beat says that this node lives and buries those that do not, until ctx ends.
func (r *Runner) beat(ctx context.Context, others *watch) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := r.c.Nodes.Beat(ctx, r.c.Node, r.c.Now()); err != nil {
			r.c.Log.Warn("beat", "err", err)
			continue
		}
		n, err := r.bury(ctx, others)
		if err != nil {
			r.c.Log.Warn("take over jobs", "err", err)
		} else if n > 0 {
			r.c.Log.Info("took over the jobs of a node that is gone", "jobs", n)
		}
	}
}
