package server

import "maps"

// Secrets in deployment settings come as {"secret": "..."} with plaintext, or with the ciphertext of an earlier answer,
// and in the newer explicit form {"isSecret": true, "value" or "ciphertext": "..."}. They are stored sealed, under
// sealedKey, and shown as {"secret": "<ciphertext>"}, which is another text each time.
const sealedKey = "sealed"

// isSecret tells whether an object is a stored secret.
func isSecret(object map[string]any) bool {
	_, sealed := object[sealedKey].(string)
	return sealed && len(object) == 1
}

// sealSettings gives the secrets of a request their stored form.
func (s *Server) sealSettings(object map[string]any) (map[string]any, error) {
	out := make(map[string]any, len(object))
	for key, value := range object {
		sealed, err := s.sealValue(value)
		if err != nil {
			return nil, err
		}
		out[key] = sealed
	}
	return out, nil
}

func (s *Server) sealValue(value any) (any, error) {
	switch value := value.(type) {
	case map[string]any:
		if secret, is, err := s.readSecret(value); is || err != nil {
			return secret, err
		}
		return s.sealSettings(value)
	case []any:
		out := make([]any, len(value))
		for i, v := range value {
			sealed, err := s.sealValue(v)
			if err != nil {
				return nil, err
			}
			out[i] = sealed
		}
		return out, nil
	}
	return value, nil
}

// readSecret reads any of the forms of a secret.
func (s *Server) readSecret(object map[string]any) (any, bool, error) {
	if text, ok := object["ciphertext"].(string); ok && len(object) <= 2 {
		plaintext, err := s.sealer.open(text)
		if err != nil {
			return nil, false, badRequest("validation error: invalid ciphertext")
		}
		return map[string]any{sealedKey: s.sealer.seal(plaintext)}, true, nil
	}
	if explicit, ok := object["isSecret"].(bool); ok && len(object) == 2 {
		text, _ := object["value"].(string)
		if !explicit {
			return text, true, nil
		}
		return map[string]any{sealedKey: s.sealer.seal(text)}, true, nil
	}
	text, ok := object["secret"].(string)
	if !ok || len(object) != 1 {
		return nil, false, nil
	}
	if plaintext, err := s.sealer.open(text); err == nil {
		text = plaintext
	}
	return map[string]any{sealedKey: s.sealer.seal(text)}, true, nil
}

// revealSettings gives stored settings the form of an answer: fresh ciphertexts, and the role by name.
func (s *Server) revealSettings(settings map[string]any) (map[string]any, error) {
	shown, err := s.reveal(settings)
	if err != nil {
		return nil, err
	}
	out := shown.(map[string]any)
	id := deploymentRoleID(settings)
	if r, ok := s.st.record(id); ok {
		operation := maps.Clone(out["operationContext"].(map[string]any))
		role := map[string]any{"id": id, "name": r.Name}
		if r.DefaultIdentifier != "" {
			role["defaultIdentifier"] = r.DefaultIdentifier
		}
		operation["role"] = role
		out["operationContext"] = operation
	}
	return out, nil
}

func (s *Server) reveal(value any) (any, error) {
	switch value := value.(type) {
	case map[string]any:
		if isSecret(value) {
			return s.revealSecret(value)
		}
		out := make(map[string]any, len(value))
		for k, v := range value {
			shown, err := s.reveal(v)
			if err != nil {
				return nil, err
			}
			out[k] = shown
		}
		return out, nil
	case []any:
		out := make([]any, len(value))
		for i, v := range value {
			shown, err := s.reveal(v)
			if err != nil {
				return nil, err
			}
			out[i] = shown
		}
		return out, nil
	}
	return value, nil
}

// revealSecret encrypts anew. A secret from the state of another sandbox cannot be read and stays as it is.
func (s *Server) revealSecret(stored map[string]any) (any, error) {
	text := stored[sealedKey].(string)
	plaintext, err := s.sealer.open(text)
	if err != nil {
		return map[string]any{"secret": text}, nil //nolint:nilerr // a foreign ciphertext is an answer, not a failure
	}
	fresh, err := s.sealer.sealFresh(plaintext)
	return map[string]any{"secret": fresh}, err
}
