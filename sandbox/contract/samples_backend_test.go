package contract

// backendSamples are exchanges of the CLI with its state backend.
var backendSamples = func() []sample {
	const (
		dev   = "/api/stacks/acme/payments/dev"
		state = `{"urn": "urn:1", "type": "t", "id": "", "parent": "", "provider": "", "inputs": {"region": "eu-west-1"}, "outputs": {"count": 1}}`
		event = `{"events": [{"sequence": 0, "timestamp": 1, "resourcePreEvent": {"metadata": {
			"op": "create", "urn": "urn:1", "type": "t", "provider": "", "old": null, "new": ` + state + `, "detailedDiff": null}}}]}`
	)
	all := []sample{
		{Name: "secret encrypted", Method: "POST", URL: dev + "/encrypt", Sent: `{"plaintext": "aGk="}`, Status: 200, Said: `{"ciphertext": "eA=="}`},
		{Name: "secret decrypted", Method: "POST", URL: dev + "/decrypt", Sent: `{"ciphertext": "eA=="}`, Status: 200, Said: `{"plaintext": "aGk="}`},
		{Name: "secrets decrypted", Method: "POST", URL: dev + "/batch-decrypt", Sent: `{"ciphertexts": ["e/=="]}`, Status: 200, Said: `{"plaintexts": {"e/==": "aGk="}}`},
		{Name: "checkpoint", Method: "PATCH", URL: dev + "/update/u1/checkpoint", Sent: `{"isInvalid": false, "version": 3, "deployment": {}}`, Status: 204},
		{Name: "lease renewed", Method: "POST", URL: dev + "/update/u1/renew_lease", Sent: `{"token": "", "duration": 300}`, Status: 200, Said: `{"token": "l2", "tokenExpiration": 1}`},
		{Name: "update in the way", Method: "POST", URL: dev + "/update/u1", Sent: `{"tags": {"pulumi:project": "payments"}, "journalVersion": 1}`, Status: 409, Said: refusal(409)},
	}
	all = append(all, sample{Name: "stack in use", Method: "DELETE", URL: dev + "?force=true", Status: 409, Said: refusal(409)})
	for _, kind := range []string{"preview", "update", "refresh", "destroy"} {
		all = append(all, sample{Name: "events of " + kind, Method: "POST", URL: dev + "/" + kind + "/u1/events/batch", Sent: event, Status: 200})
	}
	return all
}()
