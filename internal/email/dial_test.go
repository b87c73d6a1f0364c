package email

import (
	"bufio"
	"net"
	"testing"
	"time"

	"heavyset.tech/platform/internal/fault"
)

// No URL leads here by itself, only a name like localhost that resolves to another machine.
func TestPlainGoesToThisMachineOnly(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", net.JoinHostPort(ownAddress(t), "0"))
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			heard <- ""
			return
		}
		defer c.Close()
		_, _ = c.Write([]byte("220 here\r\n"))
		line, _ := bufio.NewReader(c).ReadString('\n')
		heard <- line
	}()
	at := l.Addr().(*net.TCPAddr)
	s := &Sender{server: server{host: at.IP.String(), port: at.Port, security: plain}, now: time.Now, timeout: 10 * time.Second}
	err = s.Check(t.Context())
	_ = l.Close()
	if f := fault.As(err); f == nil || f.Code != "MAIL_SERVER_REFUSES" || f.Unwrap().Error() != errNotLocal.Error() {
		t.Errorf("got %v, want a refusal because the server is elsewhere", err)
	}
	if got := <-heard; got != "" {
		t.Errorf("the server heard %q", got)
	}
}

// ownAddress gives an address of this machine that is not loopback.
func ownAddress(t *testing.T) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil && !ip.IP.IsLoopback() {
			return ip.IP.String()
		}
	}
	t.Skip("this machine has no address but loopback")
	return ""
}
