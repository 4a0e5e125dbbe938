"""Runs the Pulumi program in the working directory through the Automation API, on the stack "test".

    driver.py up|preview|refresh|destroy [--diff] [--expect-no-changes]

The program is the folder's own __main__.py, as Pulumi's Python language host would run it. What the Pulumi CLI prints is
printed, and the exit code is non-zero when that failed.
"""

import argparse
import os
import runpy
import sys
from pathlib import Path
from typing import Any

from pulumi import automation

STACK = "test"
OPERATIONS = ("up", "preview", "refresh", "destroy")


def program() -> None:
    runpy.run_path(os.getcwd(), run_name="__main__")


def select(folder: str) -> automation.Stack:
    workspace = automation.LocalWorkspace(work_dir=folder)
    return automation.select_stack(
        stack_name=STACK,
        project_name=workspace.project_settings().name,
        program=program,
        # The argument work_dir would be left out for programs that are functions.
        opts=automation.LocalWorkspaceOptions(work_dir=folder),
    )


def options(arguments: argparse.Namespace) -> dict[str, Any]:
    given: dict[str, Any] = {"on_output": print, "on_error": lambda line: print(line, file=sys.stderr), "color": "never"}
    if arguments.diff:
        # The CLI's own way to set a flag: the API does not have this one for every operation.
        os.environ["PULUMI_OPTION_DIFF"] = "true"
    if arguments.expect_no_changes:
        given["expect_no_changes"] = True
    return given


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("operation", choices=OPERATIONS)
    parser.add_argument("--diff", action="store_true")
    parser.add_argument("--expect-no-changes", action="store_true")
    arguments = parser.parse_args()
    if not Path("__main__.py").is_file():
        parser.error(f"{os.getcwd()} has no __main__.py")
    try:
        getattr(select(os.getcwd()), arguments.operation)(**options(arguments))
    except automation.CommandError as failed:
        print(failed, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
