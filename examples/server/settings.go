package main

import (
	"fmt"
	"strconv"
	"time"
)

type settings struct {
	app     string // what it calls itself
	version string
	port    string
	pages   string // folder of the page to serve; none: the app is an API
	apiURL  string // put into the page
	drain   time.Duration
	faults  faults
}

// readSettings takes the environment as a function, which os.Getenv is.
func readSettings(env func(string) string) (settings, error) {
	text := func(name, otherwise string) string {
		if value := env(name); value != "" {
			return value
		}
		return otherwise
	}
	s := settings{
		app:     text("APP", "caring-note-api"),
		version: text("VERSION", "unknown"),
		port:    text("PORT", "8080"),
		pages:   env("PAGES"),
		apiURL:  env("API_URL"),
		faults:  faults{unready: env("UNREADY") == "1", brokenPath: env("BROKEN_PATH")},
	}
	for _, duration := range []struct {
		name, otherwise string
		into            *time.Duration
	}{
		{"DRAIN", "5s", &s.drain},
		{"START_DELAY", "0s", &s.faults.startDelay},
		{"CRASH_AFTER", never.String(), &s.faults.crashAfter},
		{"UNHEALTHY_AFTER", never.String(), &s.faults.unhealthyAfter},
	} {
		value, err := time.ParseDuration(text(duration.name, duration.otherwise))
		if err != nil {
			return settings{}, fmt.Errorf("%s must be a duration like 15s: %w", duration.name, err)
		}
		*duration.into = value
	}
	for _, number := range []struct {
		name, otherwise string
		into            *int
	}{
		{"CRASH_TIMES", "0", &s.faults.crashTimes},
		{"EXIT_CODE", "1", &s.faults.exitCode},
		{"INIT_EXIT_CODE", "0", &s.faults.initExitCode},
		{"MEMORY", "0", &s.faults.memory},
		{"DISK", "0", &s.faults.disk},
	} {
		value, err := strconv.Atoi(text(number.name, number.otherwise))
		if err != nil || value < 0 {
			return settings{}, fmt.Errorf("%s must be a number like 3, not %q", number.name, env(number.name))
		}
		*number.into = value
	}
	return s, nil
}
