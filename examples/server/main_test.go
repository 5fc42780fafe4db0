package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The program under test is this test's own binary, told by the environment to be the server.
func TestMain(m *testing.M) {
	if os.Getenv("BE_THE_SERVER") != "" {
		if folder := os.Getenv("STATE_FOLDER"); folder != "" {
			stateFolder = folder
		}
		main()
		return
	}
	os.Exit(m.Run())
}

func TestTheAPISaysItsVersion(t *testing.T) {
	server := start(t, "PORT=18081", "VERSION=1.2.3")
	status, body := server.get(t, "/")
	if status != 200 || !strings.Contains(body, `"version":"1.2.3"`) {
		t.Fatalf("got %d %s", status, body)
	}
}

func TestThePageCarriesTheAPIItWasBuiltFor(t *testing.T) {
	server := start(t, "PORT=18082", "PAGES=../web", "VERSION=1.2.3", "API_URL=https://api.example")
	_, body := server.get(t, "/")
	if !strings.Contains(body, `content="1.2.3"`) || !strings.Contains(body, `content="https://api.example"`) {
		t.Fatalf("got %s", body)
	}
}

func TestToldToStopItIsNotReadyButServesOn(t *testing.T) {
	server := start(t, "PORT=18083", "DRAIN=1s")
	if status, _ := server.get(t, "/healthz"); status != 200 {
		t.Fatalf("not ready before: %d", status)
	}
	server.signal(t)
	time.Sleep(200 * time.Millisecond)
	if status, _ := server.get(t, "/healthz"); status != 503 {
		t.Errorf("healthz while draining: %d", status)
	}
	if status, _ := server.get(t, "/"); status != 200 {
		t.Errorf("page while draining: %d", status)
	}
	if err := server.process.Wait(); err != nil {
		t.Errorf("ended with %v: %s", err, server.output)
	}
}

func TestAMissingSettingEndsItLikeAJavaProgram(t *testing.T) {
	server := command("PORT=18084", "CRASH_AFTER=0s")
	output, err := server.CombinedOutput()
	if err == nil || !strings.Contains(string(output), "IllegalStateException") {
		t.Fatalf("got %v: %s", err, output)
	}
}

func TestUnreadyServesButNeverSaysReady(t *testing.T) {
	server := start(t, "PORT=18085", "UNREADY=1")
	if status, _ := server.get(t, "/healthz"); status != 503 {
		t.Errorf("healthz: %d", status)
	}
	if status, _ := server.get(t, "/"); status != 200 {
		t.Errorf("page: %d", status)
	}
}

func TestASlowStartCanBeStopped(t *testing.T) {
	server := command("PORT=18086", "START_DELAY=1h")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond)
	_ = server.Process.Signal(syscall.SIGTERM)
	if err := server.Wait(); err != nil {
		t.Error(err)
	}
}

func TestLivenessEndsAtItsTime(t *testing.T) {
	server := start(t, "PORT=18087", "UNHEALTHY_AFTER=1s")
	if status, _ := server.get(t, "/livez"); status != 200 {
		t.Errorf("at first: %d", status)
	}
	time.Sleep(time.Second)
	if status, _ := server.get(t, "/livez"); status != 500 {
		t.Errorf("later: %d", status)
	}
	if status, _ := server.get(t, "/healthz"); status != 200 {
		t.Errorf("healthz: %d", status)
	}
}

func TestTheCheckIsBrokenWhereItIsToldTo(t *testing.T) {
	if status, _ := start(t, "PORT=18088").get(t, "/check"); status != 200 {
		t.Errorf("as it is: %d", status)
	}
	broken := start(t, "PORT=18089", "BROKEN_PATH=/check")
	if status, _ := broken.get(t, "/check"); status != 500 {
		t.Errorf("broken: %d", status)
	}
	if status, _ := broken.get(t, "/"); status != 200 {
		t.Errorf("page: %d", status)
	}
}

func TestItCrashesSoOftenAndThenStays(t *testing.T) {
	folder := "STATE_FOLDER=" + t.TempDir()
	for range 2 {
		server := command("PORT=18090", "CRASH_TIMES=2", "EXIT_CODE=3", folder)
		output, err := server.CombinedOutput()
		if server.ProcessState.ExitCode() != 3 || !strings.Contains(string(output), "postgres:5432 refused") {
			t.Fatalf("got %v: %s", err, output)
		}
	}
	start(t, "PORT=18090", "CRASH_TIMES=2", folder)
}

func TestItUsesMemoryAndDisk(t *testing.T) {
	folder := t.TempDir()
	server := start(t, "PORT=18091", "MEMORY=200", "DISK=3", "STATE_FOLDER="+folder)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", server.process.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	var kilobytes int
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	if _, err := fmt.Sscan(after, &kilobytes); err != nil || kilobytes < 200<<10 {
		t.Errorf("VmRSS: %d kB, %v", kilobytes, err)
	}
	if file, err := os.Stat(folder + "/cache"); err != nil || file.Size() != 3<<20 {
		t.Errorf("got %v, %v", file, err)
	}
}

func TestAsAnInitContainerItEnds(t *testing.T) {
	for code, environment := range map[int]string{0: "INIT_EXIT_CODE=", 3: "INIT_EXIT_CODE=3"} {
		initialising := command(environment)
		initialising.Args = append(initialising.Args, "init")
		output, _ := initialising.CombinedOutput()
		if got := initialising.ProcessState.ExitCode(); got != code {
			t.Errorf("exit code %d instead of %d: %s", got, code, output)
		}
	}
}

type running struct {
	process *exec.Cmd
	output  *strings.Builder
	port    string
}

func command(environment ...string) *exec.Cmd {
	server := exec.Command(os.Args[0])
	server.Env = append(environment, "BE_THE_SERVER=1")
	return server
}

func start(t *testing.T, environment ...string) running {
	t.Helper()
	server := running{command(environment...), &strings.Builder{}, strings.TrimPrefix(environment[0], "PORT=")}
	server.process.Stdout, server.process.Stderr = server.output, server.output
	if err := server.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.process.Process.Kill(); _ = server.process.Wait() })
	for range 100 {
		if answer, err := http.Get("http://127.0.0.1:" + server.port + "/"); err == nil {
			answer.Body.Close()
			return server
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("it never answered: %s", server.output)
	return server
}

func (server running) get(t *testing.T, path string) (int, string) {
	t.Helper()
	answer, err := http.Get(fmt.Sprintf("http://127.0.0.1:%s%s", server.port, path))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body)
}

func (server running) signal(t *testing.T) {
	t.Helper()
	if err := server.process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}
