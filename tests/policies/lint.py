"""Looks for mistakes in AWS policies, with a linter that knows nothing of this project.

Reads a JSON list of policies from standard input, and writes the list of what is wrong with each.
"""

import json
import sys

from parliament import analyze_policy_string

findings = []
for policy in json.load(sys.stdin):
    analyzed = analyze_policy_string(json.dumps(policy), include_community_auditors=True)
    findings.append([f"{finding.issue}: {finding.detail}" for finding in analyzed.findings])
json.dump(findings, sys.stdout)
