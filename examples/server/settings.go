package main

import (
	"fmt"
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
		faults:  faults{unready: env("UNREADY") == "1", crashAfter: never},
	}
	for _, duration := range []struct {
		name, otherwise string
		into            *time.Duration
	}{
		{"DRAIN", "5s", &s.drain},
		{"START_DELAY", "0s", &s.faults.startDelay},
		{"CRASH_AFTER", never.String(), &s.faults.crashAfter},
	} {
		value, err := time.ParseDuration(text(duration.name, duration.otherwise))
		if err != nil {
			return settings{}, fmt.Errorf("%s must be a duration like 15s: %w", duration.name, err)
		}
		*duration.into = value
	}
	return s, nil
}
