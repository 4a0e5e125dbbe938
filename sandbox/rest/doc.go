// Package rest is the HTTP half of the sandbox: a router for the patterns of the service's OpenAPI document ([Router]), one
// request and its answer ([Call]), handlers with typed bodies ([JSON], [JSONOn]), and refusals as the service words
// them ([BadRequest] and the like). It knows no organization and no cloud; the server and the clouds are built on it.
package rest
