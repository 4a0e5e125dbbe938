// Runs the Pulumi program in the working directory through the Automation API, on the stack "test".
//
//     driver.js up|preview|refresh|destroy [--diff] [--expect-no-changes]
//
// The program is what the folder's own tsconfig.json compiled its index.ts to. What the Pulumi CLI prints is printed, and
// the exit code is non-zero when that failed.
"use strict";

const { createRequire } = require("node:module");
const path = require("node:path");
const { parseArgs } = require("node:util");

// The program's own packages, so that there is one @pulumi/pulumi, as there is for users.
const fromProgram = createRequire(path.resolve("index.js"));
const { CommandError, LocalWorkspace } = fromProgram("@pulumi/pulumi/automation");

const operations = ["up", "preview", "refresh", "destroy"];

/** Adds the flag that the Automation API of Node.js has for every operation but refresh. */
function withDiff(command) {
    const run = command.run.bind(command);
    command.run = (args, ...rest) => run(args[0] === "refresh" ? [...args, "--diff"] : args, ...rest);
}

async function main() {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: { diff: { type: "boolean" }, "expect-no-changes": { type: "boolean" } },
    });
    const [operation] = positionals;
    if (positionals.length !== 1 || !operations.includes(operation)) {
        throw new Error(`one operation is needed: ${operations.join(", ")}`);
    }
    const workDir = process.cwd();
    const { name: projectName } = await (await LocalWorkspace.create({ workDir })).projectSettings();
    const stack = await LocalWorkspace.selectStack({
        stackName: "test",
        projectName,
        program: async () => fromProgram("./bin/index.js"),
    }, { workDir });
    if (operation === "refresh" && values.diff) {
        withDiff(stack.workspace.pulumiCommand);
    }
    await stack[operation]({
        diff: values.diff,
        expectNoChanges: values["expect-no-changes"],
        color: "never",
        onOutput: (text) => process.stdout.write(text),
    });
}

main().catch((error) => {
    // A command that failed has printed why.
    console.error(error instanceof CommandError ? error.message : error);
    process.exitCode = 1;
});
