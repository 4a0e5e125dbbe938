// What the organization has: its products, their tiers and their people. A change of access is a change of this file,
// reviewed like any other; the other files say once what it means.
import type { EnvironmentPermission, StackPermission } from "pulumi-leastprivilege";

/** How far the developers of a product reach in one of its tiers. */
export interface Tier {
    readonly name: string;
    readonly stack: StackPermission;
    readonly environment: EnvironmentPermission;
    readonly production: boolean;
}

/** A product: a Pulumi project, with a stack and an environment for each tier. */
export interface Product {
    readonly name: string;
    readonly awsAccount: string;
    readonly region: string;
    readonly developers: readonly string[];
    readonly tiers: readonly Tier[];
}

// Engineers iterate in development. From staging on, changes are deployed; people look at what was deployed, and at the
// definitions of production environments, never at their secrets.
const dev: Tier = { name: "dev", stack: "write", environment: "open", production: false };
const staging: Tier = { name: "staging", stack: "read", environment: "open", production: false };
const prod: Tier = { name: "prod", stack: "view", environment: "read", production: true };

export const products: readonly Product[] = [
    {
        name: "payments",
        awsAccount: "123456789012",
        region: "eu-west-1",
        developers: ["bo", "cy"],
        tiers: [dev, staging, prod],
    },
    {
        name: "ledger",
        awsAccount: "210987654321",
        region: "eu-central-1",
        developers: ["cy"],
        tiers: [dev, prod],
    },
];

/** Who watches production, whatever the product. */
export const operators: readonly string[] = ["di"];
export const auditors: readonly string[] = ["bo"];

/** The account whose container images all products use. */
export const registryAccount = "345678901234";
