"""Runs the Pulumi program in the working directory with Pulumi's mocks, and prints what it registered as JSON.

    mocked.py PLUGIN

Clouds' resources and functions are mocked, because their plugins cannot be had everywhere. The functions of leastprivilege
are not: the plugin, a program's path, answers them, as it would in an update. The result is

    {"resources": {"<type> <name>": {inputs}}, "exports": {...}}
"""

import json
import os
import runpy
import subprocess
import sys
from typing import Any, Optional

import grpc
import pulumi
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import proto

ACCOUNT = "123456789012"
CONFIG = {"cloud-trust:protectProduction": "false"}


class Plugin:
    """The leastprivilege plugin in a process of its own, configured for the organization acme and without a token."""

    def __init__(self, path: str) -> None:
        self.process = subprocess.Popen([path], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        port = int(self.process.stdout.readline())
        self.provider = proto.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{port}"))
        settings = Struct()
        settings.update({"organization": "acme"})
        request = proto.ConfigureRequest(args=settings, acceptSecrets=True, acceptResources=True)
        self.provider.Configure(request)

    def invoke(self, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        sent = Struct()
        sent.update(arguments)
        answer = self.provider.Invoke(proto.InvokeRequest(tok=token, args=sent))
        if answer.failures:
            raise ValueError(f"{token}: {[(failure.property, failure.reason) for failure in answer.failures]}")
        returned: dict[str, Any] = MessageToDict(getattr(answer, "return"))
        return returned

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


class Mocks(pulumi.runtime.Mocks):
    def __init__(self, plugin: Plugin) -> None:
        self.plugin = plugin
        self.registered: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[Optional[str], dict[str, Any]]:
        self.registered[f"{args.typ} {args.name}"] = args.inputs
        outputs = dict(args.inputs)
        if args.typ == "aws:iam/role:Role":
            outputs["arn"] = f"arn:aws:iam::{ACCOUNT}:role/{args.inputs['name']}"
        return f"{args.name}-id", outputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], Optional[list[tuple[str, str]]]]:
        if args.token == "aws:index/getCallerIdentity:getCallerIdentity":
            return {"accountId": ACCOUNT}, []
        if args.token.startswith("leastprivilege:"):
            return self.plugin.invoke(args.token, args.args), []
        raise ValueError(f"no mock of {args.token}")


def run(plugin: Plugin) -> dict[str, Any]:
    mocks = Mocks(plugin)
    pulumi.runtime.set_all_config(CONFIG)
    pulumi.runtime.set_mocks(mocks, project="cloud-trust", stack="test", preview=False)
    exports: dict[str, Any] = {}
    # A program under mocks has no stack that would take the exports.
    pulumi.export = lambda name, value: exports.__setitem__(name, value)

    def program() -> pulumi.Output[Any]:
        runpy.run_path(os.getcwd(), run_name="__main__")
        return pulumi.Output.from_input(exports).apply(exports.update)

    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]
    return {"resources": mocks.registered, "exports": exports}


def main() -> None:
    plugin = Plugin(sys.argv[1])
    try:
        json.dump(run(plugin), sys.stdout)
    finally:
        plugin.stop()


if __name__ == "__main__":
    main()
