// Package rest is the HTTP half of the sandbox: a router for the patterns of the service's OpenAPI document ([Router]), one
// request and its answer ([Call]), handlers with typed bodies ([JSON], [JSONOn]), and refusals in the service's words
// ([BadRequest] and the like). It is independent of organizations and clouds; the server and the clouds are built on it.
package rest
