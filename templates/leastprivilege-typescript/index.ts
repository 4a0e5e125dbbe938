import * as lp from "pulumi-leastprivilege";

// An environment that engineers may open.
const dev = new lp.Environment("dev", {
    project: "platform",
    name: "dev",
    definition: "values:\n  region: eu-west-1\n",
});

// A team that may do exactly this. Access that somebody gives it by hand is removed by the next update.
const developers = new lp.ScopedTeam("developers", {
    name: "platform-developers",
    members: [],
    access: {
        environments: [{ project: dev.project, environment: dev.name, permission: "open" }],
    },
});

export const team = developers.team;
