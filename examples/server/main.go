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
	if len(os.Args) > 1 && os.Args[1] == "init" {
		initialise(settings.faults)
		return
	}
	if err := run(settings); err != nil {
		log.Fatal(err)
	}
}

func run(settings settings) error {
	// From here on: a SIGTERM during a slow start must end it, and PID 1 has no default handler.
	stop, release := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer release()

	if err := settings.faults.arm(stop); err != nil {
		return err
	}
	started := time.Now()

	var draining atomic.Bool
	ready := func() bool { return !settings.faults.unready && !draining.Load() }
	healthy := func() bool { return time.Since(started) < settings.faults.unhealthyAfter }
	app, err := newApp(settings, ready, healthy)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", ":"+settings.port)
	if err != nil {
		return fmt.Errorf("cannot listen on PORT %s: %w", settings.port, err)
	}
	server := &http.Server{Handler: sendAwayWhile(&draining, app), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	log.Printf("%s %s serves on port %s", settings.app, settings.version, settings.port)

	select {
	case err := <-failed:
		return err
	case <-stop.Done():
	}
	release() // a second signal ends it at once
	return drain(server, &draining, settings.drain)
}

// drain ends the server without dropping a request. When Kubernetes says SIGTERM, kube-proxy still sends new
// connections here for a moment: so readiness goes first, then the server goes on serving (asking its clients to
// reconnect elsewhere), and only then does it close.
func drain(server *http.Server, draining *atomic.Bool, serveOn time.Duration) error {
	log.Printf("told to stop: serves on for %s", serveOn)
	draining.Store(true)
	time.Sleep(serveOn)

	limit, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	if err := server.Shutdown(limit); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("requests were still running when it stopped: %w", err)
	}
	log.Print("stopped")
	return nil
}

// sendAwayWhile ends each kept-alive connection with its next answer. http.Server.SetKeepAlivesEnabled(false) would
// close the idle ones at once, under a request that is just on its way: measured, one reset in a rollout.
func sendAwayWhile(draining *atomic.Bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		if draining.Load() {
			answer.Header().Set("Connection", "close")
		}
		next.ServeHTTP(answer, request)
	})
}
