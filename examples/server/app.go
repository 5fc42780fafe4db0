package main

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"os"
	"path/filepath"
)

// newApp answers / with the app's page, or as an API with JSON, /healthz with whether it is ready, /livez with whether
// it is worth keeping, and /check with whether it does its work.
func newApp(settings settings, ready, healthy func() bool) (http.Handler, error) {
	home, err := newHome(settings)
	if err != nil {
		return nil, err
	}
	routes := http.NewServeMux()
	routes.Handle("GET /{$}", home)
	routes.HandleFunc("GET /healthz", func(answer http.ResponseWriter, _ *http.Request) {
		if !ready() {
			http.Error(answer, "not ready", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(answer, "ready")
	})
	routes.HandleFunc("GET /livez", func(answer http.ResponseWriter, _ *http.Request) {
		if !healthy() {
			http.Error(answer, "deadlocked", http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(answer, "alive")
	})
	routes.Handle("GET /check", constant("text/plain", []byte("works\n")))
	return breaking(settings.faults.brokenPath, routes), nil
}

func breaking(path string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		if request.URL.Path == path {
			http.Error(answer, `relation "care_notes" does not exist`, http.StatusInternalServerError)
			return
		}
		next.ServeHTTP(answer, request)
	})
}

func newHome(settings settings) (http.Handler, error) {
	if settings.pages != "" {
		return newPage(settings)
	}
	pod, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(struct {
		App     string `json:"app"`
		Version string `json:"version"`
		Pod     string `json:"pod"`
	}{settings.app, settings.version, pod})
	if err != nil {
		return nil, err
	}
	return constant("application/json", append(body, '\n')), nil
}

// newPage fills in what was decided when the image was built: a page belongs to the API it was built for.
func newPage(settings settings) (http.Handler, error) {
	page, err := template.ParseFiles(filepath.Join(settings.pages, "index.html"))
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
		answer.Header().Set("Content-Type", "text/html; charset=utf-8")
		// The client has gone if this fails: nobody is left to tell.
		_ = page.Execute(answer, map[string]string{"Version": settings.version, "APIURL": settings.apiURL})
	}), nil
}

func constant(contentType string, body []byte) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
		answer.Header().Set("Content-Type", contentType)
		_, _ = answer.Write(body)
	})
}
