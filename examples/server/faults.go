package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"time"
)

// faults are the ways in which a deploy goes wrong in real life, chosen by environment variables.
type faults struct {
	crashAfter time.Duration // CRASH_AFTER: a missing setting is noticed this late; 0s: at once
	startDelay time.Duration // START_DELAY: it listens only after this long
	unready    bool          // UNREADY=1: it runs, but never says that it is ready
}

const never = time.Duration(math.MaxInt64)

// arm returns when the server may start, or ends the program.
func (f faults) arm(stop context.Context) {
	if f.crashAfter <= 0 {
		crash()
	}
	if f.crashAfter != never {
		time.AfterFunc(f.crashAfter, crash)
	}
	select {
	case <-time.After(f.startDelay):
	case <-stop.Done():
		os.Exit(0)
	}
}

// crash says what a Spring Boot application says whose Secret lacks a key.
func crash() {
	fmt.Fprint(os.Stderr, `Exception in thread "main" java.lang.IllegalStateException: Required setting SPRING_DATASOURCE_PASSWORD is missing
	at com.caringnote.api.config.DatabaseConfig.dataSource(DatabaseConfig.java:42)
	at com.caringnote.api.CaringNoteApplication.main(CaringNoteApplication.java:17)
`)
	os.Exit(1)
}
