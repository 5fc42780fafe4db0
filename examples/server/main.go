// The program that both sample apps ship: a small web server that starts, becomes ready and ends the way a
// well-behaved app does on Kubernetes, and that can be told to fail the way real ones do.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	settings, err := readSettings(os.Getenv)
	if err != nil {
		log.Fatal(err)
	}
	if err := run(settings); err != nil {
		log.Fatal(err)
	}
}

func run(settings settings) error {
	// From here on: a SIGTERM during a slow start must end it, and PID 1 has no default handler.
	stop, release := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer release()

	settings.faults.arm(stop)

	var ready atomic.Bool
	ready.Store(!settings.faults.unready)
	app, err := newApp(settings, &ready)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", ":"+settings.port)
	if err != nil {
		return fmt.Errorf("cannot listen on PORT %s: %w", settings.port, err)
	}
	server := &http.Server{Handler: app, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	log.Printf("%s %s serves on port %s", settings.app, settings.version, settings.port)

	select {
	case err := <-failed:
		return err
	case <-stop.Done():
	}
	release() // a second signal ends it at once
	return drain(server, &ready, settings.drain)
}

// drain ends the server without dropping a request. When Kubernetes says SIGTERM, kube-proxy still sends new
// connections here for a moment: so readiness goes first, then the server goes on serving (asking its clients to
// reconnect elsewhere), and only then does it close.
func drain(server *http.Server, ready *atomic.Bool, serveOn time.Duration) error {
	log.Printf("told to stop: serves on for %s", serveOn)
	ready.Store(false)
	server.SetKeepAlivesEnabled(false)
	time.Sleep(serveOn)

	limit, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	if err := server.Shutdown(limit); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("requests were still running when it stopped: %w", err)
	}
	log.Print("stopped")
	return nil
}
