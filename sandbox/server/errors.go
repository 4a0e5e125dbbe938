package server

import (
	"fmt"
	"net/http"
)

// apiError is a refusal as the service words it. Code repeats the HTTP status, because clients decide by either.
type apiError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *apiError) Error() string { return e.Message }

func refuse(code int, prefix, format string, args ...any) error {
	return &apiError{Code: code, Message: prefix + ": " + fmt.Sprintf(format, args...)}
}

func badRequest(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "Bad Request", format, args...)
}

func notFound(format string, args ...any) error {
	return refuse(http.StatusNotFound, "Not Found", format, args...)
}

func conflict(format string, args ...any) error {
	return refuse(http.StatusConflict, "Conflict", format, args...)
}

func forbidden(format string, args ...any) error {
	return refuse(http.StatusForbidden, "Forbidden", format, args...)
}

func unauthorized() error {
	return &apiError{Code: http.StatusUnauthorized, Message: "Unauthorized"}
}
