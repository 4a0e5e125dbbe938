package rest

import (
	"fmt"
	"net/http"
)

// Refusal is an error with an answer of its own: its JSON form, with a status.
type Refusal interface {
	error
	Status() int
}

// Error is the [Refusal] as the service words it. Code repeats the HTTP status, because clients decide by either.
type Error struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Message }

// Status implements [Refusal].
func (e *Error) Status() int { return e.Code }

// Refuse makes an Error whose message begins with the status in words, as the service has it.
func Refuse(code int, prefix, format string, args ...any) error {
	return &Error{Code: code, Message: prefix + ": " + fmt.Sprintf(format, args...)}
}

// BadRequest refuses with that status.
func BadRequest(format string, args ...any) error {
	return Refuse(http.StatusBadRequest, "Bad Request", format, args...)
}

// NotFound refuses with that status.
func NotFound(format string, args ...any) error {
	return Refuse(http.StatusNotFound, "Not Found", format, args...)
}

// Conflict refuses with that status.
func Conflict(format string, args ...any) error {
	return Refuse(http.StatusConflict, "Conflict", format, args...)
}

// Forbidden refuses with that status.
func Forbidden(format string, args ...any) error {
	return Refuse(http.StatusForbidden, "Forbidden", format, args...)
}

// TooManyRequests refuses with that status.
func TooManyRequests() error {
	return Refuse(http.StatusTooManyRequests, "Too Many Requests", "slow down")
}

// Unauthorized refuses with that status.
func Unauthorized() error {
	return &Error{Code: http.StatusUnauthorized, Message: "Unauthorized"}
}
