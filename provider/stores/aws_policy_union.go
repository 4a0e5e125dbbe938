package stores

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pulumi-leastprivilege/pulumi-leastprivilege/provider/problem"
)

// Text is what is read in one text, which [AWSPolicyOf] takes: without the account, and in whatever partition.
func (in AWS) Text() (string, error) {
	text, err := json.Marshal(in)
	return string(text), err
}

// AWSPolicyOf writes the policy of a role that reads all of what the texts say, each as [AWS.Text] writes it, in an account. An
// account of "" stands for one that is not known, and a partition of "" for that of the regions.
func AWSPolicyOf(texts []string, partition, account string) (string, error) {
	all := make([]AWS, len(texts))
	for i, text := range texts {
		if err := json.Unmarshal([]byte(text), &all[i]); err != nil {
			return "", err
		}
		all[i].Partition, all[i].Account = partition, cmp.Or(account, anyAccount)
	}
	return AWSPolicyFor(all)
}

// AWSPolicyFor writes the policy of an identity that reads all of what is given, each as [AWSPolicy] allows it. What is
// first keeps the ids of its statements.
func AWSPolicyFor(all []AWS) (string, error) {
	union := policy{Version: "2012-10-17"}
	for i, in := range all {
		text, err := AWSPolicy(in)
		if err != nil || len(all) == 1 {
			return text, err
		}
		var one policy
		if err := json.Unmarshal([]byte(text), &one); err != nil {
			return "", err
		}
		for _, allowed := range one.Statement {
			same := func(other statement) bool { return sameStatement(other, allowed) }
			if slices.ContainsFunc(union.Statement, same) {
				continue
			}
			if i > 0 {
				allowed.Sid = fmt.Sprintf("%sUntilApproved%d", allowed.Sid, i)
			}
			union.Statement = append(union.Statement, allowed)
		}
	}
	text, err := compact(union)
	if err == nil && len(text) > MaxInlinePolicies {
		return "", problem.List{{Reason: fmt.Sprintf("the policy that allows to read the secrets of the live definition and of the new one has "+
			"%d characters; AWS allows %d for all inline policies of a role. Change fewer secrets at once", len(text), MaxInlinePolicies)}}
	}
	return text, err
}

// sameStatement compares what two statements allow.
func sameStatement(a, b statement) bool {
	a.Sid, b.Sid = "", ""
	left, errLeft := compact(a)
	right, errRight := compact(b)
	return errLeft == nil && errRight == nil && left == right
}
