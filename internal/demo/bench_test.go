package demo_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

// BenchmarkMonth is one month of /slots over HTTP, eight at a time.
func BenchmarkMonth(b *testing.B) {
	w, _ := inProcess(b, nil)
	url := fmt.Sprintf("%s/api/v1/schedulers/ridgeline/slots?service=inspection&from=%s&to=%s", w.base,
		time.Now().AddDate(0, 0, 1).Format(time.DateOnly), time.Now().AddDate(0, 0, 31).Format(time.DateOnly))
	b.SetParallelism(4)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		c := &http.Client{}
		for pb.Next() {
			r, err := http.NewRequest("GET", url, nil)
			if err != nil {
				b.Error(err)
				return
			}
			r.Header.Set("Authorization", "Bearer "+testToken)
			res, err := c.Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			if res.StatusCode != 200 {
				b.Error(res.Status)
			}
		}
	})
}
