package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
)

// faults are the ways in which a deploy goes wrong in real life, chosen by environment variables.
type faults struct {
	crashAfter     time.Duration // CRASH_AFTER: a missing setting is noticed this late; 0s: at once
	crashTimes     int           // CRASH_TIMES: it ends so often before it stays, as one whose database comes up late
	exitCode       int           // EXIT_CODE: of a crash
	initExitCode   int           // INIT_EXIT_CODE: of `server init`, which runs as an init container
	startDelay     time.Duration // START_DELAY: it listens only after this long
	unready        bool          // UNREADY=1: it runs, but never says that it is ready
	unhealthyAfter time.Duration // UNHEALTHY_AFTER: /livez answers 500 from then on
	brokenPath     string        // BROKEN_PATH: this path answers 500
	memory         int           // MEMORY: MiB that it uses
	disk           int           // DISK: MiB that it writes into stateFolder
}

const never = time.Duration(math.MaxInt64)

// Where a fault needs it, this is an emptyDir: it survives its container's restart. A variable for the tests' sake.
var stateFolder = "/state"

// used keeps the memory from being taken back.
var used []byte

// arm returns when the server may start, or ends the program.
func (f faults) arm(stop context.Context) error {
	if err := f.crashUntilEnough(); err != nil {
		return err
	}
	if f.crashAfter <= 0 {
		f.crash()
	}
	if f.crashAfter != never {
		time.AfterFunc(f.crashAfter, f.crash)
	}
	f.useMemory()
	if err := f.useDisk(); err != nil {
		return err
	}
	select {
	case <-time.After(f.startDelay):
	case <-stop.Done():
		os.Exit(0)
	}
	return nil
}

func (f faults) crashUntilEnough() error {
	if f.crashTimes == 0 {
		return nil
	}
	file := stateFolder + "/crashes"
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	crashes, _ := strconv.Atoi(string(text)) // none yet where there is no file
	if crashes >= f.crashTimes {
		return nil
	}
	if err := os.WriteFile(file, []byte(strconv.Itoa(crashes+1)), 0o644); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "org.postgresql.util.PSQLException: Connection to postgres:5432 refused")
	os.Exit(f.exitCode)
	return nil
}

// useMemory writes into each page: the kernel gives a page only then.
func (f faults) useMemory() {
	used = make([]byte, f.memory<<20)
	for at := 0; at < len(used); at += os.Getpagesize() {
		used[at] = 1
	}
}

func (f faults) useDisk() error {
	if f.disk == 0 {
		return nil
	}
	return os.WriteFile(stateFolder+"/cache", []byte(strings.Repeat("x", f.disk<<20)), 0o644)
}

// crash says what a Spring Boot application says whose Secret lacks a key.
func (f faults) crash() {
	fmt.Fprint(os.Stderr, `Exception in thread "main" java.lang.IllegalStateException: Required setting SPRING_DATASOURCE_PASSWORD is missing
	at com.caringnote.api.config.DatabaseConfig.dataSource(DatabaseConfig.java:42)
	at com.caringnote.api.CaringNoteApplication.main(CaringNoteApplication.java:17)
`)
	os.Exit(f.exitCode)
}

// initialise is what an app's init container does: it brings the database up to date.
func initialise(f faults) {
	if f.initExitCode != 0 {
		fmt.Fprintln(os.Stderr, `Migration V42__add_care_notes.sql failed: column "note" of relation "care" already exists`)
		os.Exit(f.initExitCode)
	}
	fmt.Println("The database is up to date.")
}
