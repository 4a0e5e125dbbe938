// Decides requests as AWS does, by an evaluator that knows nothing of this project. Reads a JSON list of simulations from
// standard input, and writes the list of its answers: whether each is allowed.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const modules = process.argv[2]; // where the evaluator is installed
const { runSimulation } = createRequire(modules + "/")("@cloud-copilot/iam-simulate");

const answers = [];
for (const simulation of JSON.parse(readFileSync(0, "utf8"))) {
    const answer = await runSimulation({ serviceControlPolicies: [], resourceControlPolicies: [], ...simulation }, {});
    if (answer.resultType !== "single" || answer.result.ignoredContextKeys?.length > 0) {
        throw new Error(`it cannot decide ${JSON.stringify(simulation)}: ${JSON.stringify(answer)}`);
    }
    answers.push(answer.overallResult === "Allowed");
}
process.stdout.write(JSON.stringify(answers));
