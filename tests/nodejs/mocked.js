// Runs the Pulumi program in the working directory with Pulumi's mocks, and prints what it registered as JSON.
//
//     mocked.js PLUGIN
//
// Clouds' resources and functions are mocked, because their plugins cannot be had everywhere. The functions of
// leastprivilege are not: the plugin, a program's path, answers them, as it would in an up. The result is
//
//     {"resources": {"<type> <name>": {inputs}}, "exports": {...}}
"use strict";

const { spawn } = require("node:child_process");
const { createRequire } = require("node:module");
const path = require("node:path");
const readline = require("node:readline");
const { promisify } = require("node:util");

const fromProgram = createRequire(path.resolve("index.js"));
const pulumi = fromProgram("@pulumi/pulumi");
const fromPulumi = createRequire(fromProgram.resolve("@pulumi/pulumi"));
const grpc = fromPulumi("@grpc/grpc-js");
const { Struct } = fromPulumi("google-protobuf/google/protobuf/struct_pb.js");
const messages = fromPulumi("@pulumi/pulumi/proto/provider_pb");
const services = fromPulumi("@pulumi/pulumi/proto/provider_grpc_pb");

const account = "123456789012";

/** Starts the plugin in a process of its own, configured for the organization acme and without a token. */
async function startPlugin(file) {
    const child = spawn(file, [], { stdio: ["ignore", "pipe", "inherit"] });
    const port = await new Promise((resolve, reject) => {
        child.once("error", reject);
        child.once("exit", () => reject(new Error(`${file} ended before it said its port`)));
        readline.createInterface(child.stdout).once("line", resolve);
    });
    const client = new services.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    const settings = new messages.ConfigureRequest();
    settings.setArgs(Struct.fromJavaScript({ organization: "acme" }));
    settings.setAcceptsecrets(true);
    settings.setAcceptresources(true);
    await promisify(client.configure.bind(client))(settings);
    return {
        async invoke(token, inputs) {
            const request = new messages.InvokeRequest();
            request.setTok(token);
            request.setArgs(Struct.fromJavaScript(inputs));
            const answer = await promisify(client.invoke.bind(client))(request);
            if (answer.getFailuresList().length > 0) {
                throw new Error(`${token}: ${answer.getFailuresList().map((f) => f.getReason()).join("; ")}`);
            }
            return answer.getReturn().toJavaScript();
        },
        stop() {
            client.close();
            child.kill();
        },
    };
}

async function run(plugin) {
    const resources = {};
    pulumi.runtime.setAllConfig({ "cloud-trust:protectProduction": "false" });
    await pulumi.runtime.setMocks({
        newResource({ type, name, inputs }) {
            resources[`${type} ${name}`] = inputs;
            const arn = `arn:aws:iam::${account}:role/${inputs.name}`;
            return { id: `${name}-id`, state: type === "aws:iam/role:Role" ? { ...inputs, arn } : inputs };
        },
        call({ token, inputs }) {
            if (token === "aws:index/getCallerIdentity:getCallerIdentity") {
                return { accountId: account };
            }
            if (token.startsWith("leastprivilege:")) {
                return plugin.invoke(token, inputs);
            }
            throw new Error(`no mock of ${token}`);
        },
    }, "cloud-trust", "test", false);
    const outputs = pulumi.output(fromProgram("./bin/index.js"));
    const exports = await new Promise((resolve) => outputs.apply(resolve));
    await pulumi.runtime.disconnect(); // after every registration, also of what is not exported
    return { resources, exports };
}

async function main() {
    const plugin = await startPlugin(process.argv[2]);
    try {
        process.stdout.write(JSON.stringify(await run(plugin)));
    } finally {
        plugin.stop();
    }
}

main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
});
