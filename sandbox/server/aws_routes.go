package server

import (
	"bytes"
	"encoding/json"
)

// awsControlRoutes set up the sandbox AWS account.
func (s *Server) awsControlRoutes() []route {
	return []route{
		{pattern: "POST /_sandbox/clouds/aws/roles", handle: (*call).putAWSRole},
		{pattern: "GET /_sandbox/clouds/aws/roles", handle: (*call).listAWSRoles},
		{pattern: "DELETE /_sandbox/clouds/aws/roles", handle: (*call).deleteAWSRole},
		{pattern: "GET /_sandbox/clouds/aws/sessions", handle: (*call).listAWSSessions},
	}
}

// putAWSRole registers a role or replaces its trust policy.
func (c *call) putAWSRole() error {
	var request struct {
		ARN         string          `json:"arn"`
		TrustPolicy json.RawMessage `json:"trustPolicy"`
	}
	if err := c.decode(&request); err != nil {
		return err
	}
	role, err := newAWSRole(request.ARN, policyDocument(request.TrustPolicy))
	if err != nil {
		return badRequest("%v", err)
	}
	c.s.st.Clouds.AWS.Roles[role.ARN] = role
	return c.ok(role)
}

// policyDocument takes a policy as a JSON object or, as programs output it, as text that holds one.
func policyDocument(sent json.RawMessage) json.RawMessage {
	var text string
	if json.Unmarshal(sent, &text) == nil {
		sent = json.RawMessage(text)
	}
	var compact bytes.Buffer
	if json.Compact(&compact, sent) != nil {
		return sent
	}
	return compact.Bytes()
}

func (c *call) listAWSRoles() error {
	roles := []*awsRole{}
	for _, arn := range sortedKeys(c.s.st.Clouds.AWS.Roles) {
		roles = append(roles, c.s.st.Clouds.AWS.Roles[arn])
	}
	return c.ok(map[string]any{"roles": roles})
}

func (c *call) deleteAWSRole() error {
	arn := c.query("arn")
	if _, found := c.s.st.Clouds.AWS.Roles[arn]; !found {
		return notFound("the sandbox's AWS has no role '%s'", arn)
	}
	delete(c.s.st.Clouds.AWS.Roles, arn)
	return c.noContent()
}

// listAWSSessions answers with the roles that were assumed, oldest first, without credentials.
func (c *call) listAWSSessions() error {
	return c.ok(map[string]any{"sessions": append([]awsSession{}, c.s.esc.awsSessions...)})
}
