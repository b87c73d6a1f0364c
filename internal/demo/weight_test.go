package demo_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// TestWeightOfThePublicPages: a booking page with everything it needs passes over the wire in at most 60 kB, headers too,
// and so does one in a frame with the script that brings it there.
func TestWeightOfThePublicPages(t *testing.T) {
	t.Parallel()
	w, _ := inProcess(t, nil)
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}} // what comes is counted as it comes
	t.Cleanup(client.CloseIdleConnections)
	fetch := func(address string) (int, []byte) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "GET", address, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", "gzip")
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		head, err := httputil.DumpResponse(res, false)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d (%v)", address, res.StatusCode, err)
		}
		total := len(head) + len(body)
		if res.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if body, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		} else if len(body) > 2000 {
			t.Errorf("%s: %d bytes come uncompressed", address, len(body))
		}
		return total, body
	}
	at := url.QueryEscape(w.slots("inspection", 2, 30)[3])
	for name, path := range map[string]string{
		"service": "/book/ridgeline", "time": "/book/ridgeline?service=inspection&zip=60640", "details": "/book/ridgeline/details?service=inspection&zip=60640&start=" + at,
		"time, framed": "/book/ridgeline?service=inspection&zip=60640&embed=https%3A%2F%2Fwww.ridgeline.example",
	} {
		total, body := fetch(w.base + path)
		doc, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		parts := fmt.Sprint("page ", total)
		for _, n := range doc.Find("link[href]:not([rel=canonical]), script[src], img[src]").EachIter() {
			src, ok := n.Attr("src")
			if !ok {
				src, _ = n.Attr("href")
			}
			if !strings.HasPrefix(src, "/") {
				t.Errorf("%s loads %s from elsewhere", name, src)
				continue
			}
			size, _ := fetch(w.base + src)
			total += size
			parts += fmt.Sprint(", ", src, " ", size)
		}
		if strings.Contains(name, "framed") {
			size, _ := fetch(w.base + "/embed.js")
			total += size
			parts += fmt.Sprint(", embed.js ", size)
		}
		t.Logf("%s: %d bytes (%s)", name, total, parts)
		if total > 60_000 {
			t.Errorf("%s: %d bytes", name, total)
		}
		if n := strings.Count(parts, ","); n < 3 {
			t.Errorf("%s: only %d files were counted", name, n)
		}
	}
}
